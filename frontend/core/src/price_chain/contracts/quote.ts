/** The basket priced: every discount with who bears it, and what did not apply. See promotions/contracts/quote.py. */

import type { DiscountKind, Reason } from './reasons.ts'

export type Params = Readonly<Record<string, number | string | null>>

/** One discount on one line and who bears it; the three parts add up to `amount_fen`. */
export interface Discount {
  readonly kind: DiscountKind
  readonly source: string
  readonly label: string
  readonly amount_fen: number
  readonly brand_fen: number
  readonly store_fen: number
  readonly supplier_fen: number
  readonly threshold_fen: number
}

/** A priced line: net = list - discounts - coupon - points, never negative; `freight_fen` is on top of net. */
export interface QuoteLine {
  readonly number: number
  readonly unit_price_fen: number
  readonly list_fen: number
  readonly discounts: readonly Discount[]
  readonly net_fen: number
  readonly freight_fen: number
  readonly coupon_fen: number
  readonly points_fen: number
  readonly points_spent: number
  readonly gift_of: string
  readonly sku_id: number
  readonly quantity: number
}

/** What was taken off or paid with points, over which lines; none for what a coupon took off the freight. */
export interface Applied {
  readonly kind: DiscountKind | 'points'
  readonly source: string
  readonly label: string
  readonly amount_fen: number
  readonly line_numbers: readonly number[]
}

/** What could have applied and did not, and why. */
export interface NotApplied {
  readonly source: string
  readonly label: string
  readonly reason: Reason
  readonly params: Params
}

/** What a coupon saves (goods, the gift's price, the freight), or why nothing and what is missing. */
export interface CouponOutcome {
  readonly id: string
  readonly amount_fen: number
  readonly reason: Reason | null
  readonly params: Params
}

/** The basket priced: payable = goods - discount - coupon - points + freight, all sums of the lines. */
export interface Quote {
  readonly lines: readonly QuoteLine[]
  readonly goods_fen: number
  readonly discount_fen: number
  readonly freight_fen: number
  readonly payable_fen: number
  readonly applied: readonly Applied[]
  readonly not_applied: readonly NotApplied[]
  readonly coupon_fen: number
  readonly points_fen: number
  readonly points_spent: number
  readonly points_max: number
  readonly coupons: readonly CouponOutcome[]
}
