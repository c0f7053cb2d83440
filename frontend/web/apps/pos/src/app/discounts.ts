/** Discounts by hand at this till: who may give how much, and a manager's word for what is more. */

import { computed } from 'vue'
import { cutsIn, quote } from '../data/basket.ts'
import type { Basket } from '../data/basket.ts'
import { above, amountsBefore, covers, uncut } from '../data/cuts.ts'
import type { Cut, Cuts, Word } from '../data/cuts.ts'
import type { DiscountedIn } from '@core/api/pos.d.ts'
import { api } from './api.ts'
import { counter } from './counter.ts'
import { goods, may, now, till } from './till.ts'

/** What this person may take off a line alone, in basis points; `null`: everything. */
export const limitBp = computed(() => (may('pos.discount') ? null : till.rules?.discount_limit_bp ?? 0))

/** Return the lines of a basket that nobody has allowed yet. */
export function notAllowed(basket: Basket): DiscountedIn[] {
  if (till.rules === null || limitBp.value === null) return []
  const cuts = cutsIn(basket, goods.value, till.rules, now())
  if (cuts.size === 0) return []
  const found = above(quote(basket, goods.value, till.rules, now()), cuts, limitBp.value)
  return covers(basket.word, found) ? [] : found
}

/** What lies on the counter and nobody has allowed: it is not sold before a manager has. */
export const open = computed(() => notAllowed(counter.basket))

/** The server does not take a manager's word any more. */
export function forgetWord(): void {
  const { word: _spent, ...rest } = counter.basket
  counter.basket = rest
}

/** Return the basket with a discount on a line, or on all lines that have none (`key` null); `cut` null: without it. */
export function withCut(basket: Basket, key: number | null, cut: Cut | null): Basket {
  if (key === null) {
    const { cut: _before, ...rest } = basket
    return cut === null ? rest : { ...rest, cut }
  }
  return {
    ...basket,
    lines: basket.lines.map(({ cut: before, ...line }) => {
      const kept = line.key === key ? cut : before ?? null
      return kept === null ? line : { ...line, cut: kept }
    }),
  }
}

/** Return what a line costs before anything is taken off by hand, or (`key` null) all that the whole order's is for. */
export function beforeFen(basket: Basket, key: number | null): number {
  if (till.rules === null) return 0
  const before = amountsBefore(quote(uncut(basket), goods.value, till.rules, now()))
  if (key !== null) return before.get(key) ?? 0
  return basket.lines.filter((line) => line.cut == null).reduce((sum, line) => sum + (before.get(line.key) ?? 0), 0)
}

export function cutsOfBasket(basket: Basket): Cuts {
  return till.rules === null ? new Map() : cutsIn(basket, goods.value, till.rules, now())
}

/** Ask the server whether this manager allows these discounts. The PIN is sent, and kept nowhere. Throws its refusal. */
export async function askManager(username: string, pin: string, lines: readonly DiscountedIn[]): Promise<Word> {
  const given = await api('post', '/api/pos/v1/discount-approvals', { body: { username: username.trim(), pin, lines: [...lines] } })
  return { id: given.id, by: given.approved_by, mostBp: given.most_bp, mostFen: given.most_fen }
}
