/** The golden cases of spec/vectors, which the server runs too: every case of every file, one test each. */

import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'

import { AdviceBook, advise } from '../src/advice.ts'
import { apportion } from '../src/apportion.ts'
import { checkDigit, faultOf, gtin14, hasValidCheckDigit } from '../src/barcodes.ts'
import { readElement } from '../src/gs1.ts'
import { divideHalfUp, formatYuan, lineAmount, parseYuan, shareOf } from '../src/money.ts'
import { earned, expiresAt, lastDay, valueFen } from '../src/points.ts'
import type { EarnLine } from '../src/points.ts'
import { judgeCoupons, price } from '../src/price_chain/chain.ts'
import { formatQuantity, parseQuantity } from '../src/quantity.ts'
import { parseMask, readLabel } from '../src/scale_codes.ts'
import { route } from '../src/scan_router.ts'

// A case is JSON that another program wrote; its shape is what the runner below reads.
type Case = any
type Runner = (given: Case) => void

const VECTORS = new URL('../../../spec/vectors/', import.meta.url)

const RUNNERS: Readonly<Record<string, Readonly<Record<string, Runner>>>> = {
  rounding: {
    divide_half_up: (given) => assert.equal(divideHalfUp(given.numerator, given.denominator), given.result),
    line_amount: (given) =>
      assert.equal(lineAmount(given.unit_price_fen, given.quantity, given.quantity_scale), given.amount_fen),
    share_of: (given) => assert.equal(shareOf(given.amount_fen, given.basis_points), given.share_fen),
    parse_yuan: (given) => assert.equal(parseYuan(given.text), given.fen),
    format_yuan: (given) => assert.equal(formatYuan(given.fen), given.text),
  },
  advice: {
    advise: ({ basket, products, available, lately, most, advice }) => {
      const book = new AdviceBook(products.map((one: Case) => ({
        ...one, goes_with: one.goes_with.map(([product_id, strength_bp]: [number, number]) => ({ product_id, strength_bp })),
      })))
      const found = advise(book, basket, (sku) => available[sku] ?? 0, lately, most)
      assert.deepEqual(found.map((one) => [one.skuId, one.becauseSkuId, one.score]), advice)
    },
  },
  apportion: {
    apportion: (given) => assert.deepEqual(apportion(given.total, given.weights), given.parts),
    refused: (given) => assert.throws(() => apportion(given.total, given.weights), RangeError),
  },
  quantity: {
    format: (given) => assert.equal(formatQuantity(given), given.text),
    parse: (given) => {
      const expected = given.base === null ? null : { base: given.base, scale: given.scale }
      assert.deepEqual(parseQuantity(given.text, given.scale), expected)
    },
  },
  ean13: {
    check_digit: (given) => {
      assert.equal(`${given.body}${checkDigit(given.body)}`, given.code)
      assert.ok(hasValidCheckDigit(given.code))
    },
    valid: (given) => assert.ok(hasValidCheckDigit(given.code)),
    invalid: (given) => assert.ok(!(given.code.length === 13 && hasValidCheckDigit(given.code))),
  },
  barcodes: {
    check_digits: (given) => assert.equal(checkDigit(given.body), given.digit),
    gtin14: (given) => assert.equal(gtin14(given.code), given.gtin14),
    goods_faults: (given) => assert.equal(faultOf(given.code), given.fault),
    scale_masks_refused: (given) => assert.throws(() => parseMask(given), RangeError),
    scale_labels: (given) => {
      const { plu, amount_fen, grams } = given
      const label = readLabel(given.code, given.masks.map(parseMask))
      assert.deepEqual(label ?? { plu: null, amount_fen: null, grams: null }, { plu, amount_fen, grams })
    },
    gs1: (given) => {
      const element = readElement(given.code) ?? { gtin14: null, grams: null }
      assert.deepEqual(element, { gtin14: given.gtin14, grams: given.grams })
    },
    routes: (given) => {
      const readings = route(given.code, given.masks.map(parseMask), given.payment_screen)
      assert.deepEqual(readings.map((reading) => reading.kind), given.kinds)
      if ('text' in given) assert.equal(readings[0]?.text, given.text)
    },
  },
  points_earning: {
    earned: ({ bases_fen, rule, multiplier_bp, total, parts }) =>
      assert.deepEqual(earned(linesOf(bases_fen), rule, multiplier_bp), { total, parts }),
    refused: ({ bases_fen, rule, multiplier_bp, code, field }) =>
      assert.throws(() => earned(linesOf(bases_fen), rule, multiplier_bp), { code, field }),
    kept: ({ before_fen, after_fen, rule, multiplier_bp, ...given }) => {
      const before = earned(linesOf(before_fen), rule, multiplier_bp).total
      const kept = earned(linesOf(after_fen), rule, multiplier_bp).total
      assert.deepEqual([before, kept, before - kept], [given.earned, given.kept, given.taken_back])
    },
    ends: (given) =>
      assert.deepEqual([lastDay(given.earned_at), expiresAt(given.earned_at)], [given.last_day, given.ends_at]),
    value: (given) => assert.equal(valueFen(given.points, given.points_per_yuan), given.value_fen),
  },
  price_chain: {
    judged: (given) => assert.deepEqual(judgeCoupons(given.basket, given.candidates), given.outcomes),
    quotes: (given) => assert.deepEqual(price(given.basket), given.quote),
    refused: (given) => assert.throws(() => price(given.basket), { code: given.code, field: given.field }),
  },
}

function linesOf(bases: readonly number[]): EarnLine[] {
  return bases.map((base_fen, index) => ({ number: index + 1, base_fen }))
}

for (const file of readdirSync(VECTORS).filter((name) => name.endsWith('.json'))) {
  const name = file.slice(0, -'.json'.length)
  const kinds: Record<string, unknown> = JSON.parse(readFileSync(new URL(file, VECTORS.toString()), 'utf8'))
  for (const [kind, cases] of Object.entries(kinds)) {
    if (!Array.isArray(cases)) continue // what the file is about, and the form of its cases
    cases.forEach((given: Case, index) => {
      test(`vector ${name} ${kind} ${index}`, () => {
        const runner = RUNNERS[name]?.[kind] ?? assert.fail(`nothing here runs the cases of ${file}, ${kind}`)
        runner(given)
      })
    })
  }
}
