/**
 * Prices baskets and judges their coupons one by one, says what an order earns, or how a scanned code is read: one JSON
 * line each, until the input ends. The other half of tests/frontend/test_parity.py. A refusal is answered with its code
 * and field.
 */

import process from 'node:process'
import { createInterface } from 'node:readline'

import { earned } from '../src/points.ts'
import type { EarnLine, EarningRule } from '../src/points.ts'
import { judgeCoupons, price } from '../src/price_chain/chain.ts'
import type { GivenBasket } from '../src/price_chain/contracts/index.ts'
import { Problem } from '../src/problem.ts'
import { parseMask } from '../src/scale_codes.ts'
import { route } from '../src/scan_router.ts'

type Question =
  | { readonly basket: GivenBasket }
  | { readonly code: string; readonly masks: string[]; readonly payment_screen: boolean }
  | { readonly lines: EarnLine[]; readonly rule: EarningRule; readonly multiplier_bp: number }

function answer(question: Question): unknown {
  try {
    if ('rule' in question) return earned(question.lines, question.rule, question.multiplier_bp)
    if ('code' in question) return route(question.code, question.masks.map(parseMask), question.payment_screen)
    const { basket } = question
    return { priced: price(basket), judged: judgeCoupons(basket, basket.coupons ?? []) }
  } catch (refusal) {
    if (refusal instanceof Problem) return { refused: [refusal.code, refusal.field] }
    throw refusal
  }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`)
}
