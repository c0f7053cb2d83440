/** The sale at the counter: its basket survives a reload, its price is computed with every change. */

import { computed, reactive, ref, watch } from 'vue'
import type { KeptItemOut, QuoteOut, TenderIn } from '@core/api/pos.d.ts'
import { labelText } from '@core/i18n/index.ts'
import type { Quote } from '@core/price_chain/contracts/index.ts'
import { advisedRow } from '../data/advice.ts'
import { demand } from '../data/aside.ts'
import { add, change, cutsIn, EMPTY, quote } from '../data/basket.ts'
import type { Basket } from '../data/basket.ts'
import { NO_CUTS } from '../data/cuts.ts'
import type { CutFen, Cuts, Reason } from '../data/cuts.ts'
import { db } from '../data/db.ts'
import type { HeldRow, SaleRow } from '../data/db.ts'
import { isChosen, NONE, quoteKey } from '../data/rights.ts'
import { roundingOf } from '../data/rounding.ts'
import { uuid7 } from '../data/ids.ts'
import { withExtra } from '../data/ways.ts'
import { record } from '../data/journal.ts'
import type { SoldLine } from '../data/receipts.ts'
import { creditsIn, servedOf } from '../data/served.ts'
import type { Credit } from '../data/served.ts'
import { changeFen, remainingFen } from '../data/tenders.ts'
import type { Tendered } from '../data/tenders.ts'
import { isChinese, language, named, t } from './i18n.ts'
import { sendSoon } from './sender.ts'
import { peopleOf } from './served.ts'
import { goods, now, till } from './till.ts'

export const counter = reactive({
  basket: EMPTY as Basket,
  /** The key of the line that the keyboard works on. */
  selected: 0,
  /** The moment by which prices hold; renewed with every change. */
  at: new Date(),
  /** What the server says it costs with coupons and points, and for what it was asked. */
  quote: null as { readonly key: string, readonly found: QuoteOut } | null,
})

const tick = ref(0)
setInterval(() => { tick.value += 1 }, 20_000)

/** What the basket costs now. `null` without rules. */
export const priced = computed<Quote | null>(() => {
  void tick.value
  if (till.rules === null || counter.basket.lines.length === 0) return null
  return quote(counter.basket, goods.value, till.rules, now())
})

/** What is taken off by hand now, by line. */
export const cuts = computed<Cuts>(() => {
  void tick.value
  return till.rules === null ? NO_CUTS : cutsIn(counter.basket, goods.value, till.rules, now())
})

/** Coupons, points and ways to a customer are the server's: it prices such a sale and makes it. */
export const isByServer = computed(() => counter.basket.lines.length > 0 && (isChosen(counter.basket.chosen) || counter.basket.way !== undefined))

/** The server's price of exactly what lies here; `null` while it is asked, or when nothing needs it. */
export const quoted = computed<QuoteOut | null>(() => {
  if (!isByServer.value || counter.quote === null) return null
  return counter.quote.key === quoteKey(counter.basket, counter.basket.chosen ?? NONE, cuts.value) ? counter.quote.found : null
})

export const payableFen = computed(() => (quoted.value ?? priced.value)?.payable_fen ?? 0)

watch(() => counter.basket, (basket) => { void db.set('basket', JSON.parse(JSON.stringify(basket))) })

// Goods were loaded anew: what was lent to the basket is lent again.
watch(goods, (known) => known.lend(counter.basket.extra ?? []), { flush: 'sync' })

/** Put back what lay on the counter before a reload. */
export async function recallCounter(): Promise<void> {
  const kept = await db.get<Basket>('basket')
  if (kept !== undefined) put(kept)
}

function put(basket: Basket): void {
  goods.value.lend(basket.extra ?? [])
  counter.basket = basket
  const last = basket.lines.at(-1)
  if (!basket.lines.some((line) => line.key === counter.selected)) counter.selected = last?.key ?? 0
}

export function addItem(item: KeptItemOut, quantity: number): void {
  const before = counter.basket.lines
  put(add(counter.basket, item, quantity))
  const touched = counter.basket.lines.find((line, place) => line !== before[place])
  if (touched !== undefined) counter.selected = touched.key
}

/** Take goods of the full range that this till does not keep. */
export function addFromAfar(item: KeptItemOut, quantity: number): void {
  const isKept = goods.value.items.some((one) => one.sku_id === item.sku_id)
  if (!isKept) put(withExtra(counter.basket, item))
  addItem(item, quantity)
}

export function setQuantity(key: number, quantity: number): void {
  const place = counter.basket.lines.findIndex((line) => line.key === key)
  put(change(counter.basket, key, quantity))
  if (quantity <= 0) counter.selected = (counter.basket.lines[place] ?? counter.basket.lines.at(-1))?.key ?? 0
}

export function clear(): void {
  counter.basket = EMPTY
  counter.selected = 0
}

export function move(by: number): void {
  const { lines } = counter.basket
  const place = lines.findIndex((line) => line.key === counter.selected)
  const next = lines[Math.min(lines.length - 1, Math.max(0, place + by))]
  if (next !== undefined) counter.selected = next.key
}

/** Put the basket aside under a name. */
export async function hold(name: string): Promise<void> {
  const held: HeldRow = {
    id: uuid7(), name, heldAt: now().toISOString(), totalFen: payableFen.value,
    basket: JSON.parse(JSON.stringify(counter.basket)),
  }
  await db.held.add(held)
  clear()
}

export async function recall(held: HeldRow): Promise<void> {
  await db.held.delete(held.id)
  put(held.basket as Basket)
}

/** Return the name of an offer in the reader's language: a campaign's own, or a text of ours. */
export function offerName(of: { readonly source: string, readonly label: string }): string {
  const campaign = (till.rules?.campaigns as { code?: string, name: string, name_en: string }[] | undefined)?.find((one) => one.code === of.source && one.name === of.label)
  return campaign === undefined ? labelText(language.value, of.label) : named(campaign)
}

/** Return the names of a line's offers, each once; what was taken off by hand says why. */
export function labelsOf(
  discounts: readonly { readonly kind: string, readonly source: string, readonly label: string }[], reason: Reason | undefined,
): string[] {
  const names = discounts.filter((one) => one.kind !== 'coupon').map((one) => {
    const name = offerName(one)
    return one.kind === 'manual' && reason !== undefined ? t('discount.why', { name, reason: t(`discount.reason.${reason}`) }) : name
  })
  return [...new Set(names)]
}

/** Return a line's discounts without what only makes the whole amount round: that is said once, for all lines. */
export function besideRounding<Row extends { readonly kind: string }>(discounts: readonly Row[], cut: CutFen | undefined): readonly Row[] {
  return cut?.roundingFen !== undefined && cut.fen === 0 ? discounts.filter((one) => one.kind !== 'manual') : discounts
}

/** Return what is written on paper for a line: name with its variant. */
export function nameOf(item: { readonly name: string, readonly name_en: string }): string {
  return named(item)
}

/** The lines as they are sold now, gifts too. */
export function soldLines(found: Quote): SoldLine[] {
  return found.lines.map((line) => {
    const item = goods.value.sku(line.sku_id)!
    const cut = line.gift_of === '' ? cuts.value.get(line.number) : undefined
    return {
      skuId: line.sku_id, name: nameOf(item), quantity: line.quantity, scale: item.quantity_scale,
      unit: unitOf(item), unitFen: line.unit_price_fen, listFen: line.list_fen, netFen: line.net_fen + (cut?.roundingFen ?? 0),
      labels: labelsOf(besideRounding(line.discounts, cut), cut?.reason), giftOf: line.gift_of,
      servedBy: line.gift_of === '' ? peopleOf(servedFor(line.number)) : [],
    }
  })
}

/** Return who served for a line of the counter. */
function servedFor(key: number): readonly Credit[] {
  return servedOf(counter.basket, counter.basket.lines.find((line) => line.key === key))
}

export function unitOf(item: KeptItemOut): string {
  if (item.quantity_scale !== 1) return 'kg'
  return isChinese.value ? item.unit_name || '件' : ''
}

export function tendersIn(tenders: readonly Tendered[]): TenderIn[] {
  return tenders.map((one) => ({ tender: one.tender, amount_fen: one.amountFen, tendered_fen: one.tenderedFen, reference: one.reference }))
}

function discountOf(cut: CutFen | undefined): { discount_fen: number, discount_reason: Reason, rounding_fen: number } {
  return { discount_fen: cut?.fen ?? 0, discount_reason: cut?.reason ?? 'other', rounding_fen: cut?.roundingFen ?? 0 }
}

/** Sell: written to the disk with its outbox entry, then it is sold. Throws when it could not be written. */
export async function sell(tenders: readonly Tendered[]): Promise<SaleRow> {
  const found = priced.value
  const { session, rules } = till
  if (found === null || session === null || rules === null) throw new Error('nothing to sell')
  if (remainingFen(found.payable_fen, tenders) !== 0) throw new Error('the tenders are not the whole amount')
  const at = now().toISOString()
  const id = uuid7()
  const lines = soldLines(found)
  // Cut off it may sell only what nobody else was promised, where the owner wants it so.
  const isOnlyAside = rules.sells_only_set_aside && !till.isReached
  const sale = await record(db, {
    id,
    soldAt: at,
    made: {
      id, staff_id: session.staff.id, sold_at: at, version: till.version, payable_fen: found.payable_fen,
      member_id: counter.basket.shopper?.member.id ?? null,
      lines: found.lines.map((line) => ({
        sku_id: line.sku_id, quantity: line.quantity, unit_price_fen: line.unit_price_fen, net_fen: line.net_fen,
        gift_of: line.gift_of.slice(0, 60), ...discountOf(line.gift_of === '' ? cuts.value.get(line.number) : undefined),
        ...creditsIn(line.gift_of === '' ? servedFor(line.number) : []),
      })),
      approval_id: counter.basket.word?.id ?? null, gift_wrap: counter.basket.isWrapped === true,
      tenders: tendersIn(tenders),
    },
    lines,
    goodsFen: found.goods_fen,
    discounts: found.applied.map((one) => ({ label: offerName(one), amountFen: one.amount_fen })),
    payableFen: found.payable_fen,
    tenders,
    changeFen: changeFen(tenders),
    cashier: session.staff.name,
    roundingFen: roundingOf(cuts.value), isWrapped: counter.basket.isWrapped === true,
    member: counter.basket.shopper === null ? null : { ...counter.basket.shopper.member },
  }, advisedRow(id, counter.basket), isOnlyAside ? () => demand(db, lines, now().getTime()) : undefined)
  clear()
  sendSoon()
  return sale
}
