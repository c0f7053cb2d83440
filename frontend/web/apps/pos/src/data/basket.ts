/** What lies on the counter, and what it costs: computed here by the server's own price chain. */

import type { BenefitsOut, CouponOut, KeptItemOut, MemberOut, RulesOut, TierOut } from '@core/api/pos.d.ts'
import { price } from '@core/price_chain/chain.ts'
import type { GivenBasket, GivenCampaign, GivenLine, Quote } from '@core/price_chain/contracts/index.ts'
import { isWithin, microseconds } from '@core/moment.ts'
import { amountsBefore, cutsOf, hasCuts, NO_CUTS, offBy, uncut } from './cuts.ts'
import type { Cut, Cuts, Word } from './cuts.ts'
import type { Goods } from './goods.ts'
import type { Advising } from './advice.ts'
import type { Chosen } from './rights.ts'
import { isRounded, withRounding } from './rounding.ts'
import type { Rounding } from './rounding.ts'
import type { Credit } from './served.ts'
import type { Way } from './ways.ts'

export interface BasketLine {
  readonly key: number
  readonly skuId: number
  readonly quantity: number
  readonly cut?: Cut
  /** Who served for it, when it was not whoever served for the sale. */
  readonly served?: readonly Credit[]
}

/** A member at the counter: masked, with what decides the price. */
export interface Shopper {
  readonly member: MemberOut
  readonly tier: TierOut
  readonly benefits: BenefitsOut
  readonly points: number
  readonly isNew: boolean
  readonly coupons?: readonly CouponOut[]
  readonly isCodeScanned?: boolean
}

export interface Basket {
  readonly lines: readonly BasketLine[]
  readonly shopper: Shopper | null
  readonly chosen?: Chosen
  readonly advice?: Advising
  /** A discount by hand on all lines that have none of their own. */
  readonly cut?: Cut
  /** What makes the amount round, for exactly this basket. */
  readonly rounding?: Rounding
  /** Who served; none: whoever sells. */
  readonly served?: readonly Credit[]
  /** The purchase is wrapped as a present. */
  readonly isWrapped?: true
  /** A manager's word for what is above the cashier's limit. */
  readonly word?: Word
  /** Goods of the full range that this till does not keep. */
  readonly extra?: readonly KeptItemOut[]
  /** How the goods reach the customer; none: they are carried out. */
  readonly way?: Way
}

/** Tell whether two baskets are the same sale; what was advised meanwhile makes no difference. */
export function isSameSale(one: Basket, other: Basket): boolean {
  const [text, otherText] = [one, other].map(({ advice: _, ...sale }) => JSON.stringify(sale))
  return text === otherText
}

export const EMPTY: Basket = { lines: [], shopper: null }
export const QUANTITY_MAX = 999_999
export const LINES_MAX = 200

/** Return the basket with so much more of a SKU: pieces join a line of the same goods, weighed goods stay apart. */
export function add(basket: Basket, item: KeptItemOut, quantity: number): Basket {
  const known = item.quantity_scale === 1 ? basket.lines.find((line) => line.skuId === item.sku_id) : undefined
  if (known !== undefined) return change(basket, known.key, known.quantity + quantity)
  if (basket.lines.length >= LINES_MAX) return basket
  const key = basket.lines.reduce((most, line) => Math.max(most, line.key), 0) + 1
  return { ...basket, lines: [...basket.lines, { key, skuId: item.sku_id, quantity }] }
}

/** Return the basket with another quantity on a line; nothing of it takes the line away. */
export function change(basket: Basket, key: number, quantity: number): Basket {
  const wanted = Math.min(quantity, QUANTITY_MAX)
  const lines = wanted <= 0
    ? basket.lines.filter((line) => line.key !== key)
    : basket.lines.map((line) => (line.key === key ? { ...line, quantity: wanted } : line))
  return { ...basket, lines }
}

/** Return what is taken off by hand, by line. */
export function cutsIn(basket: Basket, goods: Goods, rules: RulesOut, at: Date): Cuts {
  if (!hasCuts(basket) && !isRounded(basket)) return NO_CUTS
  const plain = quote(uncut(basket), goods, rules, at)
  return withRounding(cutsOf(basket, plain, (skuId) => goods.sku(skuId)?.quantity_scale ?? 1), basket, amountsBefore(plain))
}

/** Return what the basket costs at a moment. Lines whose goods are not sold here any more are left out. */
export function quote(basket: Basket, goods: Goods, rules: RulesOut, at: Date): Quote {
  const cuts = cutsIn(basket, goods, rules, at)
  const now = at.toISOString()
  const moment = microseconds(now)
  const campaigns = (rules.campaigns as unknown as GivenCampaign[]).filter((one) =>
    isWithin({ start: one.period.start ?? null, end: one.period.end ?? null }, moment))
  const tier = basket.shopper?.tier.code ?? null
  const sold = basket.lines.filter((line) => goods.sku(line.skuId) !== undefined)
  const given: GivenBasket = {
    channel: 'pos',
    store_id: rules.store.id,
    store_path: rules.store_path,
    member: basket.shopper && {
      tier: basket.shopper.tier.code,
      discount_bp: basket.shopper.benefits.discount_bp,
      is_new: basket.shopper.isNew,
      level: basket.shopper.member.level,
    },
    lines: sold.map((line) => ({
      ...toPrice(goods.sku(line.skuId)!, line.key, line.quantity, tier), manual_discount_fen: offBy(cuts.get(line.key)),
    })),
    freight: { delivery: 'carry_out' },
    campaigns,
    at: now,
    gifts: gifts(campaigns, basket, goods, tier),
  }
  return price(given)
}

function toPrice(item: KeptItemOut, number: number, quantity: number, tier: string | null): GivenLine {
  return {
    number,
    sku_id: item.sku_id,
    category_path: item.category_path,
    supplier_id: null,
    quantity,
    quantity_scale: item.quantity_scale,
    prices: {
      sku_id: item.sku_id,
      base_fen: item.price_fen,
      member_fen: memberPrice(item, tier),
      timed_fen: item.timed_price_fen,
    },
  }
}

/** Return the member price of a tier (`null`: not a member); tiers without one of their own have that of all members. */
export function memberPrice(item: KeptItemOut, tier: string | null): number | null {
  if (tier === null) return null
  const own = item.tier_prices.find((one) => one.tier === tier) ?? item.tier_prices.find((one) => one.tier === '')
  return own?.member_fen ?? null
}

function gifts(campaigns: readonly GivenCampaign[], basket: Basket, goods: Goods, tier: string | null): Record<string, GivenLine> {
  const found: Record<string, GivenLine> = {}
  for (const step of campaigns.flatMap((one) => one.steps ?? [])) {
    const item = step.gift_sku_id == null ? undefined : goods.sku(step.gift_sku_id)
    if (item === undefined) continue
    const wanted = basket.lines.filter((line) => line.skuId === item.sku_id).reduce((sum, line) => sum + line.quantity, 0)
    if (item.available > wanted) found[String(item.sku_id)] = toPrice(item, 0, item.available - wanted, tier)
  }
  return found
}
