import { describe, expect, test } from 'vitest'
import { canonical, digest } from '@pos/data/digest.ts'
import { uuid7 } from '@pos/data/ids.ts'
import { firstBreak, head, record } from '@pos/data/journal.ts'
import { freshDb, sale } from './made.ts'

describe('the chain', () => {
  test('a sale has one form and the same digest as on the server', async () => {
    const value = { seq: 1, previous: '', name: '牛奶 "é" \u2028\n', lines: [{ b: 2, a: null }], ok: true }
    expect(canonical(value)).toBe('{"lines":[{"a":null,"b":2}],"name":"牛奶 \\"é\\" \u2028\\n","ok":true,"previous":"","seq":1}')
    expect(await digest(value)).toBe('861c20362bfa93562d63b3c7ed1848fa8e199db7402632ad73a8a7ce43e45ef7')
  })

  test('numbers follow each other and every sale names the one before it', async () => {
    const db = freshDb()
    const first = await record(db, sale())
    const second = await record(db, sale())
    expect([first.seq, first.made!.previous]).toEqual([1, ''])
    expect([second.seq, second.made!.previous]).toEqual([2, first.digest])
    expect(await head(db)).toEqual({ seq: 2, digest: second.digest })
    expect(await firstBreak(await db.sales.toArray())).toBe(null)
  })

  test('sale and outbox entry are written together or not at all', async () => {
    const db = freshDb()
    const twice = sale()
    await record(db, twice)
    await expect(record(db, twice)).rejects.toThrow()
    expect([await db.sales.count(), await db.outbox.count(), (await head(db)).seq]).toEqual([1, 1, 1])
  })

  test('two tabs that sell at once get numbers one after the other', async () => {
    const db = freshDb()
    const made = await Promise.all([1, 2, 3, 4].map(() => record(db, sale())))
    expect(made.map((one) => one.seq).sort()).toEqual([1, 2, 3, 4])
    expect(await firstBreak(await db.sales.toArray())).toBe(null)
  })

  test('a changed sale and a missing one are found', async () => {
    const db = freshDb()
    for (let count = 0; count < 3; count += 1) await record(db, sale())
    const sales = await db.sales.orderBy('seq').toArray()
    expect(await firstBreak([sales[0]!, sales[2]!])).toBe(3)
    expect(await firstBreak([sales[0]!, { ...sales[1]!, made: { ...sales[1]!.made!, payable_fen: 1 } }, sales[2]!])).toBe(2)
  })
})

test('ids are UUIDs of version 7 in the order of their time', () => {
  expect(uuid7(1_700_000_000_000)).toMatch(/^018bcfe5-6800-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(uuid7(1) < uuid7(2)).toBe(true)
})
