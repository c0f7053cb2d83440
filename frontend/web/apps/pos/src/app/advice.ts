/** What goes with what lies on the counter: computed here, offline too, and never in the way. */

import { liveQuery } from 'dexie'
import { computed, ref, shallowRef, watch } from 'vue'
import { Refused, Unreachable } from '@core/api/client.ts'
import type { KeptItemOut } from '@core/api/pos.d.ts'
import { advise, AdviceBook } from '@core/advice.ts'
import type { Advice } from '@core/advice.ts'
import { keptShort, loadAdvice, loadShort, noticed, steady, taken, tellAdvised } from '../data/advice.ts'
import { db } from '../data/db.ts'
import { api } from './api.ts'
import { counter } from './counter.ts'
import { everyRound } from './sender.ts'
import { goods, till } from './till.ts'

const book = shallowRef(new AdviceBook([]))
/** What a member has bought lately: told with the rights, never kept on the disk. */
const lately = ref<{ readonly memberId: string, readonly skus: readonly number[] }>({ memberId: '', skus: [] })
/** What is out of stock as the server said last; before that the stock beside the goods counts. */
const short = shallowRef<ReadonlySet<number> | null>(null)
const places = ref<readonly (Advice | null)[]>([])

liveQuery(() => db.advice.toArray()).subscribe((buckets) => {
  book.value = new AdviceBook(buckets.flatMap((bucket) => bucket.products))
})

liveQuery(() => keptShort(db)).subscribe((kept) => { short.value = kept === null ? null : new Set(kept.skus) })

function available(sku: number): number {
  const item = goods.value.sku(sku)
  if (item === undefined) return 0
  return short.value === null ? item.available : Number(!short.value.has(sku))
}

export function rememberLately(memberId: string, skus: readonly number[]): void {
  lately.value = { memberId, skus }
}

function found(): Advice[] {
  const { lines, shopper } = counter.basket
  const bought = shopper !== null && shopper.member.id === lately.value.memberId ? lately.value.skus : []
  return advise(book.value, lines.map((line) => line.skuId), available, bought)
}

watch([() => counter.basket.lines, () => counter.basket.shopper, lately, book, goods, short], () => {
  if (counter.basket.lines.length === 0) {
    // What lies here next is another basket.
    places.value = []
    if (counter.basket.advice !== undefined) {
      const { advice: _, ...basket } = counter.basket
      counter.basket = basket
    }
    return
  }
  places.value = steady(counter.basket.advice?.isDismissed ? [] : places.value, found())
  const shown = places.value.filter((one) => one !== null)
  const advice = noticed(counter.basket.advice, shown, till.rules?.advice?.control_bp ?? 0)
  if (advice !== undefined && advice !== counter.basket.advice) counter.basket = { ...counter.basket, advice }
}, { immediate: true })

/** What stands on the screen, by its place; nothing for a basket of the control share, or when it was put away. */
export const advised = computed<readonly ({ readonly item: KeptItemOut, readonly because: KeptItemOut | undefined } | null)[]>(() => {
  const { advice } = counter.basket
  if (advice === undefined || advice.isControl || advice.isDismissed) return []
  const shown = places.value.map((one) => {
    const item = one === null ? undefined : goods.value.sku(one.skuId)
    return one === null || item === undefined ? null : { item, because: goods.value.sku(one.becauseSkuId) }
  })
  return shown.some((one) => one !== null) ? shown : []
})

/** Note that a piece of advice is taken. */
export function takeAdvice(skuId: number): void {
  if (counter.basket.advice !== undefined) counter.basket = { ...counter.basket, advice: taken(counter.basket.advice, skuId) }
}

/** Put advice away for this basket. */
export function dismissAdvice(): void {
  if (counter.basket.advice !== undefined) counter.basket = { ...counter.basket, advice: { ...counter.basket.advice, isDismissed: true } }
}

everyRound(async () => {
  try {
    const version = till.rules?.advice?.version
    if (version !== undefined) await loadAdvice(db, version, (known) => api('post', '/api/pos/v1/advice/differences', { body: known }))
    await loadShort(db, async (skus) => (await api('post', '/api/pos/v1/advice/stock', { body: { sku_ids: skus } })).short)
    await tellAdvised(db, (body) => api('post', '/api/pos/v1/advice/outcomes', { body }))
  } catch (fault) {
    // Sales are sent whether advice is there or not.
    if (!(fault instanceof Refused) && !(fault instanceof Unreachable)) throw fault
  }
})
