/**
 * Split a total over weights so that the parts add up to the total, to the unit: largest remainder, ties to the
 * earlier part. The same as src/quanyu/kernel/apportion.py; see docs/algorithms/rounding.md.
 */

import { exact, sum, timesOver } from './integer.ts'

/**
 * Return one integer per weight that add up to exactly `total`. A negative total is the mirror image of its absolute
 * value; when all weights are zero the parts are equal as far as they can be.
 * Throws `RangeError` on no weights (unless the total is zero) or on a negative weight.
 */
export function apportion(total: number, weights: readonly number[]): number[] {
  if (weights.length === 0) {
    if (total !== 0) throw new RangeError('nothing to apportion a non-zero total over')
    return []
  }
  exact(total, 'the total')
  for (const weight of weights) {
    if (exact(weight, 'a weight') < 0) throw new RangeError('weights must not be negative')
  }
  if (total < 0) return apportion(-total, weights).map((part) => 0 - part)
  if (weights.every((weight) => weight === 0)) return apportion(total, weights.map(() => 1))
  const whole = exact(sum(weights), 'the sum of the weights')
  const shares = weights.map((weight, index) => {
    const [part, remainder] = timesOver(total, weight, whole)
    return { index, part, remainder }
  })
  const parts = shares.map((share) => share.part)
  const byRemainder = [...shares].sort((a, b) => b.remainder - a.remainder || a.index - b.index)
  for (const { index, part } of byRemainder.slice(0, total - sum(parts))) parts[index] = part + 1
  return parts
}

/**
 * Apportion `total` in proportion to `limits` with no part above its own limit (a discount never takes a line below
 * zero). Throws `RangeError` when the total is larger than the limits together.
 */
export function apportionWithin(total: number, limits: readonly number[]): number[] {
  if (total > sum(limits)) throw new RangeError('the total is larger than the limits together')
  // Largest remainder never exceeds a limit here, see the Python twin.
  return apportion(total, limits)
}
