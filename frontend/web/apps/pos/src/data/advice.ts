/** What goes with a basket, kept on the till; what was advised for a basket, and the way of that to the server. */

import { Refused, Unreachable } from '@core/api/client.ts'
import type { AdviceBucketOut, AdviceDifferencesOut, AdviceKnownIn, AdviceOutcomeIn, AdviceOutcomesIn, AdviceSettledOut } from '@core/api/pos.d.ts'
import { isControl, SHOWN_MAX } from '@core/advice.ts'
import type { Advice } from '@core/advice.ts'
import type { Basket } from './basket.ts'
import type { TillDb } from './db.ts'
import { uuid7 } from './ids.ts'

/** A bucket of advice; the server says which ones differ. */
export type KeptAdvice = AdviceBucketOut

/** What was advised during a sale; its row is gone when the server has counted it. */
export interface AdvisedRow {
  readonly id: string
  readonly outcome: AdviceOutcomeIn
}

/** What was advised for a basket, once each, and what of it was added. `isControl`: it stays off the screen. */
export interface Advising {
  readonly id: string
  readonly isControl: boolean
  readonly isDismissed: boolean
  readonly given: readonly { readonly skuId: number, readonly becauseSkuId: number, readonly isAdded: boolean }[]
}

const BUCKETS = 64
const GIVEN_MAX = 60
const SALES_MAX = 100
const VERSION = 'adviceVersion'
const SHORT = 'adviceShort'
const STOCK_MS = 300_000
const LATER = new Set([401, 403, 408, 425, 429])

/** Bring the advice up to a version; the empty one is none at all. */
export async function loadAdvice(db: TillDb, version: string, ask: (known: AdviceKnownIn) => Promise<AdviceDifferencesOut>): Promise<void> {
  if ((await db.get<string>(VERSION)) === version) return
  const digests = Array.from({ length: BUCKETS }, () => '')
  await db.advice.each((bucket) => { digests[bucket.number] = bucket.digest })
  const found = version === '' ? null : await ask({ digests })
  await db.transaction('rw', db.advice, db.meta, async () => {
    if (found === null) await db.advice.clear()
    for (const bucket of found?.buckets ?? []) {
      if (bucket.digest === '') await db.advice.delete(bucket.number)
      else await db.advice.put(bucket)
    }
    await db.set(VERSION, found?.version ?? '')
    // Other goods may be advised now: what is out of stock is asked anew.
    await db.meta.delete(SHORT)
  })
}

/** What of the advice the store cannot sell, as the server said last, and when; `null`: it was never asked. */
export interface KeptShort {
  readonly at: number
  readonly skus: readonly number[]
}

export async function keptShort(db: TillDb): Promise<KeptShort | null> {
  return (await db.get<KeptShort>(SHORT)) ?? null
}

/** Ask what is out of stock, every few minutes: the stock beside the goods is as old as they are. */
export async function loadShort(db: TillDb, ask: (skus: number[]) => Promise<number[]>, now = Date.now()): Promise<void> {
  if (now - ((await keptShort(db))?.at ?? 0) < STOCK_MS) return
  const skus = (await db.advice.toArray()).flatMap((bucket) => bucket.products.flatMap((one) => one.offers))
  await db.set(SHORT, { at: now, skus: skus.length === 0 ? [] : await ask(skus) })
}

/** Return the pieces to show: those that stay keep their places, so that a key never changes its meaning under a finger. */
export function steady(before: readonly (Advice | null)[], found: readonly Advice[]): (Advice | null)[] {
  const places = Array.from({ length: SHOWN_MAX }, (_, place) => found.find((one) => one.skuId === before[place]?.skuId) ?? null)
  for (const one of found) {
    if (places.some((each) => each?.skuId === one.skuId)) continue
    const free = places.indexOf(null)
    if (free !== -1) places[free] = one
  }
  return places
}

/** Return what was advised with what is advised now; the same when nothing is new. Its share is drawn once, for good. */
export function noticed(advising: Advising | undefined, shown: readonly Advice[], controlBp: number, newId = uuid7): Advising | undefined {
  if (advising?.isDismissed || shown.length === 0) return advising
  const fresh = shown.filter((one) => !advising?.given.some((known) => known.skuId === one.skuId))
  if (fresh.length === 0) return advising
  const id = advising?.id ?? newId()
  const given = [...advising?.given ?? [], ...fresh.map((one) => ({ skuId: one.skuId, becauseSkuId: one.becauseSkuId, isAdded: false }))]
  return { id, isControl: advising?.isControl ?? isControl(id, controlBp), isDismissed: false, given: given.slice(0, GIVEN_MAX) }
}

/** Return what was advised with a piece taken. */
export function taken(advising: Advising, skuId: number): Advising {
  return { ...advising, given: advising.given.map((one) => (one.skuId === skuId ? { ...one, isAdded: true } : one)) }
}

/** Return what the server is told of a sale's advice, `null` when there was none. */
export function advisedRow(saleId: string, { advice }: Basket): AdvisedRow | null {
  if (advice === undefined || advice.given.length === 0) return null
  const given = advice.given.map((one) => ({ sku_id: one.skuId, because_sku_id: one.becauseSkuId, added: one.isAdded }))
  return { id: saleId, outcome: { sale_id: saleId, is_control: advice.isControl, given } }
}

/** Tell the server of the sales it has; what it has counted, or will never take, is forgotten. */
export async function tellAdvised(db: TillDb, post: (body: AdviceOutcomesIn) => Promise<AdviceSettledOut>): Promise<void> {
  const rows = await db.advised.toArray()
  const entries = await db.outbox.bulkGet(rows.map((row) => row.id))
  // A sale without an entry was forgotten long ago, and its advice with it.
  await db.advised.bulkDelete(rows.filter((_, place) => entries[place] === undefined).map((row) => row.id))
  const due = rows.filter((_, place) => entries[place]?.state === 'sent').slice(0, SALES_MAX)
  if (due.length === 0) return
  try {
    const { settled } = await post({ sales: due.map((row) => row.outcome) })
    await db.advised.bulkDelete(settled)
  } catch (fault) {
    if (fault instanceof Unreachable) return
    if (!(fault instanceof Refused)) throw fault
    if (fault.status < 500 && !LATER.has(fault.status)) await db.advised.bulkDelete(due.map((row) => row.id))
  }
}
