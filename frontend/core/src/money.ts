/**
 * Money as integer fen, and the one rounding of a computed amount: half up, away from zero.
 * The same as src/quanyu/kernel/money.py; see docs/algorithms/rounding.md.
 */

import { exact } from './integer.ts'
import { halfWidthDigits, strip } from './text.ts'

export const BASIS_POINTS = 10_000
const YUAN = /^(-?)([0-9]{1,15})(?:\.([0-9]{1,2}))?$/

/** Return `numerator / denominator` rounded half away from zero. Throws `RangeError` on a denominator of zero. */
export function divideHalfUp(numerator: number, denominator: number): number {
  return productHalfUp(numerator, 1, denominator)
}

/** Return `left * right / divisor` rounded half away from zero, whatever the size of the product. */
export function productHalfUp(left: number, right: number, divisor: number): number {
  exact(left, 'a factor')
  exact(right, 'a factor')
  if (exact(divisor, 'the divisor') === 0) throw new RangeError('a division by zero')
  const isNegative = (left < 0 !== right < 0) !== divisor < 0
  const rounded = roundedHalfUp(Math.abs(left), Math.abs(right), Math.abs(divisor))
  return isNegative ? 0 - rounded : rounded // 0 - 0 is 0, where -0 would be minus zero
}

/** Return the amount of a line in fen; `quantity` in pieces (scale 1) or grams of goods per kilogram (scale 1000). */
export function lineAmount(unitPriceFen: number, quantity: number, quantityScale: number): number {
  return productHalfUp(unitPriceFen, quantity, quantityScale)
}

/** Return `basisPoints` / 10 000 of an amount, half up, in fen. */
export function shareOf(amountFen: number, basisPoints: number): number {
  return productHalfUp(amountFen, basisPoints, BASIS_POINTS)
}

/** Return the fen of a yuan text such as `12.5`, or `null` when it is not an amount with at most two decimals. */
export function parseYuan(text: string): number | null {
  const match = YUAN.exec(halfWidthDigits(strip(text)))
  if (match === null) return null
  const [, sign, yuan, cents = ''] = match
  const fen = Number(yuan) * 100 + Number(cents.padEnd(2, '0'))
  // More fen than a `number` holds exactly: no amount of this world, and never a wrong one.
  if (!Number.isSafeInteger(fen)) return null
  return sign === '-' ? 0 - fen : fen
}

/** Return `-12.05` for -1205: two decimals, no currency sign, no grouping. */
export function formatYuan(fen: number): string {
  const amount = Math.abs(exact(fen, 'fen'))
  const cents = amount % 100
  return `${fen < 0 ? '-' : ''}${(amount - cents) / 100}.${String(cents).padStart(2, '0')}`
}

function roundedHalfUp(left: number, right: number, divisor: number): number {
  const product = left * right
  if (product <= Number.MAX_SAFE_INTEGER) {
    const remainder = product % divisor
    const floor = (product - remainder) / divisor
    return remainder >= divisor - remainder ? floor + 1 : floor
  }
  const whole = BigInt(left) * BigInt(right)
  const by = BigInt(divisor)
  const two = BigInt(2)
  return exact(Number((two * whole + by) / (two * by)), 'the amount')
}
