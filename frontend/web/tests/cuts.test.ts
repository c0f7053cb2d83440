import { describe, expect, test } from 'vitest'
import { add, cutsIn, EMPTY, quote } from '@pos/data/basket.ts'
import type { Basket } from '@pos/data/basket.ts'
import { above, covers, hasCuts, NO_CUTS, percentOf, reasonOf, uncut } from '@pos/data/cuts.ts'
import type { Cut } from '@pos/data/cuts.ts'
import { Goods } from '@pos/data/goods.ts'
import { linesIn } from '@pos/data/rights.ts'
import { item, RULES } from './made.ts'

const milk = item(1, { price_fen: 650 })
const apples = item(2, { quantity_scale: 1000, price_fen: 1990 })
const tea = item(3, { price_fen: 10_000, timed_price_fen: 8_000 })
const goods = new Goods([milk, apples, tea], [])
const AT = new Date('2026-11-23T04:00:00Z')

function cutAt(basket: Basket, key: number, cut: Cut): Basket {
  return { ...basket, lines: basket.lines.map((line) => (line.key === key ? { ...line, cut } : line)) }
}
const fens = (basket: Basket): [number, number][] => [...cutsIn(basket, goods, RULES, AT)].map(([key, one]) => [key, one.fen])
const three = add(add(add(EMPTY, milk, 3), apples, 525), tea, 1)

describe('a discount by hand', () => {
  test('is a percentage of what the line costs now, never a fen more', () => {
    const cut: Cut = { kind: 'percent', value: 1000, reason: 'damaged' }
    expect(fens(cutAt(three, 1, cut))).toEqual([[1, 195]])
    // Of the timed price, not of the list price.
    expect(fens(cutAt(three, 3, cut))).toEqual([[3, 800]])
    expect([percentOf(1045, 1000), percentOf(995, 1000), percentOf(1, 9999)]).toEqual([104, 99, 0])
  })
  test('is an amount, or a new price per unit which is only ever lower', () => {
    expect(fens(cutAt(three, 1, { kind: 'amount', value: 100, reason: 'other' }))).toEqual([[1, 100]])
    expect(fens(cutAt(three, 1, { kind: 'amount', value: 99_999, reason: 'other' }))).toEqual([[1, 1950]])
    expect(fens(cutAt(three, 1, { kind: 'price', value: 600, reason: 'shelf_price' }))).toEqual([[1, 150]])
    expect(fens(cutAt(three, 2, { kind: 'price', value: 1000, reason: 'shelf_price' }))).toEqual([[2, 1045 - 525]])
    expect(fens(cutAt(three, 1, { kind: 'price', value: 700, reason: 'shelf_price' }))).toEqual([])
  })
  test('on the whole order is for the lines that have none of their own', () => {
    const own = cutAt(three, 3, { kind: 'amount', value: 500, reason: 'damaged' })
    const basket: Basket = { ...own, cut: { kind: 'percent', value: 500, reason: 'regular' } }
    expect(fens(basket)).toEqual([[3, 500], [1, 97], [2, 52]])
    expect([reasonOf(basket, 1), reasonOf(basket, 3), reasonOf(three, 1)]).toEqual(['regular', 'damaged', undefined])
    const amount: Basket = { ...three, cut: { kind: 'amount', value: 1000, reason: 'goodwill' } }
    const shares = fens(amount)
    expect(shares.reduce((sum, [, fen]) => sum + fen, 0)).toBe(1000)
    expect(quote(amount, goods, RULES, AT).payable_fen).toBe(1950 + 1045 + 8000 - 1000)
    expect(linesIn(amount, cutsIn(amount, goods, RULES, AT)).map((line) => [line.discount_fen, line.discount_reason]))
      .toEqual(shares.map(([, fen]) => [fen, 'goodwill']))
    expect([hasCuts(basket), hasCuts(uncut(basket)), fens(uncut(basket)).length, uncut(basket).lines.length]).toEqual([true, false, 0, 3])
  })
  test('above the limit asks for a manager, whose word covers so much and no fen more', () => {
    const basket = cutAt(three, 1, { kind: 'amount', value: 196, reason: 'damaged' })
    const cuts = cutsIn(basket, goods, RULES, AT)
    const found = above(quote(basket, goods, RULES, AT), cuts, 1000)
    expect(found).toEqual([{ sku_id: 1, quantity: 3, list_fen: 1950, discount_fen: 196, reason: 'damaged' }])
    const word = { id: 'w', by: '王店长', mostBp: 1006, mostFen: 196 }
    expect([covers(word, found), covers({ ...word, mostFen: 195 }, found), covers({ ...word, mostBp: 1005 }, found), covers(undefined, found), covers(undefined, [])])
      .toEqual([true, false, false, false, true])
    const within = cutAt(three, 1, { kind: 'amount', value: 195, reason: 'damaged' })
    expect(above(quote(within, goods, RULES, AT), cutsIn(within, goods, RULES, AT), 1000)).toEqual([])
    expect(cutsIn(three, goods, RULES, AT)).toBe(NO_CUTS)
  })
})
