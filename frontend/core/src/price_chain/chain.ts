/**
 * From a basket to a quote: the links in their order, each seeing what the ones before it left. The same as
 * src/quanyu/modules/promotions/rules/price_chain/chain.py, see docs/algorithms/price-chain.md.
 *
 * Pure: prices, campaigns, the member and the moment come in with the basket.
 */

import { sum } from '../integer.ts'
import { basePrice } from './base_price.ts'
import { complete } from './contracts/defaults.ts'
import type { GivenBasket, Quote } from './contracts/index.ts'
import { Draft } from './draft.ts'
import { freight } from './freight.ts'
import { manualDiscount } from './manual_discount.ts'
import { memberOrTimed } from './member_or_timed.ts'
import { threshold } from './threshold.ts'

// The order is the rule.
const LINKS: readonly ((draft: Draft) => void)[] = [basePrice, memberOrTimed, manualDiscount, threshold, freight]

/**
 * Price a basket to the fen. Throws `Problem` with the codes `promotions.basket_invalid` and
 * `promotions.manual_discount_too_large`.
 */
export function price(basket: GivenBasket): Quote {
  const draft = new Draft(complete(basket))
  for (const link of LINKS) link(draft)
  const lines = draft.lines.map((line) => ({
    number: line.number,
    unit_price_fen: line.line.prices.base_fen,
    list_fen: line.list_fen,
    discounts: line.discounts,
    net_fen: line.net_fen,
    freight_fen: line.freight_fen,
    coupon_fen: 0,
    points_fen: 0,
    points_spent: 0,
    gift_of: '',
    sku_id: 0,
    quantity: 0,
  }))
  const goods_fen = sum(lines.map((line) => line.list_fen))
  const net_fen = sum(lines.map((line) => line.net_fen))
  const freight_fen = sum(lines.map((line) => line.freight_fen))
  return {
    lines,
    goods_fen,
    discount_fen: goods_fen - net_fen,
    freight_fen,
    payable_fen: net_fen + freight_fen,
    applied: draft.applied,
    not_applied: draft.notApplied,
    coupon_fen: 0,
    points_fen: 0,
    points_spent: 0,
    points_max: 0,
    coupons: [],
  }
}
