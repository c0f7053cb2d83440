/** Kinds of discounts, their labels, and why something did not apply; ../../i18n has the texts. See contracts/reasons.py. */

export type DiscountKind =
  | 'points_mall'
  | 'member'
  | 'timed'
  | 'tier'
  | 'manual'
  | 'threshold'
  | 'nth'
  | 'bundle'
  | 'new_customer'
  | 'coupon'
  | 'gift'

// Labels of discounts that have no campaign's name: message ids.
export const POINTS_MALL_LABEL = 'Points mall'
export const MEMBER_LABEL = 'Member price'
export const TIMED_LABEL = 'Timed price'
export const TIER_LABEL = 'Tier discount'
export const MANUAL_LABEL = 'Discount at the till'
export const POINTS_LABEL = 'Points'
export const FREIGHT_LABEL = 'Free delivery'

export const REASONS = [
  'amount_missing',
  'quantity_missing',
  'not_in_period',
  'not_on_this_date',
  'not_on_this_weekday',
  'not_at_this_hour',
  'members_only',
  'new_customers_only',
  'tier_too_low',
  'not_in_store',
  'not_in_channel',
  'no_matching_goods',
  'better_offer',
  'not_stackable',
  'would_be_free',
  'no_freight',
  'gift_gone',
  'is_service',
  'points_short',
  'points_least',
  'points_capped',
] as const

/** Why something does not apply. */
export type Reason = (typeof REASONS)[number]
