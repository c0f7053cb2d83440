/**
 * The till's journal: a sale, its place in the chain and its outbox entry are one transaction, done before the receipt
 * shows. The till's number and the digest of the sale before it make a gap or another history visible.
 */

import type { MadeSaleIn, SaleIn } from '@core/api/pos.d.ts'
import type { AdvisedRow } from './advice.ts'
import type { OnlineRow, SaleRow, TillDb } from './db.ts'
import { digest } from './digest.ts'
import type { Plain } from './digest.ts'

export interface Head {
  readonly seq: number
  readonly digest: string
}

export type NewSale = Omit<SaleRow, 'seq' | 'digest' | 'made' | 'rights'> & { readonly made: Omit<MadeSaleIn, 'seq' | 'previous'> }

const HEAD = 'head'
const TRIES = 8

export const START: Head = { seq: 0, digest: '' }

/** Return where the chain stands. */
export async function head(db: TillDb): Promise<Head> {
  return (await db.get<Head>(HEAD)) ?? START
}

/**
 * Write the sale and its outbox entry together; return it as it was written. Two tabs that sell at the same moment get
 * numbers one after the other. Throws when it is not safe on the disk, and what `demand` throws: then nothing was sold.
 */
export async function record(
  db: TillDb, sale: NewSale, advised: AdvisedRow | null = null, demand: () => Promise<void> = async () => undefined,
): Promise<SaleRow> {
  for (let turn = 0; turn < TRIES; turn += 1) {
    const before = await head(db)
    const made: MadeSaleIn = { ...sale.made, seq: before.seq + 1, previous: before.digest }
    // Computed beforehand: a transaction of the browser ends while somebody waits for anything else.
    const row: SaleRow = { ...sale, rights: null, made, seq: made.seq, digest: await digest(made as unknown as Plain) }
    const isWritten = await db.transaction('rw', db.meta, db.sales, db.outbox, db.advised, async () => {
      if ((await head(db)).seq !== before.seq) return false
      const known = await db.sales.get(sale.id)
      if (known !== undefined) throw new Error('this sale is written already')
      await demand()
      await db.sales.add(row)
      await db.outbox.add({ id: row.id, seq: row.seq, state: 'pending', tries: 0, nextAt: 0, number: '', reason: null })
      if (advised !== null) await db.advised.put(advised)
      await db.meta.put({ key: HEAD, value: { seq: row.seq, digest: row.digest } })
      return true
    })
    if (isWritten) return row
  }
  throw new Error('the journal is busy')
}

/** Return the first number whose chain does not hold, or `null`: for the person who exports the journal. */
export async function firstBreak(sales: readonly SaleRow[], online: readonly number[] = []): Promise<number | null> {
  const taken = new Set(online)
  let previous: SaleRow | undefined
  for (const sale of [...sales].sort((one, other) => one.seq - other.seq)) {
    if (sale.made === null) continue
    if ((await digest(sale.made as unknown as Plain)) !== sale.digest) return sale.seq
    if (previous !== undefined && sale.made.previous !== previous.digest) return sale.seq
    for (let seq = (previous ?? sale).seq + 1; seq < sale.seq; seq += 1) if (!taken.has(seq)) return sale.seq
    previous = sale
  }
  return null
}

/**
 * Take the next number for a sale that the server makes, and keep what will be sent. The chain of digests goes from one
 * sale of this till to its next, past such numbers.
 */
export async function reserve(db: TillDb, wanted: Omit<OnlineRow, 'seq' | 'state' | 'body'> & { readonly body: Omit<SaleIn, 'seq'> }): Promise<OnlineRow> {
  return db.transaction('rw', db.meta, db.online, async () => {
    const before = await head(db)
    const seq = before.seq + 1
    const row: OnlineRow = { ...wanted, seq, state: 'open', body: { ...wanted.body, seq } }
    await db.online.add(row)
    await db.meta.put({ key: HEAD, value: { seq, digest: before.digest } })
    return row
  })
}

/** The server has made the sale: keep what its receipt shows, once. Returns the sale as it is kept. */
export async function finish(db: TillDb, sale: SaleRow, number: string, advised: AdvisedRow | null = null): Promise<SaleRow> {
  return db.transaction('rw', db.sales, db.outbox, db.online, db.advised, async () => {
    const known = await db.sales.get(sale.id)
    if (known !== undefined) return known
    await db.sales.add(sale)
    await db.outbox.add({ id: sale.id, seq: sale.seq, state: 'sent', tries: 0, nextAt: 0, number, reason: null })
    if (advised !== null) await db.advised.put(advised)
    await db.online.update(sale.id, { state: 'done', basket: null })
    return sale
  })
}
