/**
 * What may take something off: campaigns, coupons, points; where they hold and who bears them. The JSON of
 * src/quanyu/modules/promotions/contracts/rights.py. Sets are lists whose order does not matter.
 */

import type { Period } from '../../moment.ts'

export type CampaignKind = 'threshold' | 'gift' | 'nth' | 'bundle' | 'new_customer'
export type CouponKind = 'amount' | 'percent' | 'gift' | 'freight' | 'service'

/** From `threshold_fen` on: `off_fen` less, or so much of the gift SKU. */
export interface Step {
  readonly threshold_fen: number
  readonly off_fen: number
  readonly gift_sku_id: number | null
  readonly gift_quantity: number
}

/**
 * A SKU of a bundle (`quantity`: how many a set has) or with a new-customer price: there `price_fen` is per priced unit
 * and `quantity` the most per order, in base units.
 */
export interface CampaignItem {
  readonly sku_id: number
  readonly quantity: number
  readonly price_fen: number
}

/** Who bears a discount, in basis points; the supplier's share of a line without a supplier is the brand's. */
export interface Shares {
  readonly brand_bp: number
  readonly store_bp: number
  readonly supplier_bp: number
}

/** Where, on what and for whom something holds. Empty means "all"; units include those below them. */
export interface Scope {
  readonly unit_ids: readonly number[]
  readonly channels: readonly string[]
  readonly category_ids: readonly number[]
  readonly sku_ids: readonly number[]
  readonly excluded_sku_ids: readonly number[]
  readonly members_only: boolean
  readonly tiers: readonly string[]
}

/** A promotion that holds by itself; which fields count is a matter of `kind`, see rights.py. */
export interface Campaign {
  readonly id: number
  readonly code: string
  readonly name: string
  readonly name_en: string
  readonly period: Period
  readonly steps: readonly Step[]
  readonly scope: Scope
  readonly shares: Shares
  readonly repeats: boolean
  readonly priority: number
  readonly is_active: boolean
  readonly kind: CampaignKind
  readonly stacks: boolean
  readonly count: number
  readonly off_bp: number
  readonly price_fen: number | null
  readonly same_sku: boolean
  readonly items: readonly CampaignItem[]
}

/**
 * A coupon as the chain sees it. `weekdays` (0 = Monday), `hours` ([from, to) in minutes of the day) and
 * `excluded_dates` are of China's clocks; empty is always. `percent_off_bp` 1000 is 10 % off, at most `cap_fen`.
 */
export interface CouponFacts {
  readonly id: string
  readonly code: string
  readonly name: string
  readonly name_en: string
  readonly kind: CouponKind
  readonly amount_fen: number
  readonly percent_off_bp: number
  readonly cap_fen: number | null
  readonly threshold_fen: number
  readonly scope: Scope
  readonly period: Period
  readonly weekdays: readonly number[]
  readonly hours: readonly (readonly [number, number])[]
  readonly excluded_dates: readonly string[]
  readonly tiers: readonly string[]
  readonly shares: Shares
  readonly stacks_with_campaigns: boolean
  readonly stacks_with_coupons: boolean
  readonly gift_sku_id: number | null
  readonly gift_quantity: number
}

/**
 * Points as payment: `wanted` of `balance`; `points_per_yuan` make one yuan. At most `cap_bp` of the goods' net, from
 * `least` on, in multiples of `step`.
 */
export interface PointsFacts {
  readonly wanted: number
  readonly balance: number
  readonly points_per_yuan: number
  readonly cap_bp: number
  readonly least: number
  readonly step: number
}

/** An offer of the points mall: so many points and so much cash for one piece. */
export interface PointsOfferFacts {
  readonly id: number
  readonly points: number
  readonly cash_fen: number
}
