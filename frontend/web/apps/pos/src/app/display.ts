/** The till's side of the customer's display: whatever lies on the counter is said on the till's own channel. */

import { computed, reactive, ref, watch } from 'vue'
import { formatQuantity } from '@core/quantity.ts'
import { reasonOf } from '../data/cuts.ts'
import type { SaleRow } from '../data/db.ts'
import { channelName, lockName, NOTHING } from '../data/display.ts'
import type { Message, Scene, Shown, ShownLine } from '../data/display.ts'
import { NONE, quoteKey } from '../data/rights.ts'
import { counter, cuts, labelsOf, nameOf, offerName, payableFen, priced, quoted, unitOf } from './counter.ts'
import { language, named, t } from './i18n.ts'
import { askQuote } from './rights.ts'
import { goods, till } from './till.ts'

/** What the selling screen is about: the dialog that is open, and the sale that was just made. */
export const stage = reactive({ isSelling: false, dialog: '', sold: null as SaleRow | null })

const SOON_MS = 400
const PAYS = ['cash', 'card', 'wechat', 'alipay']
/** Somebody looks: only then points are asked for. */
const isWatched = ref(false)
const earning = ref({ key: '', points: 0 })
let channel: BroadcastChannel | null = null

const scene = computed<Scene>(() => {
  if (!stage.isSelling || till.session === null || till.shift === null) return 'closed'
  if (stage.sold !== null) return 'thanks'
  if (stage.dialog === 'wait') return 'asking'
  if (counter.basket.lines.length === 0) return 'idle'
  return PAYS.includes(stage.dialog) ? 'pay' : 'basket'
})

const lines = computed<ShownLine[]>(() => {
  const found = quoted.value ?? priced.value
  const bought = counter.basket.lines.map((line, place): ShownLine => {
    const item = goods.value.sku(line.skuId)
    const told = quoted.value?.lines.find((one) => one.number === place + 1)
    const by = told ?? priced.value?.lines.find((one) => one.number === line.key)
    return {
      key: String(line.key), name: item === undefined ? '' : nameOf(item), image: item?.image ?? '',
      quantity: `${formatQuantity({ base: line.quantity, scale: item?.quantity_scale ?? 1 })} ${item === undefined ? '' : unitOf(item)}`.trim(),
      unit: item !== undefined && item.quantity_scale !== 1 ? '/kg' : '', listFen: by?.list_fen ?? 0,
      netFen: (by?.net_fen ?? 0) + (told?.coupon_fen ?? 0) + (told?.points_fen ?? 0),
      labels: labelsOf((by?.discounts ?? []).filter((one) => one.kind !== 'manual'), undefined)
        .concat(by?.discounts.some((one) => one.kind === 'manual') === true ? [manualName(line.key)] : []),
      isGift: false,
    }
  })
  const gifts = (found?.lines ?? []).filter((line) => line.gift_of !== '').map((line): ShownLine => {
    const item = goods.value.sku(line.sku_id)
    return {
      key: `gift-${line.number}`, name: item === undefined ? '' : nameOf(item), image: item?.image ?? '',
      quantity: `${line.quantity} ${item === undefined ? '' : unitOf(item)}`.trim(), unit: '', listFen: line.list_fen, netFen: line.net_fen,
      labels: [t('paper.gift')], isGift: true,
    }
  })
  return [...bought, ...gifts]
})

/** Why is the house's business, unless the goods say it anyway. */
function manualName(key: number): string {
  const reason = reasonOf(counter.basket, key)
  return reason === 'damaged' || reason === 'expiring' ? t(`discount.reason.${reason}`) : t('display.off')
}

const offers = computed(() => {
  const sums = new Map<string, number>()
  const parts = quoted.value === null ? priced.value?.applied ?? [] : quoted.value.lines.flatMap((line) => line.discounts)
  for (const one of parts) {
    const name = one.kind === 'manual' ? t('display.off') : offerName(one)
    sums.set(name, (sums.get(name) ?? 0) + one.amount_fen)
  }
  const points = quoted.value?.points
  if (points !== undefined && points.worth_fen > 0) sums.set(t('rights.points_used', { points: points.spent }), points.worth_fen)
  return [...sums].filter(([, fen]) => fen > 0).map(([name, fen]) => ({ name, fen }))
})

const askedFor = computed(() => quoteKey(counter.basket, counter.basket.chosen ?? NONE, cuts.value))
const points = computed(() => {
  if (counter.basket.shopper === null) return null
  return quoted.value?.points.earned ?? (earning.value.key === askedFor.value ? earning.value.points : null)
})

const shown = computed<Shown>(() => {
  const base = { ...NOTHING, scene: scene.value, language: language.value }
  if (stage.sold !== null && scene.value === 'thanks') return { ...base, ...thanks(stage.sold) }
  if (scene.value === 'closed' || scene.value === 'idle') return base
  const { shopper } = counter.basket
  return {
    ...base, lines: lines.value, goodsFen: (quoted.value ?? priced.value)?.goods_fen ?? 0, offers: offers.value, payableFen: payableFen.value,
    member: shopper && { name: shopper.member.name_masked, tier: named(shopper.tier) }, points: points.value,
    way: PAYS.includes(stage.dialog) ? stage.dialog : '',
  }
})

function thanks(sale: SaleRow): Partial<Shown> {
  return {
    goodsFen: sale.goodsFen, payableFen: sale.payableFen, changeFen: sale.changeFen,
    givenFen: sale.tenders.reduce((sum, one) => sum + (one.tenderedFen ?? one.amountFen), 0),
    way: sale.tenders.some((one) => one.tender === 'cash') ? 'cash' : sale.tenders[0]?.tender ?? '',
    receipt: sale.id.replaceAll('-', ''),
  }
}

function say(): void {
  channel?.postMessage({ kind: 'shown', shown: JSON.parse(JSON.stringify(shown.value)) as Shown } satisfies Message)
}

/** Speak as this till as long as this window lives; a second window of it waits for its turn. */
export function startDisplay(): void {
  watch(() => till.device?.device_id, (deviceId) => {
    if (deviceId === undefined || navigator.locks === undefined || channel !== null) return
    void navigator.locks.request(lockName(deviceId), () => {
      channel = new BroadcastChannel(channelName(deviceId))
      channel.onmessage = ({ data }: MessageEvent<Message>) => {
        if (data.kind !== 'hello') return
        isWatched.value = true
        say()
      }
      say()
      // Held until the window is gone.
      return new Promise<never>(() => undefined)
    })
  }, { immediate: true })
  watch(shown, say)
}

/** Open the display in a window of its own; it is put on the other screen by hand, once. */
export function openDisplay(): void {
  window.open('/pos/display', 'quanyu-display', 'popup,width=1280,height=800')
}

let timer = 0
watch(() => [askedFor.value, isWatched.value, till.isReached], () => {
  window.clearTimeout(timer)
  timer = window.setTimeout(() => void askPoints(), SOON_MS)
})

/** What the purchase would earn is the server's to say; without it nothing is promised. */
async function askPoints(): Promise<void> {
  const { shopper, lines: bought } = counter.basket
  if (!isWatched.value || shopper === null || bought.length === 0 || !till.isReached || quoted.value !== null) return
  const key = askedFor.value
  const found = await askQuote(counter.basket.chosen ?? NONE).catch(() => null)
  if (found !== null && key === askedFor.value) earning.value = { key, points: found.points.earned }
}
