/** Quantities as integers in the SKU's base unit: pieces, or grams of weighed goods. See kernel/quantity.py. */

import { exact } from './integer.ts'
import { halfWidthDigits, strip } from './text.ts'

export const PIECES = 1
export const PER_KILOGRAM = 1000
const DECIMAL = /^([0-9]{1,12})(?:\.([0-9]{1,3}))?$/

/** `base` units at `scale` units per priced unit: 1 for pieces, 1000 for grams of goods priced per kilogram. */
export interface Quantity {
  readonly base: number
  readonly scale: number
}

/** Return `3` for pieces and `0.525` (kilograms) for weighed goods. */
export function formatQuantity({ base, scale }: Quantity): string {
  exact(base, 'a quantity')
  if (scale === PIECES) return String(base)
  checkScale(scale)
  const amount = Math.abs(base)
  const grams = amount % scale
  return `${base < 0 ? '-' : ''}${(amount - grams) / scale}.${String(grams).padStart(3, '0')}`
}

/**
 * Return the quantity written as pieces or kilograms; `null` for a negative number, more than three decimals, or
 * part of a piece.
 */
export function parseQuantity(text: string, scale: number): Quantity | null {
  checkScale(scale)
  const match = DECIMAL.exec(halfWidthDigits(strip(text)))
  if (match === null) return null
  const [, whole, decimals = ''] = match
  const thousandths = Number(whole) * 1000 + Number(decimals.padEnd(3, '0'))
  if (scale === PER_KILOGRAM) return { base: thousandths, scale }
  return thousandths % 1000 === 0 ? { base: thousandths / 1000, scale } : null
}

function checkScale(scale: number): void {
  if (scale !== PIECES && scale !== PER_KILOGRAM) {
    throw new RangeError('a quantity counts pieces (1) or grams per kilogram (1000)')
  }
}
