/**
 * Rounding off (抹零): the fen, or the jiao too, of an amount fall away. It is spread over the lines beside whatever else was
 * taken off by hand; campaigns come after it, so what makes the amount round is looked for.
 */

import { apportionWithin } from '@core/apportion.ts'
import type { Basket } from './basket.ts'
import type { Cuts } from './cuts.ts'

/** To whole jiao, or to whole yuan. */
export const STEPS = [10, 100] as const
export type Step = (typeof STEPS)[number]

/** `fen` in all, so that the amount is a multiple of `step`; it holds for exactly the basket that `of` describes. */
export interface Rounding {
  readonly step: Step
  readonly fen: number
  readonly of: string
}

/** Why it is not rounded: it is round, it is more than may be taken off, or no amount leads there. */
export type NotRounded = 'round' | 'too_much' | 'never'

const TRIES = 8

/** Return what a rounding is for: with other goods, another member or another discount it does not hold any more. */
export function described({ lines, shopper, chosen, cut, way }: Basket): string {
  return JSON.stringify([lines.map(({ key, skuId, quantity, cut: own }) => [key, skuId, quantity, own ?? null]), shopper?.member.id ?? null, chosen ?? null, cut ?? null, way ?? null])
}

export function isRounded(basket: Basket): boolean {
  return basket.rounding !== undefined && basket.rounding.of === described(basket)
}

export function unrounded(basket: Basket): Basket {
  const { rounding: _, ...rest } = basket
  return rest
}

/** Return the discounts by hand with what is rounded off on each line; `before`: what each costs before either. */
export function withRounding(cuts: Cuts, basket: Basket, before: ReadonlyMap<number, number>): Cuts {
  if (!isRounded(basket)) return cuts
  const lines = basket.lines.flatMap(({ key }) => {
    const left = (before.get(key) ?? 0) - (cuts.get(key)?.fen ?? 0)
    return left > 0 ? [{ key, left }] : []
  })
  const amounts = lines.map((line) => line.left)
  const sum = amounts.reduce((all, fen) => all + fen, 0)
  const parts = apportionWithin(Math.min(basket.rounding!.fen, sum), amounts)
  const found = new Map(cuts)
  lines.forEach(({ key }, place) => {
    const roundingFen = parts[place] ?? 0
    if (roundingFen > 0) found.set(key, { fen: 0, reason: 'other', ...cuts.get(key), roundingFen })
  })
  return found
}

/** Return what is rounded off in all, in fen. */
export function roundingOf(cuts: Cuts): number {
  return [...cuts.values()].reduce((sum, one) => sum + (one.roundingFen ?? 0), 0)
}

/**
 * Look for what makes the amount a multiple of `step`, at most `mostFen`. `payableOf` prices a basket; where a percentage
 * follows, more is taken off than falls away, and where an offer would be lost it is not rounded.
 */
export async function roundOff(
  basket: Basket, step: Step, mostFen: number, payableOf: (basket: Basket) => Promise<number> | number,
): Promise<Basket | NotRounded> {
  const plain = unrounded(basket)
  const payable = await payableOf(plain)
  const target = payable - (payable % step)
  if (payable === target || target === 0) return 'round'
  if (payable - target > mostFen) return 'too_much'
  let fen = payable - target
  for (let turn = 0; turn < TRIES && fen > 0 && fen <= mostFen; turn += 1) {
    const rounded = { ...plain, rounding: { step, fen, of: described(plain) } }
    const found = await payableOf(rounded)
    if (found === target) return rounded
    fen += found - target
  }
  return fen > mostFen ? 'too_much' : 'never'
}
