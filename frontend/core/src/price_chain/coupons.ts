/**
 * Link 6: coupons in the order they were given, those on the freight last: they see the final net of the goods. No
 * coupon brings the goods of an order below 1 fen: an order of nothing is no order. See coupons.py.
 */

import { formatYuan, lineAmount, shareOf } from '../money.ts'
import { inShanghai, isWithin } from '../moment.ts'
import type { CouponFacts, CouponOutcome, Params, Reason } from './contracts/index.ts'
import type { Draft, DraftLine } from './draft.ts'
import { charged } from './freight.ts'
import { covers, refusal } from './scope.ts'

/** What a coupon would save on which lines. */
export interface Verdict {
  readonly outcome: CouponOutcome
  readonly lines: readonly DraftLine[]
}

/** Redeem the basket's coupons and note the outcome of each. */
export function coupons(draft: Draft): void {
  const given = draft.basket.coupons
  const outcomes = new Map<CouponFacts, CouponOutcome>()
  const redeemed: CouponFacts[] = []
  const onFreight = given.filter((coupon) => coupon.kind === 'freight')
  for (const coupon of [...given.filter((each) => each.kind !== 'freight'), ...onFreight]) {
    const verdict = judge(draft, coupon, redeemed)
    outcomes.set(coupon, verdict.outcome)
    if (verdict.outcome.reason !== null) continue
    redeem(draft, coupon, verdict)
    redeemed.push(coupon)
  }
  draft.coupons = given.flatMap((coupon) => outcomes.get(coupon) ?? [])
}

/** Return what the coupon saves on the draft as it stands, or why nothing; changes nothing. */
export function judge(draft: Draft, coupon: CouponFacts, redeemed: readonly CouponFacts[] = []): Verdict {
  if (coupon.kind === 'service') return refused(coupon, 'is_service')
  let reason = notNow(coupon, draft) ?? refusal(coupon.scope, draft.basket, coupon.tiers)
  if (reason === null && redeemed.some((other) => !(coupon.stacks_with_coupons && other.stacks_with_coupons))) {
    reason = 'not_stackable'
  }
  if (reason !== null) return refused(coupon, reason)
  const covered = draft.lines.filter((line) => covers(coupon.scope, line.line))
  if (covered.length === 0) return refused(coupon, 'no_matching_goods')
  const lines = coupon.stacks_with_campaigns ? covered : covered.filter((line) => !line.isInCampaign)
  if (lines.length === 0) return refused(coupon, 'not_stackable')
  const netFen = draft.net(lines)
  if (netFen < coupon.threshold_fen) {
    const missingFen = coupon.threshold_fen - netFen
    return refused(coupon, 'amount_missing', {
      missing_fen: missingFen,
      missing_yuan: formatYuan(missingFen),
      threshold_fen: coupon.threshold_fen,
    })
  }
  const worth = worthOf(draft, coupon, netFen)
  if (typeof worth === 'string') return refused(coupon, worth)
  return { outcome: { id: coupon.id, amount_fen: worth, reason: null, params: {} }, lines }
}

/** Return what the coupon takes off lines of so much net, or gives, or saves of the freight; or why nothing. */
function worthOf(draft: Draft, coupon: CouponFacts, netFen: number): number | Reason {
  if (coupon.kind === 'freight') return charged(draft) || 'no_freight'
  if (coupon.kind === 'gift') {
    const { gift_sku_id, gift_quantity } = coupon
    if (gift_sku_id === null || draft.giftLeft(gift_sku_id) < gift_quantity) return 'gift_gone'
    const facts = draft.giftFacts(gift_sku_id)
    return facts === null ? 'gift_gone' : lineAmount(facts.prices.base_fen, gift_quantity, facts.quantity_scale)
  }
  const wantedFen =
    coupon.kind === 'percent'
      ? Math.min(shareOf(netFen, coupon.percent_off_bp), coupon.cap_fen ?? Infinity)
      : coupon.amount_fen
  const amountFen = Math.min(wantedFen, netFen, draft.net() - 1)
  return amountFen > 0 ? amountFen : 'would_be_free'
}

function redeem(draft: Draft, coupon: CouponFacts, { outcome, lines }: Verdict): void {
  const { name: label, shares, threshold_fen: thresholdFen } = coupon
  const source = `coupon:${coupon.id}`
  if (coupon.kind === 'freight') {
    draft.freightSaver = { source, label }
  } else if (coupon.kind === 'gift' && coupon.gift_sku_id !== null) {
    const { gift_sku_id: skuId, gift_quantity: quantity } = coupon
    draft.gifts.push({ skuId, quantity, source, label, shares, thresholdFen })
  } else {
    draft.take(lines, outcome.amount_fen, { kind: 'coupon', source, label, shares, thresholdFen })
  }
}

function notNow(coupon: CouponFacts, draft: Draft): Reason | null {
  if (!isWithin(coupon.period, draft.moment)) return 'not_in_period'
  const { weekday, minute, date } = inShanghai(draft.moment)
  if (coupon.excluded_dates.includes(date)) return 'not_on_this_date'
  if (coupon.weekdays.length > 0 && !coupon.weekdays.includes(weekday)) return 'not_on_this_weekday'
  const isOpen = coupon.hours.some(([start, end]) => start <= minute && minute < end)
  return coupon.hours.length > 0 && !isOpen ? 'not_at_this_hour' : null
}

function refused(coupon: CouponFacts, reason: Reason, params: Params = {}): Verdict {
  return { outcome: { id: coupon.id, amount_fen: 0, reason, params }, lines: [] }
}
