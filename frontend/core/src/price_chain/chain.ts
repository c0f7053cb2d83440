/**
 * From a basket to a quote: the links in their order, each seeing what the ones before it left. The same as
 * src/quanyu/modules/promotions/rules/price_chain/chain.py, see docs/algorithms/price-chain.md.
 *
 * Pure: prices, campaigns, coupons, points, the member and the moment come in with the basket.
 */

import { sum } from '../integer.ts'
import { basePrice } from './base_price.ts'
import { campaigns } from './campaigns.ts'
import { complete, completeCoupon } from './contracts/defaults.ts'
import type { CouponOutcome, GivenBasket, GivenCoupon, Quote, QuoteLine } from './contracts/index.ts'
import { coupons, judge } from './coupons.ts'
import { Draft } from './draft.ts'
import type { DraftLine } from './draft.ts'
import { freight } from './freight.ts'
import { gifts } from './gifts.ts'
import { manualDiscount } from './manual_discount.ts'
import { memberOrTimed } from './member_or_timed.ts'
import { points } from './points.ts'
import { pointsMall } from './points_mall.ts'

type Link = (draft: Draft) => void

// The order is the rule. A coupon is judged on what stands after the links before it.
const BEFORE_COUPONS: readonly Link[] = [basePrice, pointsMall, memberOrTimed, manualDiscount, campaigns]
// Freight is last: no discount but a coupon's reduces it.
const LINKS: readonly Link[] = [...BEFORE_COUPONS, coupons, points, gifts, freight]

/**
 * Price a basket to the fen. Throws `Problem` with the codes `promotions.basket_invalid` and
 * `promotions.manual_discount_too_large`.
 */
export function price(basket: GivenBasket): Quote {
  return quoteOf(run(basket, LINKS))
}

/** Return what each candidate alone would save on the basket, whatever coupons it has, or why nothing. */
export function judgeCoupons(basket: GivenBasket, candidates: readonly GivenCoupon[]): CouponOutcome[] {
  const draft = run(basket, BEFORE_COUPONS)
  return candidates.map((candidate) => judge(draft, completeCoupon(candidate)).outcome)
}

function run(basket: GivenBasket, links: readonly Link[]): Draft {
  const draft = new Draft(complete(basket))
  for (const link of links) link(draft)
  return draft
}

function quoteOf(draft: Draft): Quote {
  const total = (of: (line: DraftLine) => number) => sum(draft.lines.map(of))
  const goods_fen = total((line) => line.listFen)
  const net_fen = draft.net()
  const freight_fen = total((line) => line.freightFen)
  const coupon_fen = total((line) => line.couponFen)
  const points_fen = total((line) => line.pointsFen)
  return {
    lines: draft.lines.map(quoteLine),
    goods_fen,
    discount_fen: goods_fen - net_fen - coupon_fen - points_fen,
    freight_fen,
    payable_fen: net_fen + freight_fen,
    applied: draft.applied,
    not_applied: draft.notApplied,
    coupon_fen,
    points_fen,
    points_spent: total((line) => line.pointsSpent),
    points_max: draft.pointsMax,
    coupons: draft.coupons,
  }
}

function quoteLine(line: DraftLine): QuoteLine {
  return {
    number: line.number,
    unit_price_fen: line.line.prices.base_fen,
    list_fen: line.listFen,
    discounts: line.discounts,
    net_fen: line.netFen,
    freight_fen: line.freightFen,
    coupon_fen: line.couponFen,
    points_fen: line.pointsFen,
    points_spent: line.pointsSpent,
    gift_of: line.giftOf,
    sku_id: line.line.sku_id,
    quantity: line.quantity,
  }
}
