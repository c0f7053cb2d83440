/**
 * What the store set aside for this till, so that it may sell it when it is cut off: nobody else is promised those units.
 * What was sold since it was heard, and what the server did not book, is taken off here.
 */

import type { SetAsideIn, SetAsideOut } from '@core/api/pos.d.ts'
import type { SaleRow, TillDb } from './db.ts'
import { head } from './journal.ts'

const KEY = 'aside'
const DAY_MS = 86_400_000
const DAYS = 14
/** As many as the server takes at once. */
export const SKUS_MAX = 500
const QUANTITY_MAX = 999_999

export interface KeptAside {
  /** The till's number when it was asked for: the units of later sales come off. */
  readonly seq: number
  readonly goods: SetAsideOut['goods']
}

export interface Wanting {
  readonly skuId: number
  readonly quantity: number
}

/** A SKU of which more is wanted than waits here. */
export interface Lacking extends Wanting {
  readonly left: number
}

/** Nothing was written: these goods are promised to others. */
export class AsideShort extends Error {
  readonly lacking: readonly Lacking[]

  constructor(lacking: readonly Lacking[]) {
    super('not enough is set aside')
    this.lacking = lacking
  }
}

/** What this till sold on its best day of the last two weeks, by SKU, the often sold first: so much may go in a day alone. */
export async function wants(db: TillDb, now: number): Promise<SetAsideIn['wants']> {
  const days = new Map<number, Map<string, number>>()
  const since = new Date(now - DAYS * DAY_MS).toISOString()
  await db.sales.where('soldAt').above(since).each((sale) => {
    for (const { skuId, quantity } of carriedOut(sale)) {
      const of = days.get(skuId) ?? new Map<string, number>()
      days.set(skuId, of.set(sale.soldAt.slice(0, 10), (of.get(sale.soldAt.slice(0, 10)) ?? 0) + quantity))
    }
  })
  return [...days]
    .sort(([one, ofOne], [other, ofOther]) => ofOther.size - ofOne.size || one - other)
    .slice(0, SKUS_MAX)
    .map(([skuId, of]) => ({ sku_id: skuId, quantity: Math.min(QUANTITY_MAX, Math.max(...of.values())) }))
}

/** Keep what the server says waits here; `seq`: the till's number before it was asked. */
export async function keepAside(db: TillDb, seq: number, told: SetAsideOut): Promise<void> {
  await db.set(KEY, { seq, goods: told.goods } satisfies KeptAside)
}

/** The till's number when it was last told what waits here; `null`: never. */
export async function asideSeq(db: TillDb): Promise<number | null> {
  return (await db.get<KeptAside>(KEY))?.seq ?? null
}

/** Units that still wait here, by SKU. */
export async function left(db: TillDb, now: number): Promise<Map<number, number>> {
  const kept = await db.get<KeptAside>(KEY)
  const units = new Map<number, number>()
  for (const one of kept?.goods ?? []) if (Date.parse(one.until) > now) units.set(one.sku_id, one.quantity)
  if (kept === undefined || units.size === 0) return units
  const unbooked = await db.outbox.where('state').anyOf('pending', 'kept').primaryKeys()
  const later = await db.sales.where('seq').above(kept.seq).toArray()
  const earlier = (await db.sales.bulkGet(unbooked)).filter((sale): sale is SaleRow => sale !== undefined && sale.seq <= kept.seq)
  for (const sale of [...later, ...earlier]) {
    for (const { skuId, quantity } of carriedOut(sale)) {
      const has = units.get(skuId)
      if (has !== undefined) units.set(skuId, Math.max(0, has - quantity))
    }
  }
  return units
}

/** Return the SKUs of which more is wanted than waits here, each once. */
export function lacking(wanted: readonly Wanting[], units: ReadonlyMap<number, number>): Lacking[] {
  const sums = new Map<number, number>()
  for (const one of wanted) sums.set(one.skuId, (sums.get(one.skuId) ?? 0) + one.quantity)
  return [...sums].map(([skuId, quantity]) => ({ skuId, quantity, left: units.get(skuId) ?? 0 })).filter((one) => one.quantity > one.left)
}

/** Throw `AsideShort` when more is wanted than waits here. Inside the transaction that writes the sale: two tabs take turns. */
export async function demand(db: TillDb, wanted: readonly Wanting[], now: number): Promise<void> {
  const missing = lacking(wanted, await left(db, now))
  if (missing.length > 0) throw new AsideShort(missing)
}

/** The number that a question stands under. */
export async function numberNow(db: TillDb): Promise<number> {
  return (await head(db)).seq
}

function carriedOut(sale: SaleRow): readonly Wanting[] {
  return sale.way === undefined ? sale.lines : []
}
