/**
 * What a scanned or typed text may mean at the till, in the order in which to try it.
 * The same as src/quanyu/modules/catalog/rules/scan_router.py.
 *
 * The order settles the collisions: a payment code is looked for on the payment screen only (an 18-digit scale label
 * with flag 25-29 has the shape of Alipay's code and is a valid SSCC as well), members' codes come before goods, scale
 * labels before barcodes, and what nothing else takes is a search.
 */

import { faultOf, gtin14, luhnDigit } from './barcodes.ts'
import { readElement } from './gs1.ts'
import { readLabel } from './scale_codes.ts'
import type { ScaleMask } from './scale_codes.ts'
import { isDigits, strip } from './text.ts'

export type ReadingKind =
  'pay_code' | 'member_code' | 'member_number' | 'scale' | 'barcode' | 'gtin' | 'plu' | 'search'

/** One way to read a code. `text` is what to look up: a PLU, a GTIN-14, a number, or a wallet's name. */
export interface Reading {
  readonly kind: ReadingKind
  readonly text: string
  readonly amount_fen: number | null
  readonly grams: number | null
}

const MEMBER_NUMBER_LENGTH = 16
const PAY_CODES: readonly (readonly [string, RegExp])[] = [
  ['wechatpay', /^1[0-5][0-9]{16}$/],
  ['alipay', /^(?:2[5-9]|30)[0-9]{14,22}$/],
  ['alipay', /^fp[0-9a-z]{33}$/],
  ['unionpay', /^62[0-9]{17}$/],
  ['ecny', /^01[0-9]{18}$/],
]
const MEMBER_CODE = /^88[0-9]{22}$/
const PLU = /^[0-9]{4,5}$/

/** Return the readings to try, in order; the first that is known wins. */
export function route(text: string, masks: readonly ScaleMask[], onPaymentScreen = false): Reading[] {
  const code = strip(text)
  if (onPaymentScreen) {
    return PAY_CODES.filter(([, shape]) => shape.test(code)).map(([wallet]) => reading('pay_code', wallet))
  }
  if (MEMBER_CODE.test(code)) return [reading('member_code', code)]
  if (isMemberNumber(code)) return [reading('member_number', code)]
  const readings = [...asScale(code, masks), ...asProduct(code)]
  if (PLU.test(code)) readings.push(reading('plu', code))
  if (code !== '') readings.push(reading('search', code))
  return readings
}

/** Tell whether this is a member or card number: 16 digits, a leading 9, Luhn's check digit. */
export function isMemberNumber(code: string): boolean {
  return (
    code.length === MEMBER_NUMBER_LENGTH &&
    isDigits(code) &&
    code.startsWith('9') &&
    Number(code.slice(-1)) === luhnDigit(code.slice(0, -1))
  )
}

function asScale(code: string, masks: readonly ScaleMask[]): Reading[] {
  const label = readLabel(code, masks)
  return label === null ? [] : [reading('scale', label.plu, label.amount_fen, label.grams)]
}

function asProduct(code: string): Reading[] {
  const readings = faultOf(code) === null ? [reading('barcode', code)] : []
  const gtin = gtin14(code)
  if (gtin !== null) readings.push(reading('gtin', gtin))
  const element = readElement(code)
  if (element !== null) readings.push(reading('gtin', element.gtin14, null, element.grams))
  return readings
}

function reading(
  kind: ReadingKind, text: string, amountFen: number | null = null, grams: number | null = null,
): Reading {
  return { kind, text, amount_fen: amountFen, grams }
}
