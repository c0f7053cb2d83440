import { expect, test } from 'vitest'
import type { DifferencesOut, KeptItemOut, KnownIn, RulesOut } from '@core/api/pos.d.ts'
import type { TillDb } from '@pos/data/db.ts'
import { BUCKETS, loadGoods } from '@pos/data/kept.ts'
import type { Source } from '@pos/data/kept.ts'
import { freshDb, item } from './made.ts'

/** A server of goods by the rules of /catalogue/differences, with `page` items at a time; it counts the questions. */
class Shop implements Source {
  asked: { only: number, differing: number }[] = []

  constructor(public goods: KeptItemOut[], private readonly page: number) {}

  rules(): Promise<RulesOut> {
    return Promise.reject(new Error('nobody asks for rules here'))
  }

  private digest(number: number): string {
    const held = this.goods.filter((one) => one.sku_id % BUCKETS === number)
    return held.length === 0 ? '' : held.map((one) => `${one.sku_id}:${one.price_fen}`).join()
  }

  differences(known: KnownIn): Promise<DifferencesOut> {
    const all = Array.from({ length: BUCKETS }, (_, number) => number)
    const differing = (known.only ?? all).filter((number) => this.digest(number) !== known.digests[number])
    const fit = differing.slice(0, this.page)
    this.asked.push({ only: known.only?.length ?? BUCKETS, differing: differing.length })
    return Promise.resolve({
      version: known.only === undefined || known.only === null ? `v${all.map((number) => this.digest(number)).join('|')}` : null,
      buckets: fit.map((number) => ({ number, digest: this.digest(number), items: this.goods.filter((one) => one.sku_id % BUCKETS === number) })),
      remaining: differing.slice(this.page), is_complete: differing.length <= this.page, items: this.goods.length,
    })
  }
}

async function kept(db: TillDb): Promise<number[]> {
  return (await db.buckets.toArray()).flatMap((bucket) => bucket.items.map((one) => one.sku_id))
}

test('an empty till takes part by part, and asks about everything once', async () => {
  const db = freshDb()
  const shop = new Shop([1, 2, 3, 257, 255].map((id) => item(id)), 1)
  const told: string[] = []
  expect(await loadGoods(db, shop, (have, of) => { told.push(`${have}/${of}`) })).toBe(true)
  expect((await kept(db)).sort((one, other) => one - other)).toEqual([1, 2, 3, 255, 257])
  // Four buckets hold goods: parts for them, and at the end one question about all, with nothing left to send.
  expect(shop.asked.filter((one) => one.only === BUCKETS && one.differing === 0)).toHaveLength(1)
  expect(told.slice(0, 4)).toEqual(['2/5', '3/5', '4/5', '5/5'])
  expect(await db.get('version')).toMatch(/^v/)
})

test('what changed while the parts came is taken at the end', async () => {
  const db = freshDb()
  const shop = new Shop([1, 2, 3].map((id) => item(id)), 1)
  const changing: Source = {
    rules: () => shop.rules(),
    differences: (known) => {
      if (shop.asked.length === 2) shop.goods = shop.goods.map((one) => (one.sku_id === 1 ? { ...one, price_fen: 777 } : one))
      return shop.differences(known)
    },
  }
  await loadGoods(db, changing, () => undefined)
  const [first] = (await db.buckets.get(1))!.items
  expect(first!.price_fen).toBe(777)
})

test('a till that has goods asks once, and in parts only for what differs', async () => {
  const db = freshDb()
  const shop = new Shop([1, 2, 3, 4].map((id) => item(id)), 2)
  await loadGoods(db, shop, () => undefined)
  shop.asked = []
  expect(await loadGoods(db, shop, () => undefined)).toBe(false)
  expect(shop.asked).toEqual([{ only: BUCKETS, differing: 0 }])
  shop.goods = shop.goods.filter((one) => one.sku_id !== 1).map((one) => ({ ...one, price_fen: 9 }))
  shop.asked = []
  expect(await loadGoods(db, shop, () => undefined)).toBe(true)
  expect(shop.asked).toEqual([{ only: BUCKETS, differing: 4 }, { only: 2, differing: 2 }])
  expect((await kept(db)).sort()).toEqual([2, 3, 4])
})
