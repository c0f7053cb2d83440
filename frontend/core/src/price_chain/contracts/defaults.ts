/**
 * A basket may leave out what has a usual value, as it may in Python; here it is filled in, so that the links read
 * plain fields.
 */

import type { Period } from '../../moment.ts'
import type { Basket, BasketLine, FreightFacts, MemberFacts, PriceSet } from './basket.ts'
import type {
  Campaign, CampaignItem, CouponFacts, PointsFacts, Scope, Shares, Step,
} from './rights.ts'

/** The fields of T, of which those in Required must be given. */
type Given<T, Required extends keyof T> = Pick<T, Required> & Partial<T>

type GivenScope = Partial<Scope>
type GivenPeriod = Partial<Period>

/** A campaign whose usual values may be left out. */
export type GivenCampaign = Omit<Given<Campaign, 'id' | 'code' | 'name' | 'name_en'>, 'scope' | 'shares' | 'steps' | 'items' | 'period'> & {
  readonly period: GivenPeriod
  readonly steps?: readonly Given<Step, 'threshold_fen'>[]
  readonly scope?: GivenScope
  readonly shares?: Partial<Shares>
  readonly items?: readonly Given<CampaignItem, 'sku_id'>[]
}

/** A coupon whose usual values may be left out. */
export type GivenCoupon = Omit<Given<CouponFacts, 'id' | 'code' | 'name' | 'name_en' | 'kind'>, 'scope' | 'shares' | 'period'> & {
  readonly scope?: GivenScope
  readonly shares?: Partial<Shares>
  readonly period?: GivenPeriod
}

/** A line whose usual values may be left out. */
export type GivenLine = Omit<
  Given<BasketLine, 'number' | 'sku_id' | 'category_path' | 'supplier_id' | 'quantity' | 'quantity_scale'>, 'prices'
> & { readonly prices: Given<PriceSet, 'sku_id' | 'base_fen'> }

/** A basket whose usual values may be left out. */
export interface GivenBasket {
  readonly channel: string
  readonly store_id: number
  readonly member: Partial<MemberFacts> | null
  readonly lines: readonly GivenLine[]
  readonly freight: Partial<FreightFacts>
  readonly campaigns: readonly GivenCampaign[]
  readonly at: string
  readonly store_path?: readonly number[]
  readonly coupons?: readonly GivenCoupon[]
  readonly points?: Given<PointsFacts, 'wanted' | 'balance' | 'points_per_yuan' | 'cap_bp'> | null
  readonly gifts?: Readonly<Record<string, GivenLine>>
}

const SHARES: Shares = { brand_bp: 10_000, store_bp: 0, supplier_bp: 0 }
const ALWAYS: Period = { start: null, end: null }
const SCOPE: Scope = {
  unit_ids: [], channels: [], category_ids: [], sku_ids: [], excluded_sku_ids: [], members_only: false, tiers: [],
}
const STEP = { off_fen: 0, gift_sku_id: null, gift_quantity: 0 }
const ITEM = { quantity: 1, price_fen: 0 }
const MEMBER: MemberFacts = { tier: '', discount_bp: 0, is_new: false, level: 'identified' }
const FREIGHT: FreightFacts = { delivery: 'carry_out', base_fen: 0, free_from_fen: null }
const POINTS = { least: 0, step: 1 }
const PRICES = { member_fen: null, timed_fen: null, base_book: null, member_book: null, timed_book: null }
const LINE = { manual_discount_fen: 0, offer: null }
const CAMPAIGN = {
  repeats: false, priority: 0, is_active: true, kind: 'threshold', stacks: false, count: 0, off_bp: 0,
  price_fen: null, same_sku: false,
} as const
const COUPON = {
  amount_fen: 0, percent_off_bp: 0, cap_fen: null, threshold_fen: 0, weekdays: [], hours: [], excluded_dates: [],
  tiers: [], stacks_with_campaigns: true, stacks_with_coupons: false, gift_sku_id: null, gift_quantity: 0,
}

/** Return the basket with every field filled in. */
export function complete(given: GivenBasket): Basket {
  const { store_path = [], coupons = [], points = null, gifts = {} } = given
  return {
    ...given,
    member: given.member && { ...MEMBER, ...given.member },
    lines: given.lines.map(completeLine),
    freight: { ...FREIGHT, ...given.freight },
    campaigns: given.campaigns.map(completeCampaign),
    store_path,
    coupons: coupons.map(completeCoupon),
    points: points && { ...POINTS, ...points },
    gifts: Object.fromEntries(Object.entries(gifts).map(([sku, line]) => [sku, completeLine(line)])),
  }
}

/** Return the coupon with every field filled in. */
export function completeCoupon(given: GivenCoupon): CouponFacts {
  return {
    ...COUPON,
    ...given,
    scope: { ...SCOPE, ...given.scope },
    shares: { ...SHARES, ...given.shares },
    period: { ...ALWAYS, ...given.period },
  }
}

function completeLine(given: GivenLine): BasketLine {
  return { ...LINE, ...given, prices: { ...PRICES, ...given.prices } }
}

function completeCampaign(given: GivenCampaign): Campaign {
  const { steps = [], items = [] } = given
  return {
    ...CAMPAIGN,
    ...given,
    period: { ...ALWAYS, ...given.period },
    steps: steps.map((step) => ({ ...STEP, ...step })),
    scope: { ...SCOPE, ...given.scope },
    shares: { ...SHARES, ...given.shares },
    items: items.map((item) => ({ ...ITEM, ...item })),
  }
}
