"""Where and for whom a right holds, and which lines it covers: one reading for campaigns and coupons."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from quanyu.modules.promotions.contracts import Basket, BasketLine, Reason, Scope


def refusal(scope: Scope, basket: Basket, tiers: AbstractSet[str] = frozenset()) -> Reason | None:
    """Return why nothing in this basket is in the scope, or ``None``. ``tiers`` narrow those of the scope."""
    if scope.channels and basket.channel not in scope.channels:
        return Reason.NOT_IN_CHANNEL
    if scope.unit_ids and basket.store_id not in scope.unit_ids and scope.unit_ids.isdisjoint(basket.store_path):
        return Reason.NOT_IN_STORE
    if basket.member is None:
        return Reason.MEMBERS_ONLY if scope.members_only or scope.tiers or tiers else None
    tier = basket.member.tier
    if (scope.tiers and tier not in scope.tiers) or (tiers and tier not in tiers):
        return Reason.TIER_TOO_LOW
    return None


def covers(scope: Scope, line: BasketLine) -> bool:
    """Tell whether the scope has the line's goods; those of the points mall are in none."""
    if line.offer is not None or line.sku_id in scope.excluded_sku_ids:
        return False
    if not scope.sku_ids and not scope.category_ids:
        return True
    return line.sku_id in scope.sku_ids or not scope.category_ids.isdisjoint(line.category_path)
