/**
 * Answers questions, one JSON line each, until the input ends: the other half of tests/frontend/test_price_chain_parity.py.
 * A refusal is answered with its code and field.
 */

import process from 'node:process'
import { createInterface } from 'node:readline'

import { price } from '../src/price_chain/chain.ts'
import { Problem } from '../src/problem.ts'

// What the other program asks with is its own JSON; the doors below read it.
type Question = any

const DOORS: Readonly<Record<string, (question: Question) => unknown>> = {
  price: ({ basket }) => price(basket),
}

function answer(question: Question): unknown {
  const door = DOORS[question.door]
  if (door === undefined) throw new RangeError(`no such door: ${question.door}`)
  try {
    return { said: door(question) }
  } catch (refusal) {
    if (refusal instanceof Problem) return { refused: [refusal.code, refusal.field] }
    throw refusal
  }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`)
}
