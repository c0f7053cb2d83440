/** A member's coupons and points for what lies on the counter: what was chosen, and what of it still holds. */

import type { LineIn, QuoteIn, QuoteOut } from '@core/api/pos.d.ts'
import type { Basket } from './basket.ts'
import type { Cuts } from './cuts.ts'
import { creditsIn, servedOf } from './served.ts'
import { wayIn } from './ways.ts'

/** Coupons in the order they apply, and points that pay. */
export interface Chosen {
  readonly couponIds: readonly string[]
  readonly points: number
}

export const NONE: Chosen = { couponIds: [], points: 0 }

export function isChosen(chosen: Chosen | null | undefined): boolean {
  return chosen != null && (chosen.couponIds.length > 0 || chosen.points > 0)
}

/** Return the lines as the server takes them, in the order of the counter: its quote numbers them from 1. */
export function linesIn(basket: Basket, cuts: Cuts): LineIn[] {
  return basket.lines.map((line) => {
    const cut = cuts.get(line.key)
    return { sku_id: line.skuId, quantity: line.quantity, discount_fen: cut?.fen ?? 0, discount_reason: cut?.reason ?? 'other', rounding_fen: cut?.roundingFen ?? 0, ...creditsIn(servedOf(basket, line)) }
  })
}

export function quoteIn(basket: Basket, chosen: Chosen, cuts: Cuts): QuoteIn {
  return {
    lines: linesIn(basket, cuts), member_id: basket.shopper?.member.id ?? null, coupon_ids: [...chosen.couponIds], points: chosen.points,
    way: wayIn(basket.way),
  }
}

/** Return the one text of what a quote was asked for: another basket needs another quote. */
export function quoteKey(basket: Basket, chosen: Chosen, cuts: Cuts): string {
  return JSON.stringify(quoteIn(basket, chosen, cuts))
}

/** Return what the quote leaves of the choice: coupons that apply, and no more points than can pay. */
export function holding(chosen: Chosen, quote: QuoteOut): Chosen {
  const applies = new Set(quote.coupons.filter((one) => one.chosen && one.usable).map((one) => one.id))
  const couponIds = chosen.couponIds.filter((id) => applies.has(id))
  const points = Math.min(chosen.points, quote.points.most)
  return couponIds.length === chosen.couponIds.length && points === chosen.points ? chosen : { couponIds, points }
}

export function toggled(chosen: Chosen, couponId: string): Chosen {
  const couponIds = chosen.couponIds.includes(couponId)
    ? chosen.couponIds.filter((id) => id !== couponId)
    : [...chosen.couponIds, couponId]
  return { ...chosen, couponIds }
}

/** Tell whether a text has the shape of a coupon's code; goods have at most 14 digits. As pos/rules/scanned.py. */
export function couldBeCoupon(text: string): boolean {
  const typed = text.replace(/[\s-]/g, '')
  return text.startsWith('QC1') || (typed.length === 17 && /^[0-9A-Za-z]+$/.test(typed))
}

/** Tell whether a text has the form of a member's live code. */
export function couldBeMemberCode(text: string): boolean {
  return /^88[0-9]{22}$/.test(text)
}
