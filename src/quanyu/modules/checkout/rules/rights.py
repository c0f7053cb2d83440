"""What speaks against the coupons, points and points-mall lines of a command, once they are priced. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from quanyu.kernel.problem import Problem
from quanyu.modules.checkout.contracts import CouponRefused, PlaceOrder, PointsRefused, WantedLine
from quanyu.modules.members.contracts import Level
from quanyu.modules.points.contracts import Offer
from quanyu.modules.promotions.contracts import Basket, CampaignKind, CouponFacts, CouponOutcome, Quote, Reason

UNKNOWN, JOURNAL, MEMBERS_ONLY, TWICE = "unknown", "journal", "members_only", "used"
POINTS_SHORT, OFFER_GONE, LEVEL_TOO_LOW = "points_short", "offer_gone", "level_too_low"
_POINTS_SOURCE = "points"


def check(command: PlaceOrder) -> None:
    """Refuse rights that no state of the shop could make good. Raises ``CouponRefused`` or ``PointsRefused``."""
    offered = [index for index, line in enumerate(command.lines) if line.points_offer_id is not None]
    if not (command.coupon_ids or command.points or offered):
        return
    # What was sold elsewhere has its price already; a till that was offline takes no coupon and no points.
    reason = None
    if any(line.journal for line in command.lines):
        reason = JOURNAL
    elif command.member_id is None:
        reason = MEMBERS_ONLY
    if reason and command.coupon_ids:
        raise CouponRefused(field="coupon_ids.0", reason=reason)
    if reason:
        raise PointsRefused(field="points" if command.points else f"lines.{offered[0]}.points_offer_id", reason=reason)
    for index, coupon_id in enumerate(command.coupon_ids):
        if coupon_id in command.coupon_ids[:index]:
            raise CouponRefused(field=f"coupon_ids.{index}", coupon_id=str(coupon_id), reason=TWICE)


def offer_refusal(
    line: WantedLine, *, offers: Mapping[int, Offer], path: Sequence[int], level: str, index: int, at: datetime
) -> Problem | None:
    """Return why a points-mall line cannot be had here, now and by this member; limits decide when it is placed."""
    field = f"lines.{index}.points_offer_id"
    offer = offers.get(line.points_offer_id) if line.points_offer_id is not None else None
    if offer is None or not offer.is_active or offer.sku_id != line.sku_id or at not in offer.period:
        return PointsRefused(field=field, reason=OFFER_GONE)
    if offer.unit_ids and not offer.unit_ids & set(path):
        return PointsRefused(field=field, reason=OFFER_GONE)
    if offer.level == Level.VERIFIED and level != Level.VERIFIED:
        return PointsRefused(field=field, reason=LEVEL_TOO_LOW)
    return None


def refusals(command: PlaceOrder, *, basket: Basket, price: Quote) -> list[Problem]:
    """Return what speaks against the chosen coupons and points, in the order of their fields."""
    outcomes = {outcome.id: outcome for outcome in price.coupons}
    problems: list[Problem] = []
    for index, coupon_id in enumerate(command.coupon_ids):
        outcome = outcomes.get(str(coupon_id))
        reason = outcome.reason if outcome else UNKNOWN
        # No order is refused for a gift that ran out: the coupon stays with the member.
        if reason and reason is not Reason.GIFT_GONE:
            params = outcome.params if outcome else {}
            problems.append(
                CouponRefused(
                    field=f"coupon_ids.{index}", **{**params, "coupon_id": str(coupon_id), "reason": str(reason)}
                )
            )
    used = paying_points(price, basket)
    if used != command.points:
        limit = next((one for one in price.not_applied if one.source == _POINTS_SOURCE), None)
        problems.append(
            PointsRefused(
                field="points",
                reason=str(limit.reason) if limit else Reason.POINTS_CAPPED.value,
                wanted=command.points,
                most=price.points_max,
            )
        )
    return problems


def paying_points(price: Quote, basket: Basket) -> int:
    """Return how many points pay goods, without those that points-mall lines cost."""
    return price.points_spent - sum(line.offer.points * line.quantity for line in basket.lines if line.offer)


def used_coupons(basket: Basket, price: Quote) -> list[tuple[CouponFacts, CouponOutcome]]:
    """Return the coupons that do something for the order, with what."""
    pairs = zip(basket.coupons, price.coupons, strict=True)
    return [(coupon, outcome) for coupon, outcome in pairs if outcome.reason is None]


def has_newcomers_price(price: Quote) -> bool:
    """Tell whether a line has a price that is for the first order of a member only."""
    return any(row.kind == CampaignKind.NEW_CUSTOMER for line in price.lines for row in line.discounts)
