import { describe, expect, test } from 'vitest'
import { Refused, Unreachable } from '@core/api/client.ts'
import type { AdviceOutcomesIn } from '@core/api/pos.d.ts'
import { isControl } from '@core/advice.ts'
import type { Advice } from '@core/advice.ts'
import { advisedRow, keptShort, loadAdvice, loadShort, noticed, steady, taken, tellAdvised } from '@pos/data/advice.ts'
import { add, EMPTY, isSameSale } from '@pos/data/basket.ts'
import { KEYS, keyLabel } from '@pos/app/keys.ts'
import { finish, record, reserve } from '@pos/data/journal.ts'
import { freshDb, item, sale } from './made.ts'

const piece = (skuId: number, becauseSkuId = 1): Advice => ({ skuId, becauseSkuId, score: 100 - skuId })
const skus = (places: readonly (Advice | null)[]): (number | null)[] => places.map((one) => one?.skuId ?? null)
const NEVER = 0
const ALWAYS = 10_000

describe('what stands on the screen', () => {
  test('a piece that stays keeps its place, so that its key never adds something else', () => {
    const first = steady([], [piece(2), piece(3), piece(4)])
    expect(skus(first)).toEqual([2, 3, 4])
    expect(skus(steady(first, [piece(5), piece(4), piece(2)]))).toEqual([2, 5, 4])
    expect(skus(steady(first, [piece(3)]))).toEqual([null, 3, null])
    expect(skus(steady(first, []))).toEqual([null, null, null])
  })
  test('no two deeds have one key, and none is a sign that a scanner types', () => {
    const keys = Object.values(KEYS)
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys.filter((key) => key.length === 1)).toEqual(['?'])
    expect(['advice1', 'advice2', 'advice3', 'dismiss'].map((deed) => keyLabel(deed as never))).toEqual(['Ins', 'Home', 'PgUp', 'End'])
  })
})

describe('what was advised', () => {
  test('each piece is noted once a basket, whatever comes and goes', () => {
    const one = noticed(undefined, [piece(2), piece(3)], NEVER, () => 'a')!
    expect(noticed(one, [piece(3), piece(2)], ALWAYS, () => 'b')).toBe(one)
    const two = noticed(one, [piece(3), piece(4, 2)], ALWAYS, () => 'b')!
    expect(two).toEqual({
      id: 'a', isControl: false, isDismissed: false,
      given: [{ skuId: 2, becauseSkuId: 1, isAdded: false }, { skuId: 3, becauseSkuId: 1, isAdded: false }, { skuId: 4, becauseSkuId: 2, isAdded: false }],
    })
    expect(taken(two, 3).given.map((each) => each.isAdded)).toEqual([false, true, false])
  })
  test('nothing is noted when there is nothing, or when it was put away', () => {
    expect(noticed(undefined, [], NEVER)).toBe(undefined)
    const away = { ...noticed(undefined, [piece(2)], NEVER, () => 'a')!, isDismissed: true }
    expect(noticed(away, [piece(3)], NEVER)).toBe(away)
  })
  test('the share without advice is drawn by the basket, as often as it is set', () => {
    const drawn = Array.from({ length: 10_000 }, (_, number) => isControl(`019acc00-0000-7000-8000-${String(number).padStart(12, '0')}`, 500))
    expect(drawn.filter(Boolean).length).toBe(474)
    expect(noticed(undefined, [piece(2)], ALWAYS)?.isControl).toBe(true)
    expect(noticed(undefined, [piece(2)], NEVER)?.isControl).toBe(false)
  })
  test('it makes no other sale of a basket', () => {
    const basket = add(EMPTY, item(1), 1)
    const advised = { ...basket, advice: noticed(undefined, [piece(2)], NEVER)! }
    expect(isSameSale(basket, advised)).toBe(true)
    expect(isSameSale(add(basket, item(2), 1), advised)).toBe(false)
  })
})

const refused = (status: number): Refused => new Refused({ status, data: null, headers: {} })
const outcome = (id: string) => advisedRow(id, { ...EMPTY, advice: taken(noticed(undefined, [piece(2)], NEVER, () => 'a')!, 2) })!

describe('the way to the server', () => {
  test('it is written with the sale, told when that has arrived, and forgotten when it is counted', async () => {
    const db = freshDb()
    const made = sale()
    await record(db, made, outcome(made.id))
    const told: AdviceOutcomesIn[] = []
    const post = async (body: AdviceOutcomesIn) => { told.push(body); return { settled: told.length > 1 ? [made.id] : [] } }
    await tellAdvised(db, post)
    expect(told).toEqual([])
    await db.outbox.update(made.id, { state: 'sent' })
    await tellAdvised(db, post)
    expect(await db.advised.count()).toBe(1)
    await tellAdvised(db, post)
    await tellAdvised(db, post)
    expect(told).toEqual(Array.from({ length: 2 }, () => ({
      sales: [{ sale_id: made.id, is_control: false, given: [{ sku_id: 2, because_sku_id: 1, added: true }] }],
    })))
    expect(await db.advised.count()).toBe(0)
  })
  test('a sale that the server makes brings it along too', async () => {
    const db = freshDb()
    const { made, ...row } = { ...sale(), seq: 1, digest: '', rights: null }
    await reserve(db, { id: row.id, basket: EMPTY, wallet: null, chargedAt: 0, body: { id: row.id, lines: [], points: 0, note: '' } })
    await finish(db, { ...row, made: null }, 'XS1', outcome(row.id))
    await finish(db, { ...row, made: null }, 'XS1', outcome(row.id))
    expect((await db.advised.toArray()).map((one) => one.id)).toEqual([made.id])
  })
  test('without a basket that was advised nothing is written', async () => {
    const db = freshDb()
    await record(db, sale(), advisedRow('x', EMPTY))
    expect(await db.advised.count()).toBe(0)
  })
  test('no answer and a signed-out person keep it, a refusal for good does not', async () => {
    const db = freshDb()
    const made = sale()
    await record(db, made, outcome(made.id))
    await db.outbox.update(made.id, { state: 'sent' })
    for (const fault of [new Unreachable(), refused(401), refused(403), refused(503)]) {
      await tellAdvised(db, async () => { throw fault })
      expect(await db.advised.count()).toBe(1)
    }
    await tellAdvised(db, async () => { throw refused(422) })
    expect(await db.advised.count()).toBe(0)
  })
  test('advice of a sale that was forgotten is forgotten', async () => {
    const db = freshDb()
    await db.advised.put(outcome('gone'))
    await tellAdvised(db, async () => { throw new Error('nothing is due') })
    expect(await db.advised.count()).toBe(0)
  })
})

describe('what is kept', () => {
  test('only what differs is fetched, a known version asks nothing, the empty one is none', async () => {
    const db = freshDb()
    const asked: (readonly string[])[] = []
    const bucket = (number: number, digest: string) => ({ number, digest, products: [{ product_id: number, skus: [number], offers: [number], goes_with: [] }] })
    await loadAdvice(db, 'v1', async ({ digests }) => { asked.push(digests); return { version: 'v1', buckets: [bucket(1, 'a'), bucket(2, 'b')] } })
    await loadAdvice(db, 'v1', async () => { throw new Error('asked again') })
    await loadAdvice(db, 'v2', async ({ digests }) => { asked.push(digests); return { version: 'v2', buckets: [{ number: 1, digest: '', products: [] }, bucket(3, 'c')] } })
    expect((await db.advice.toArray()).map((one) => one.number)).toEqual([2, 3])
    expect(asked.map((digests) => [digests.length, ...digests.filter((one) => one !== '')])).toEqual([[64], [64, 'a', 'b']])
    await loadAdvice(db, '', async () => { throw new Error('asked for nothing') })
    expect(await db.advice.count()).toBe(0)
  })
  test('what is out of stock is asked for every five minutes, and kept for when nobody answers', async () => {
    const db = freshDb()
    await db.advice.put({ number: 1, digest: 'a', products: [{ product_id: 1, skus: [11, 12], offers: [12], goes_with: [] }, { product_id: 65, skus: [13], offers: [13], goes_with: [] }] })
    const asked: number[][] = []
    const ask = async (skus: number[]) => { asked.push(skus); return [13] }
    expect(await keptShort(db)).toBe(null)
    await loadShort(db, ask, 1_000_000)
    await loadShort(db, ask, 1_299_999)
    expect(asked).toEqual([[12, 13]])
    await expect(loadShort(db, async () => { throw new Unreachable() }, 1_300_000)).rejects.toThrow(Unreachable)
    expect(await keptShort(db)).toEqual({ at: 1_000_000, skus: [13] })
    await loadShort(db, ask, 1_300_000)
    expect(asked.length).toBe(2)
    await loadAdvice(db, 'v2', async () => ({ version: 'v2', buckets: [] }))
    expect(await keptShort(db)).toBe(null)
  })
})
