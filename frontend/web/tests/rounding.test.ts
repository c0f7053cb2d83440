/** Rounding off: the amount becomes round, spread beside other discounts, and is forgotten when the basket changes. */

import { add, cutsIn, EMPTY, quote } from '@pos/data/basket.ts'
import type { Basket } from '@pos/data/basket.ts'
import { above, uncut } from '@pos/data/cuts.ts'
import { Goods } from '@pos/data/goods.ts'
import { paper } from '@pos/data/receipts.ts'
import { linesIn } from '@pos/data/rights.ts'
import { isRounded, roundingOf, roundOff, unrounded } from '@pos/data/rounding.ts'
import { expect, test } from 'vitest'
import { item, RULES, sale } from './made.ts'

const milk = item(1, { price_fen: 650 })
const apples = item(2, { quantity_scale: 1000, price_fen: 1990 })
const goods = new Goods([milk, apples], [])
const AT = new Date('2026-11-23T04:00:00Z')
// 6.50 and 10.45.
const two = add(add(EMPTY, milk, 1), apples, 525)
const payable = (basket: Basket, rules = RULES): number => quote(basket, goods, rules, AT).payable_fen
const rounded = async (basket: Basket, step: 10 | 100, most = 99, rules = RULES): Promise<Basket> => {
  const found = await roundOff(basket, step, most, (one) => payable(one, rules))
  if (typeof found === 'string') throw new Error(found)
  return found
}

test('to whole jiao or to whole yuan, in integer fen over the lines', async () => {
  expect(payable(two)).toBe(1695)
  const jiao = await rounded(two, 10)
  expect([payable(jiao), roundingOf(cutsIn(jiao, goods, RULES, AT))]).toEqual([1690, 5])
  const yuan = await rounded(jiao, 100)
  expect([payable(yuan), roundingOf(cutsIn(yuan, goods, RULES, AT))]).toEqual([1600, 95])
  const lines = linesIn(yuan, cutsIn(yuan, goods, RULES, AT))
  expect(lines.map((line) => [line.discount_fen, line.rounding_fen])).toEqual([[0, 36], [0, 59]])
  expect(payable(unrounded(yuan))).toBe(1695)
  expect(uncut(yuan).rounding).toBeUndefined()
})

test('never above what may be taken off, never to nothing, and not what is round', async () => {
  expect(await roundOff(two, 100, 94, payable)).toBe('too_much')
  expect(await roundOff(two, 10, 4, payable)).toBe('too_much')
  expect(await roundOff(await rounded(two, 10), 10, 99, payable)).toMatchObject({ rounding: { fen: 5 } })
  const cheap = add(EMPTY, item(1, { price_fen: 650 }), 0)
  expect(await roundOff(cheap, 10, 99, () => 60)).toBe('round')
  expect(await roundOff(cheap, 100, 99, () => 60)).toBe('round')
})

test('another basket has another amount: it is not rounded any more', async () => {
  const done = await rounded(two, 100)
  const more = add(done, milk, 1)
  expect([isRounded(done), isRounded(more), payable(more)]).toEqual([true, false, 2345])
  expect(isRounded({ ...done, cut: { kind: 'percent', value: 500, reason: 'regular' } })).toBe(false)
  expect(isRounded({ ...done, advice: undefined })).toBe(true)
})

test('beside a discount on everything it keeps the reason and asks nobody', async () => {
  const tenth: Basket = { ...two, cut: { kind: 'percent', value: 1000, reason: 'regular' } }
  expect(payable(tenth)).toBe(1526)
  const done = await rounded(tenth, 100)
  const cuts = cutsIn(done, goods, RULES, AT)
  expect([payable(done), roundingOf(cuts)]).toEqual([1500, 26])
  expect(linesIn(done, cuts).map((line) => [line.discount_fen, line.discount_reason])).toEqual([[65, 'regular'], [104, 'regular']])
  expect(above(quote(done, goods, RULES, AT), cuts, 1000)).toEqual([])
})

test('where a percentage follows, more is taken off than falls away', async () => {
  // A tier's discount comes before; here the price shrinks to nine tenths afterwards, as by a campaign.
  const shrunk = (basket: Basket): number => Math.ceil(payable(basket) * 0.9)
  const found = await roundOff(two, 100, 99, shrunk)
  if (typeof found === 'string') throw new Error(found)
  expect(shrunk(found)).toBe(1500)
  expect(found.rounding!.fen).toBeGreaterThan(26)
  // An offer that would be lost makes the amount rise: then it is left alone.
  expect(await roundOff(two, 100, 99, (basket) => (basket.rounding === undefined ? 1695 : 1900))).toBe('too_much')
})

test('a wrapped purchase says so on its paper, for nothing', () => {
  const row = { ...sale(650), seq: 1, digest: '', rights: null, made: null }
  const rows = (isWrapped: boolean): string[] => paper({ ...row, isWrapped }, { code: '01' } as never, RULES, (key) => key).map((one) => `${one.left} ${one.right}`)
  expect(rows(true)).toContain('wrap.paper wrap.free')
  expect(rows(false)).not.toContain('wrap.paper wrap.free')
})

test('the receipt says it once, beside what was saved', () => {
  const row = { ...sale(600), goodsFen: 650, roundingFen: 50, seq: 1, digest: '', rights: null, made: null }
  const words = (key: string): string => key
  const rows = paper(row, { code: '01' } as never, RULES, words).map((one) => [one.left, one.right])
  expect(rows).toContainEqual(['round.paper', '-0.50'])
  expect(rows.some(([left]) => left === 'paper.saved')).toBe(false)
})
