/** What holds for every input: sums are exact, nothing is negative, a reversal is the mirror image, order is nothing. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { apportion, apportionWithin } from '../src/apportion.ts'
import { checkDigit, faultOf, gtin14, luhnDigit } from '../src/barcodes.ts'
import { sum } from '../src/integer.ts'
import { divideHalfUp, formatYuan, lineAmount, parseYuan } from '../src/money.ts'
import { inShanghai, isWithin, microseconds } from '../src/moment.ts'
import { price } from '../src/price_chain/chain.ts'
import type { GivenBasket } from '../src/price_chain/contracts/index.ts'
import { formatQuantity, parseQuantity } from '../src/quantity.ts'
import { isMemberNumber, route } from '../src/scan_router.ts'
import { DEFAULT_MASKS, parseMask, readLabel } from '../src/scale_codes.ts'
import { strip } from '../src/text.ts'
import { Seeded } from './seeded.ts'

const ROUNDS = 500
const BASKET: GivenBasket = {
  channel: 'pos',
  store_id: 7,
  member: null,
  lines: [
    {
      number: 2, sku_id: 1, category_path: [], supplier_id: null, quantity: 2, quantity_scale: 1,
      prices: { sku_id: 1, base_fen: 200 },
    },
  ],
  freight: {},
  campaigns: [],
  at: '2026-03-02T04:00:00Z',
}

function always(name: string, body: (seeded: Seeded) => void): void {
  test(name, () => {
    for (let seed = 1; seed <= ROUNDS; seed += 1) body(new Seeded(seed))
  })
}

function digits(seeded: Seeded, length: number): string {
  return seeded.times(length, () => String(seeded.integer(0, 9))).join('')
}

always('the parts add up to the total, each within one of its exact share', (seeded) => {
  const weights = seeded.times(seeded.integer(1, 12), () => seeded.integer(0, seeded.pick([3, 9_999, 1_000_000_000])))
  const total = seeded.integer(0, seeded.pick([7, 99_999, 1_000_000_000_000]))
  const parts = apportion(total, weights)
  assert.equal(sum(parts), total)
  const whole = sum(weights)
  parts.forEach((part, index) => {
    const exact = whole === 0 ? total / weights.length : (total * (weights[index] ?? 0)) / whole
    assert.ok(Math.abs(part - exact) < 1.001, `${part} of ${exact}`)
  })
  assert.deepEqual(apportion(-total, weights), parts.map((part) => 0 - part))
})

always('a discount never makes a line negative', (seeded) => {
  const limits = seeded.times(seeded.integer(1, 9), () => seeded.integer(0, 5_000))
  const total = seeded.integer(0, sum(limits))
  apportionWithin(total, limits).forEach((part, index) => assert.ok(part >= 0 && part <= (limits[index] ?? 0)))
  assert.throws(() => apportionWithin(sum(limits) + 1, limits), RangeError)
})

always('half up is what paper says, and the negative is its mirror image', (seeded) => {
  const numerator = seeded.integer(-2_000_000, 2_000_000)
  const denominator = seeded.integer(1, 2_000)
  const rounded = divideHalfUp(numerator, denominator)
  const twiceOff = 2 * Math.abs(Math.abs(rounded) * denominator - Math.abs(numerator))
  assert.ok(twiceOff <= denominator)
  if (twiceOff === denominator) assert.ok(Math.abs(rounded) * denominator > Math.abs(numerator))
  assert.equal(divideHalfUp(-numerator, denominator), 0 - rounded)
})

always('amounts beyond what a number multiplies exactly are exact still', (seeded) => {
  const price = seeded.integer(1_000_000_000, 4_000_000_000)
  const grams = seeded.integer(10_000_000, 900_000_000)
  const expected = (2n * BigInt(price) * BigInt(grams) + 1000n) / 2000n
  assert.equal(lineAmount(price, grams, 1000), Number(expected))
  const parts = apportion(price, [grams, 1, grams * 3])
  assert.equal(sum(parts), price)
  const floors = [grams, 1, grams * 3].map((weight) => (BigInt(price) * BigInt(weight)) / BigInt(grams * 4 + 1))
  parts.forEach((part, index) => assert.ok([0n, 1n].includes(BigInt(part) - (floors[index] ?? 0n))))
})

test('what is no exact integer is refused rather than priced', () => {
  for (const wrong of [0.5, Number.NaN, Infinity, 2 ** 53]) {
    assert.throws(() => divideHalfUp(wrong, 1), RangeError)
    assert.throws(() => apportion(wrong, [1]), RangeError)
    assert.throws(() => apportion(1, [wrong]), RangeError)
    assert.throws(() => formatYuan(wrong), RangeError)
  }
  assert.throws(() => divideHalfUp(1, 0), RangeError)
  assert.equal(parseYuan('999999999999999'), null)
})

always('amounts and quantities are read back as they were written', (seeded) => {
  const fen = seeded.integer(-9_999_999, 9_999_999)
  assert.equal(parseYuan(formatYuan(fen)), fen)
  const quantity = { base: seeded.integer(0, 9_999_999), scale: seeded.pick([1, 1000]) }
  assert.deepEqual(parseQuantity(formatQuantity(quantity), quantity.scale), quantity)
})

test('full-width digits of a Chinese keyboard are digits, other white space than a space is white space', () => {
  assert.equal(parseYuan('　１２.５０\u001d'), 1250)
  assert.deepEqual(parseQuantity('３', 1), { base: 3, scale: 1 })
  assert.equal(strip('\u0085\u001c a b \u3000'), 'a b')
  assert.equal(strip('\ufeffa'), '\ufeffa')
})

always('one mistyped digit of a barcode is always found', (seeded) => {
  const body = digits(seeded, seeded.pick([7, 11, 12, 13]))
  const code = `${body}${checkDigit(body)}`
  assert.equal(gtin14(code), code.padStart(14, '0'))
  const place = seeded.integer(0, body.length - 1)
  const wrong = code.slice(0, place) + ((Number(code[place]) + seeded.integer(1, 9)) % 10) + code.slice(place + 1)
  assert.equal(gtin14(wrong), null)
  assert.equal(faultOf(wrong), 'check_digit')
})

always("a scale's label says what was printed on it", (seeded) => {
  const [plu, amount, grams] = seeded.times(3, () => seeded.integer(0, 99_999))
  const body = `23${[plu, amount, grams].map((value) => String(value).padStart(5, '0')).join('')}`
  const label = readLabel(`${body}${checkDigit(body)}`, DEFAULT_MASKS.map(parseMask))
  assert.deepEqual(label, { plu: String(plu).padStart(5, '0'), amount_fen: amount, grams })
})

always('no payment code is taken for goods or members, and no member for goods', (seeded) => {
  const code = digits(seeded, seeded.integer(16, 24))
  const onScreen = route(code, [], true)
  assert.ok(onScreen.every((reading) => reading.kind === 'pay_code'))
  const kinds = route(code, []).map((reading) => reading.kind)
  assert.ok(!kinds.includes('pay_code'))
  if (onScreen.length > 0) assert.ok(!kinds.includes('member_code') && !kinds.includes('member_number'))
  const body = `9${digits(seeded, 14)}`
  assert.ok(isMemberNumber(`${body}${luhnDigit(body)}`))
})

test('a period begins with its first moment and ends before its last, to the microsecond', () => {
  const period = { start: '2026-03-02T04:00:00.000001Z', end: '2026-03-02T20:00:00+08:00' }
  assert.ok(!isWithin(period, microseconds('2026-03-02T04:00:00Z')))
  assert.ok(isWithin(period, microseconds('2026-03-02T04:00:00.000001+00:00')))
  assert.ok(isWithin(period, microseconds('2026-03-02T11:59:59.999999Z')))
  assert.ok(!isWithin(period, microseconds('2026-03-02T12:00:00Z')))
  assert.ok(isWithin({ start: null, end: null }, 0))
  for (const wrong of ['2026-03-02T04:00:00', '2026-03-02', 'now', '']) {
    assert.throws(() => microseconds(wrong), RangeError)
  }
})

test("days and hours are those of China's clocks", () => {
  const eveOfMonday = inShanghai(microseconds('2026-03-01T15:59:59.999999Z'))
  assert.deepEqual(eveOfMonday, { weekday: 6, minute: 1439, date: '2026-03-01' })
  assert.deepEqual(inShanghai(microseconds('2026-03-01T16:00:00Z')), { weekday: 0, minute: 0, date: '2026-03-02' })
  assert.deepEqual(inShanghai(microseconds('1969-12-31T15:59:00Z')), { weekday: 2, minute: 1439, date: '1969-12-31' })
})

test('of two campaigns that save the same the one with the lower id applies, whatever the order', () => {
  const steps = [{ threshold_fen: 100, off_fen: 10 }]
  const campaigns = [3, 1, 2].map((id) => ({ id, code: `C${id}`, name: `满减${id}`, name_en: '', period: {}, steps }))
  for (const given of [campaigns, [...campaigns].reverse()]) {
    assert.deepEqual(price({ ...BASKET, campaigns: given }).applied.map((each) => each.source), ['C1'])
  }
})

test('a basket may leave out what has a usual value', () => {
  const quote = price(BASKET)
  assert.equal(quote.payable_fen, 400)
  const usual = { manual_discount_fen: 0, offer: null }
  const whole = { ...BASKET, lines: BASKET.lines.map((line) => ({ ...usual, ...line })), coupons: [], points: null, gifts: {} }
  assert.deepEqual(price(whole), quote)
})

test('what was given is not changed by pricing it', () => {
  const frozen = JSON.stringify(BASKET)
  price(BASKET)
  assert.equal(JSON.stringify(BASKET), frozen)
})
