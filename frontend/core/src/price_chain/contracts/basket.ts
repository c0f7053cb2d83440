/** What is priced: the basket with all that decides its price. The JSON of promotions/contracts/basket.py. */

import type { Campaign, CouponFacts, PointsFacts, PointsOfferFacts } from './rights.ts'

/** The prices of a SKU at a place, for a tier, at a moment: fen per priced unit, tax included. */
export interface PriceSet {
  readonly sku_id: number
  readonly base_fen: number
  readonly member_fen: number | null
  readonly timed_fen: number | null
  readonly base_book: number | null
  readonly member_book: number | null
  readonly timed_book: number | null
}

/** What pricing needs to know of a member. `discount_bp`: what the tier takes off the base price. */
export interface MemberFacts {
  readonly tier: string
  readonly discount_bp: number
  readonly is_new: boolean
  readonly level: string
}

/**
 * A line to price. `category_path` has the category ids from the root; `number` is unique. With an `offer` it is bought
 * in the points mall: no other discount, coupon or points on it.
 */
export interface BasketLine {
  readonly number: number
  readonly sku_id: number
  readonly category_path: readonly number[]
  readonly supplier_id: number | null
  readonly quantity: number
  readonly quantity_scale: number
  readonly prices: PriceSet
  readonly manual_discount_fen: number
  readonly offer: PointsOfferFacts | null
}

/** Freight of this order: `base_fen` unless the goods' net reaches `free_from_fen` (`null`: never free). */
export interface FreightFacts {
  readonly delivery: string
  readonly base_fen: number
  readonly free_from_fen: number | null
}

/**
 * All that decides a price, with the moment it is decided at (ISO 8601 with an offset). `store_path`: unit ids, root
 * first. `gifts`: by SKU, what campaigns and coupons may give; a SKU that is missing is out of stock.
 */
export interface Basket {
  readonly channel: string
  readonly store_id: number
  readonly member: MemberFacts | null
  readonly lines: readonly BasketLine[]
  readonly freight: FreightFacts
  readonly campaigns: readonly Campaign[]
  readonly at: string
  readonly store_path: readonly number[]
  readonly coupons: readonly CouponFacts[]
  readonly points: PointsFacts | null
  readonly gifts: Readonly<Record<string, BasketLine>>
}
