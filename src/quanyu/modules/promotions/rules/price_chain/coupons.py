"""Link 6: coupons in the order they were given, those on the freight last: they see the final net of the goods.

No coupon brings the goods of an order below 1 fen: an order of nothing is no order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta, timezone
from typing import Any

from quanyu.kernel.money import format_yuan, line_amount, share_of
from quanyu.modules.promotions.contracts import (
    Basket,
    CouponFacts,
    CouponKind,
    CouponOutcome,
    DiscountKind,
    Reason,
)
from quanyu.modules.promotions.rules.price_chain import freight
from quanyu.modules.promotions.rules.price_chain.draft import Draft, DraftLine, Gift
from quanyu.modules.promotions.rules.price_chain.scope import covers, refusal

# Weekdays and hours of coupons are those of the stores; China has had one time without changes since 1992.
_STORE_TIME = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a coupon would save on which lines."""

    outcome: CouponOutcome
    lines: Sequence[DraftLine] = ()


def apply(draft: Draft) -> None:
    """Redeem the basket's coupons and note the outcome of each."""
    coupons = draft.basket.coupons
    if not coupons:
        return
    outcomes: dict[int, CouponOutcome] = {}
    redeemed: list[CouponFacts] = []
    for index in sorted(range(len(coupons)), key=lambda index: coupons[index].kind is CouponKind.FREIGHT):
        coupon = coupons[index]
        verdict = judge(draft, coupon, redeemed)
        outcomes[index] = verdict.outcome
        if verdict.outcome.reason is None:
            _redeem(draft, coupon, verdict)
            redeemed.append(coupon)
    draft.coupons = [outcomes[index] for index in range(len(coupons))]


def judge(draft: Draft, coupon: CouponFacts, redeemed: Sequence[CouponFacts] = ()) -> Verdict:
    """Return what the coupon saves on the draft as it stands, or why nothing; changes nothing."""
    if coupon.kind is CouponKind.SERVICE:
        return _refused(coupon, Reason.IS_SERVICE)
    reason = standing(coupon, draft.basket)
    if reason is None and any(not (coupon.stacks_with_coupons and other.stacks_with_coupons) for other in redeemed):
        reason = Reason.NOT_STACKABLE
    if reason is not None:
        return _refused(coupon, reason)
    lines = [line for line in draft.lines if covers(coupon.scope, line.line)]
    if not lines:
        return _refused(coupon, Reason.NO_MATCHING_GOODS)
    if not coupon.stacks_with_campaigns:
        lines = [line for line in lines if not line.in_campaign]
        if not lines:
            return _refused(coupon, Reason.NOT_STACKABLE)
    net_fen = sum(line.net_fen for line in lines)
    if net_fen < coupon.threshold_fen:
        missing_fen = coupon.threshold_fen - net_fen
        return _refused(
            coupon,
            Reason.AMOUNT_MISSING,
            missing_fen=missing_fen,
            missing_yuan=format_yuan(missing_fen),
            threshold_fen=coupon.threshold_fen,
        )
    amount_fen, reason = _worth(draft, coupon, net_fen)
    return _refused(coupon, reason) if reason else Verdict(CouponOutcome(coupon.id, amount_fen), lines)


def standing(coupon: CouponFacts, basket: Basket) -> Reason | None:
    """Return why the coupon does not hold at this time and place, for this member; or ``None``."""
    return _not_now(coupon, basket) or refusal(coupon.scope, basket, coupon.tiers)


def _worth(draft: Draft, coupon: CouponFacts, net_fen: int) -> tuple[int, Reason | None]:
    """Return what the coupon takes off lines of so much net, or gives, or saves of the freight."""
    if coupon.kind is CouponKind.FREIGHT:
        amount_fen = freight.charged(draft)
        return amount_fen, None if amount_fen else Reason.NO_FREIGHT
    if coupon.kind is CouponKind.GIFT:
        sku_id = coupon.gift_sku_id
        if sku_id is None or draft.gift_left(sku_id) < coupon.gift_quantity:
            return 0, Reason.GIFT_GONE
        facts = draft.basket.gifts[sku_id]
        return line_amount(
            unit_price_fen=facts.prices.base_fen, quantity=coupon.gift_quantity, quantity_scale=facts.quantity_scale
        ), None
    if coupon.kind is CouponKind.PERCENT:
        amount_fen = share_of(amount_fen=net_fen, basis_points=coupon.percent_off_bp)
        if coupon.cap_fen is not None:
            amount_fen = min(amount_fen, coupon.cap_fen)
    else:
        amount_fen = coupon.amount_fen
    left_fen = sum(line.net_fen for line in draft.lines) - 1
    amount_fen = min(amount_fen, net_fen, left_fen)
    return (amount_fen, None) if amount_fen > 0 else (0, Reason.WOULD_BE_FREE)


def _redeem(draft: Draft, coupon: CouponFacts, verdict: Verdict) -> None:
    source = f"coupon:{coupon.id}"
    if coupon.kind is CouponKind.FREIGHT:
        draft.freight_saver = (source, coupon.name)
    elif coupon.kind is CouponKind.GIFT and coupon.gift_sku_id is not None:
        draft.gifts.append(
            Gift(coupon.gift_sku_id, coupon.gift_quantity, source, coupon.name, coupon.shares, coupon.threshold_fen)
        )
    else:
        draft.take(
            verdict.lines,
            verdict.outcome.amount_fen,
            kind=DiscountKind.COUPON,
            source=source,
            label=coupon.name,
            shares=coupon.shares,
            threshold_fen=coupon.threshold_fen,
        )


def _not_now(coupon: CouponFacts, basket: Basket) -> Reason | None:
    if basket.at not in coupon.period:
        return Reason.NOT_IN_PERIOD
    if not (coupon.excluded_dates or coupon.weekdays or coupon.hours):
        return None
    local = basket.at.astimezone(_STORE_TIME)
    if local.date() in coupon.excluded_dates:
        return Reason.NOT_ON_THIS_DATE
    if coupon.weekdays and local.weekday() not in coupon.weekdays:
        return Reason.NOT_ON_THIS_WEEKDAY
    minute = local.hour * 60 + local.minute
    if coupon.hours and not any(start <= minute < end for start, end in coupon.hours):
        return Reason.NOT_AT_THIS_HOUR
    return None


def _refused(coupon: CouponFacts, reason: Reason, **params: Any) -> Verdict:
    return Verdict(CouponOutcome(coupon.id, 0, reason, params))
