import { expect, test } from 'vitest'
import { Refused, Unreachable } from '@core/api/client.ts'
import type { JournalIn } from '@core/api/pos.d.ts'
import type { TillDb } from '@pos/data/db.ts'
import { record } from '@pos/data/journal.ts'
import { forgetOld, sendDue, tryAgain } from '@pos/data/outbox.ts'
import { freshDb, sale, taken } from './made.ts'

const refused = (status: number, code = 'x'): Refused => new Refused({ status, data: { title: 'no', code, remedy: 'look' }, headers: {} })

async function states(db: TillDb): Promise<string[]> {
  return (await db.outbox.orderBy('seq').toArray()).map((one) => one.state)
}

test('offline, then a lost reply, then again: one sale on the server', async () => {
  const db = freshDb()
  await record(db, sale())
  const server = new Map<string, JournalIn>()
  let mode = 'offline'
  const post = async (body: JournalIn) => {
    if (mode === 'offline') throw new Unreachable()
    server.set(body.sale.id, body)
    if (mode === 'lost') throw new Unreachable()
    return taken(body.sale.id, body.sale.seq)
  }
  expect(await sendDue(db, post)).toBe('unreachable')
  mode = 'lost'
  expect(await sendDue(db, post)).toBe('unreachable')
  expect([server.size, await states(db)]).toEqual([1, ['pending']])
  mode = 'on'
  expect(await sendDue(db, post)).toBe('done')
  expect([server.size, await states(db)]).toEqual([1, ['sent']])
})

test('sales go in the order of their numbers, and a bad one holds up nothing', async () => {
  const db = freshDb()
  for (let count = 0; count < 5; count += 1) await record(db, sale())
  const sent: number[] = []
  await sendDue(db, async ({ sale: one }) => {
    sent.push(one.seq)
    if (one.seq === 2) throw refused(422, 'pos.key_reused')
    if (one.seq === 3) throw refused(500)
    return taken(one.id, one.seq, one.seq === 4 ? 'kept' : 'booked')
  })
  expect(sent).toEqual([1, 2, 3, 4, 5])
  expect(await states(db)).toEqual(['sent', 'kept', 'pending', 'kept', 'sent'])
  expect((await db.outbox.orderBy('seq').toArray()).map((one) => one.reason?.code)).toEqual([
    undefined, 'pos.key_reused', undefined, 'inventory.stock_short', undefined,
  ])
})

test('the server in trouble is asked again later, not at once', async () => {
  const db = freshDb()
  await record(db, sale())
  let asked = 0
  const post = async () => { asked += 1; throw refused(503) }
  await sendDue(db, post, 1_000_000)
  await sendDue(db, post, 1_000_500)
  expect(asked).toBe(1)
  await sendDue(db, post, 1_002_000)
  expect(asked).toBe(2)
})

test('without a sign-in nothing is lost: it waits', async () => {
  const db = freshDb()
  await record(db, sale())
  expect(await sendDue(db, async () => { throw refused(401) })).toBe('signed_out')
  expect(await states(db)).toEqual(['pending'])
})

test('a person lets a kept sale be tried once more', async () => {
  const db = freshDb()
  const { id } = await record(db, sale())
  await sendDue(db, async (body) => taken(body.sale.id, 1, 'kept'))
  await tryAgain(db, id)
  await sendDue(db, async (body) => taken(body.sale.id, 1))
  expect(await states(db)).toEqual(['sent'])
})

test('only what arrived is forgotten, and only after a month', async () => {
  const db = freshDb()
  const now = Date.parse('2026-11-23T00:00:00Z')
  for (const soldAt of ['2026-10-01T00:00:00.000Z', '2026-10-02T00:00:00.000Z', '2026-11-22T00:00:00.000Z']) await record(db, sale(650, soldAt))
  await sendDue(db, async (body) => taken(body.sale.id, body.sale.seq, body.sale.seq === 2 ? 'kept' : 'booked'))
  await forgetOld(db, now)
  expect((await db.sales.orderBy('seq').toArray()).map((one) => one.seq)).toEqual([2, 3])
})
