/**
 * Check digits and the one form (GTIN-14) under which EAN-8, UPC-A, EAN-13 and ITF-14 meet.
 * The same as src/quanyu/modules/catalog/rules/barcodes.py.
 */

import { sum } from './integer.ts'
import { isDigits } from './text.ts'

const GTIN_LENGTHS: readonly number[] = [8, 12, 13, 14]
// What a Code 128 or EAN print holds and a scanner types: visible ASCII, nothing that ends a line.
const PRINTABLE = /^[!-~]{1,48}$/

/** Return GS1's check digit for the digits before it: weights 3, 1, 3 ... from the right. */
export function checkDigit(body: string): number {
  const weighted = sum(fromTheRight(body).map((digit, place) => digit * (place % 2 === 0 ? 3 : 1)))
  return (10 - (weighted % 10)) % 10
}

/** Tell whether the last digit is the check digit of those before it. */
export function hasValidCheckDigit(code: string): boolean {
  return isDigits(code) && code.length > 1 && Number(code.slice(-1)) === checkDigit(code.slice(0, -1))
}

/** Return the check digit of member and card numbers (ISO/IEC 7812-1, annex B). */
export function luhnDigit(body: string): number {
  const doubled = fromTheRight(body).map((digit, place) => digit * (place % 2 === 0 ? 2 : 1))
  return (10 - (sum(doubled.map((value) => (value > 9 ? value - 9 : value))) % 10)) % 10
}

/** Return the code as GTIN-14, or `null` when it is not a GTIN with a valid check digit. */
export function gtin14(code: string): string | null {
  return GTIN_LENGTHS.includes(code.length) && hasValidCheckDigit(code) ? code.padStart(14, '0') : null
}

/** Return what is wrong with a code that is to be printed on goods, or `null`. */
export function faultOf(code: string): 'characters' | 'check_digit' | null {
  if (!PRINTABLE.test(code)) return 'characters'
  if (isDigits(code) && GTIN_LENGTHS.includes(code.length) && gtin14(code) === null) return 'check_digit'
  return null
}

function fromTheRight(digits: string): number[] {
  return [...digits].reverse().map(Number)
}
