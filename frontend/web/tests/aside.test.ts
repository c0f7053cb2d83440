import { beforeEach, describe, expect, it } from 'vitest'
import { AsideShort, asideSeq, demand, keepAside, lacking, left, SKUS_MAX, wants } from '@pos/data/aside.ts'
import type { SaleRow, TillDb } from '@pos/data/db.ts'
import { record } from '@pos/data/journal.ts'
import { freshDb, sale } from './made.ts'

const NOW = Date.parse('2026-11-23T08:00:00Z')
const UNTIL = '2026-11-24T04:00:00Z'
let db: TillDb

beforeEach(() => { db = freshDb() })

/** Sell so much of a SKU at this till. */
async function sells(skuId: number, quantity: number, at = '2026-11-23T04:00:00.000Z'): Promise<SaleRow> {
  const made = sale(650, at)
  return record(db, { ...made, lines: [{ ...made.lines[0]!, skuId, quantity }] })
}

async function sent(row: SaleRow): Promise<void> {
  await db.outbox.update(row.id, { state: 'sent' })
}

const told = (...goods: [number, number, string?][]) => ({ goods: goods.map(([sku_id, quantity, until]) => ({ sku_id, quantity, until: until ?? UNTIL })) })

describe('what waits for a till', () => {
  it('POS-07: asks for what went on the best day of two weeks, the often sold first', async () => {
    await sells(7, 2, '2026-11-20T04:00:00.000Z')
    await sells(7, 3, '2026-11-20T09:00:00.000Z')
    await sells(7, 4, '2026-11-21T04:00:00.000Z')
    await sells(9, 8, '2026-11-21T04:00:00.000Z')
    await sells(5, 6, '2026-11-01T04:00:00.000Z')
    expect(await wants(db, NOW)).toEqual([{ sku_id: 7, quantity: 5 }, { sku_id: 9, quantity: 8 }])
    for (let skuId = 100; skuId < 100 + SKUS_MAX; skuId += 1) await sells(skuId, 1)
    const most = await wants(db, NOW)
    expect([most.length, most[0]]).toEqual([SKUS_MAX, { sku_id: 7, quantity: 5 }])
  })

  it('POS-07: what was sold since, and what nobody booked, comes off', async () => {
    const before = await sells(1, 2)
    await sent(await sells(1, 4))
    await keepAside(db, 2, told([1, 10], [2, 3], [3, 5, '2026-11-23T07:59:59Z']))
    expect(await asideSeq(db)).toBe(2)
    // The first sale is not booked yet: its units are among the ten. What is over is not counted.
    expect(await left(db, NOW)).toEqual(new Map([[1, 8], [2, 3]]))
    await sells(1, 3)
    expect((await left(db, NOW)).get(1)).toBe(5)
    await sent(before)
    expect((await left(db, NOW)).get(1)).toBe(7)
    await sells(2, 9)
    expect((await left(db, NOW)).get(2)).toBe(0)
  })

  it('POS-07: goods that the customer does not carry out are not taken from it', async () => {
    await keepAside(db, 0, told([1, 4]))
    const row = await sells(1, 2)
    await db.sales.update(row.id, { way: { kind: 'express' } as never })
    expect((await left(db, NOW)).get(1)).toBe(4)
  })

  it('POS-07: lines of one SKU are one demand', () => {
    const units = new Map([[1, 3]])
    expect(lacking([{ skuId: 1, quantity: 2 }, { skuId: 1, quantity: 1 }], units)).toEqual([])
    expect(lacking([{ skuId: 1, quantity: 2 }, { skuId: 1, quantity: 2 }, { skuId: 9, quantity: 1 }], units)).toEqual([
      { skuId: 1, quantity: 4, left: 3 }, { skuId: 9, quantity: 1, left: 0 },
    ])
  })

  it('POS-07: two tabs that sell the last unit at once: one sale is written, nothing of the other', async () => {
    await keepAside(db, 0, told([1, 1]))
    const last = () => {
      const made = sale()
      return record(db, made, null, () => demand(db, made.lines, NOW))
    }
    const ends = await Promise.allSettled([last(), last()])
    expect(ends.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected'])
    const refused = ends.find((one) => one.status === 'rejected')!
    expect(refused.reason).toBeInstanceOf(AsideShort)
    expect((refused.reason as AsideShort).lacking).toEqual([{ skuId: 1, quantity: 1, left: 0 }])
    expect([await db.sales.count(), await db.outbox.count()]).toEqual([1, 1])
  })
})
