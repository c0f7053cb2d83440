import Dexie from 'dexie'
import { describe, expect, test } from 'vitest'
import { TillDb } from '@pos/data/db.ts'
import { finish, firstBreak, head, record, reserve } from '@pos/data/journal.ts'
import { sendDue } from '@pos/data/outbox.ts'
import { paper, typeset } from '@pos/data/receipts.ts'
import { changeFen, give, remainingFen } from '@pos/data/tenders.ts'
import type { Tendered } from '@pos/data/tenders.ts'
import type { SaleIn } from '@core/api/pos.d.ts'
import { uuid7 } from '@pos/data/ids.ts'
import zh from '@pos/i18n/zh.json'
import { freshDb, RULES, sale, taken } from './made.ts'

const rows = (...given: [Tendered['tender'], number][]): readonly Tendered[] =>
  given.reduce<readonly Tendered[]>((before, [tender, fen]) => {
    const after = give(10_000, before, tender, fen)
    if (typeof after === 'string') throw new Error(after)
    return after
  }, [])

describe('tenders of one sale', () => {
  test('cash and two cards come to the whole, change only from cash', () => {
    const all = rows(['card', 3_000], ['card', 2_550], ['cash', 5_000])
    expect(all.map((one) => [one.tender, one.amountFen, one.tenderedFen])).toEqual([['card', 3_000, null], ['card', 2_550, null], ['cash', 4_450, 5_000]])
    expect([remainingFen(10_000, all), changeFen(all)]).toEqual([0, 550])
  })
  test('all cash is one row, wherever it came', () => {
    const all = rows(['cash', 2_000], ['card', 1_000], ['cash', 10_000])
    expect(all.map((one) => [one.tender, one.amountFen, one.tenderedFen])).toEqual([['cash', 9_000, 12_000], ['card', 1_000, null]])
    expect([remainingFen(10_000, all), changeFen(all)]).toEqual([0, 3_000])
  })
  test('a whole card number is no reference of a slip; its last digits and a slip number are', () => {
    expect([give(10_000, [], 'card', 100, '6222 0212 3456 7894'), give(10_000, [], 'card', 100, '4111-1111-1111-1111')]).toEqual(['card_number', 'card_number'])
    expect(['1111', '4111111111111112', '20261123000017'].map((text) => typeof give(10_000, [], 'card', 100, text))).toEqual(['object', 'object', 'object'])
  })
  test('a card never gives change, nothing is nothing, and ten rows are the most', () => {
    expect(give(10_000, rows(['cash', 4_000]), 'card', 6_001)).toBe('too_much')
    expect([give(10_000, [], 'cash', null), give(10_000, [], 'cash', 0), give(10_000, rows(['cash', 10_000]), 'card', 1)]).toEqual(['nothing', 'nothing', 'nothing'])
    expect(give(10_000, [], 'cash', 10_010_000)).toBe('too_much')
    const nine = rows(...Array.from({ length: 9 }, () => ['card', 100] as [Tendered['tender'], number]))
    expect(give(10_000, nine, 'card', 100)).toBe('too_many')
    expect(give(10_000, nine, 'cash', 100)).toBe('too_many')
    expect(remainingFen(10_000, give(10_000, nine, 'card', 9_100) as Tendered[])).toBe(0)
  })
  test('what costs nothing needs no money', () => {
    expect(give(0, [], 'cash', 0)).toEqual([])
  })
  test('the receipt shows every tender and its reference', async () => {
    const made = sale(10_000)
    const tenders = [...rows(['card', 4_000]).map((one) => ({ ...one, reference: '8842' })), ...rows(['card', 4_000], ['cash', 7_000]).slice(1)]
    const written = await record(freshDb(), { ...made, tenders, changeFen: changeFen(tenders) })
    const till = { device_id: 'x', code: 'T1', last_seq: 0, store_id: 3, store_name: '', store_name_en: '', time_zone: 'Asia/Shanghai' }
    const text = typeset(paper(written, till, RULES, (key) => (zh as Record<string, string>)[key] ?? key), 32).join('\n')
    expect(text).toMatch(/银行卡 8842 +40\.00\n现金 +70\.00\n找零 +10\.00/)
  })
})

test('a till of before keeps its sales and its queue, each with its one tender', async () => {
  const old = new Dexie('till-of-before')
  old.version(1).stores({ meta: 'key', buckets: 'number', sales: 'id, &seq, soldAt', outbox: 'id, &seq, state', held: 'id, heldAt' })
  const { tenders: _tenders, ...made } = sale(650)
  await old.table('sales').add({ ...made, seq: 1, digest: 'd', tender: 'cash', tenderedFen: 1000, made: { ...made.made, seq: 1, previous: '', tenders: [{ tender: 'cash', amount_fen: 650, tendered_fen: 1000, reference: '' }] } })
  await old.table('outbox').add({ id: made.id, seq: 1, state: 'pending', tries: 0, nextAt: 0, number: '', reason: null })
  old.close()
  const db = new TillDb('till-of-before')
  const [row] = await db.sales.toArray()
  expect(row!.tenders).toEqual([{ tender: 'cash', amountFen: 650, tenderedFen: 1000, reference: '' }])
  expect([row!.rights, 'tender' in row!, await db.outbox.count(), await db.online.count()]).toEqual([null, false, 1, 0])
  db.close()
})

describe('a sale that the server makes', () => {
  const body = (id: string): Omit<SaleIn, 'seq'> => ({ id, lines: [{ sku_id: 1, quantity: 1, discount_fen: 0, discount_reason: 'other', rounding_fen: 0 }], points: 0, note: '' })
  const asked = (id = uuid7()) => ({ id, body: body(id), basket: null, wallet: null, chargedAt: 0 })

  test('takes its number from the same count, and the chain goes on past it', async () => {
    const db = freshDb()
    const first = await record(db, sale())
    const online = await reserve(db, asked())
    const second = await record(db, sale())
    expect([online.seq, online.body.seq, second.seq, second.made!.previous]).toEqual([2, 2, 3, first.digest])
    expect((await head(db)).seq).toBe(3)
    const sales = await db.sales.toArray()
    expect([await firstBreak(sales, [2]), await firstBreak(sales)]).toEqual([null, 3])
  })
  test('is finished once and never sent by the outbox', async () => {
    const db = freshDb()
    const online = await reserve(db, asked())
    const row = { ...(await record(db, sale())), id: online.id, seq: online.seq, made: null, digest: '' }
    await finish(db, row, 'XS1')
    await finish(db, row, 'XS1')
    const sent: number[] = []
    await sendDue(db, async (one) => { sent.push(one.sale.seq); return taken(one.sale.id, one.sale.seq) })
    expect([sent, await db.sales.count(), (await db.online.get(online.id))!.state]).toEqual([[2], 2, 'done'])
  })
})
