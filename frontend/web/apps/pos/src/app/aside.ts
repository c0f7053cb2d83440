/** What waits for this till: asked for while the server is heard and a shift is open, sold when it is not. */

import { formatQuantity } from '@core/quantity.ts'
import { liveQuery } from 'dexie'
import { computed, ref } from 'vue'
import { asideSeq, AsideShort, keepAside, lacking, left, numberNow, wants } from '../data/aside.ts'
import type { Lacking, Wanting } from '../data/aside.ts'
import { db } from '../data/db.ts'
import { api } from './api.ts'
import { counter } from './counter.ts'
import type { Told } from './faults.ts'
import { named, t } from './i18n.ts'
import { everyRound, outbox } from './sender.ts'
import { goods, now, till } from './till.ts'

const EVERY_MS = 10 * 60_000
const AFTER_SALES_MS = 60_000
let askedAt = 0
let askedFor = ''

/** Ask for what a day alone may need; without a shift for nothing. What is not booked yet would be counted twice. */
async function renew(): Promise<void> {
  if (outbox.pending.length > 0) return
  const seq = await numberNow(db)
  const shift = till.shift?.id ?? ''
  const wait = seq === (await asideSeq(db)) ? EVERY_MS : AFTER_SALES_MS
  if (shift === askedFor && Date.now() - askedAt < wait) return
  const body = { wants: shift === '' ? [] : await wants(db, now().getTime()) }
  await keepAside(db, seq, await api('put', '/api/pos/v1/set-aside', { body }))
  askedAt = Date.now()
  askedFor = shift
}

everyRound(renew)

/** Units that still wait here, by SKU. */
export const waitingHere = ref<ReadonlyMap<number, number>>(new Map())
liveQuery(() => left(db, now().getTime())).subscribe((found) => { waitingHere.value = found })

/** Whether only what waits here may be sold now: the owner wants it so, and nobody answers. */
export const isOnlyAside = computed(() => till.rules?.sells_only_set_aside === true && !till.isReached)

/** What lies on the counter beyond what waits here, by SKU; empty while the server is heard. */
export const beyondAside = computed<ReadonlyMap<number, Lacking>>(() => {
  if (!isOnlyAside.value) return new Map()
  const found = lacking(counter.basket.lines as readonly Wanting[], waitingHere.value)
  return new Map(found.map((one) => [one.skuId, one]))
})

/** What a cashier is told about goods that are promised to others. */
export function asideTold(found: readonly Lacking[]): Told {
  const names = found.map((one) => {
    const item = goods.value.sku(one.skuId)
    const scale = item?.quantity_scale ?? 1
    return t('aside.left_of', { name: item === undefined ? '' : named(item), left: formatQuantity({ base: one.left, scale }) })
  })
  return { title: t('aside.short', { goods: names.join(t('aside.and')) }), remedy: t('aside.short_remedy') }
}

/** Tell whether all that lies on the counter may be sold now; else say why not. */
export function mayLeave(failed: (what: Told) => void): boolean {
  const found = [...beyondAside.value.values()]
  if (found.length === 0) return true
  failed(asideTold(found))
  return false
}

/** What is told of a fault, if it is that too little waits here. */
export function toldOfAside(fault: unknown): Told | null {
  return fault instanceof AsideShort ? asideTold(fault.lacking) : null
}
