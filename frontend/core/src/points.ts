/**
 * Points: what an order earns (one floor over the whole order, split over its lines by largest remainder), when points
 * end, what they pay. The same as src/quanyu/modules/points/rules.py; see docs/algorithms/points.md.
 */

import { apportion } from './apportion.ts'
import { exact, floorOver, sum } from './integer.ts'
import { inShanghai, microseconds, midnightAfter } from './moment.ts'
import { Problem } from './problem.ts'

/** The multiplier that changes nothing, in basis points. */
export const ONCE_BP = 10_000
const YEARS = 2

/** What earns: `points` for each `per_fen` of money. */
export interface EarningRule {
  readonly points: number
  readonly per_fen: number
}

/** A line of an order with the money on it that earns points, in fen. */
export interface EarnLine {
  readonly number: number
  readonly base_fen: number
}

/** The points of an order and of its lines, in their order; the parts add up to the total. */
export interface Earned {
  readonly total: number
  readonly parts: readonly number[]
}

/**
 * Return floor(money x points x multiplier / (per_fen x 10 000)) and each line's part of it. Throws `Problem` with the
 * code `points.invalid` for negative money or a negative multiplier.
 */
export function earned(lines: readonly EarnLine[], rule: EarningRule, multiplierBp = ONCE_BP): Earned {
  const bases = lines.map((line) => line.base_fen)
  if (bases.some((base) => base < 0)) throw new Problem('points.invalid', 'lines')
  if (multiplierBp < 0) throw new Problem('points.invalid', 'multiplier_bp')
  const rate = exact(rule.points * multiplierBp, 'points times the multiplier')
  const total = floorOver(exact(sum(bases), 'the money'), rate, exact(rule.per_fen * ONCE_BP, 'the money of a point'))
  return { total, parts: apportion(total, bases) }
}

/** Return what points pay, in fen, rounded down. */
export function valueFen(points: number, pointsPerYuan: number): number {
  return floorOver(points, 100, pointsPerYuan)
}

/** Return the last day of points earned at a moment: the same day two years later, 28 for 29 February. */
export function lastDay(earnedAt: string): string {
  const [year = '', month = '', day = ''] = inShanghai(microseconds(earnedAt)).date.split('-')
  const lastOfMonth = new Date(Date.UTC(Number(year) + YEARS, Number(month), 0)).getUTCDate()
  return `${Number(year) + YEARS}-${month}-${String(Math.min(Number(day), lastOfMonth)).padStart(2, '0')}`
}

/** Return the moment from which points earned at a moment are gone: midnight in China after their last day. */
export function expiresAt(earnedAt: string): string {
  return midnightAfter(lastDay(earnedAt))
}
