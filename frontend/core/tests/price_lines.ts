/**
 * Prices baskets, one JSON line each, until the input ends, and judges their coupons one by one: the other half of
 * tests/frontend/test_price_chain_parity.py. A refusal is answered with its code and field.
 */

import process from 'node:process'
import { createInterface } from 'node:readline'

import { judgeCoupons, price } from '../src/price_chain/chain.ts'
import type { GivenBasket } from '../src/price_chain/contracts/index.ts'
import { Problem } from '../src/problem.ts'

// What the other program asks with is its own JSON; the chain reads it.
type Question = { readonly basket: GivenBasket }

function answer({ basket }: Question): unknown {
  try {
    return { priced: price(basket), judged: judgeCoupons(basket, basket.coupons ?? []) }
  } catch (refusal) {
    if (refusal instanceof Problem) return { refused: [refusal.code, refusal.field] }
    throw refusal
  }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`)
}
