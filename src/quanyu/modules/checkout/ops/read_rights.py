"""What the members of a batch may have: tier benefits, chosen coupons, offers of the points mall.

A fixed number of queries for any number of commands (one more per member who uses coupons), and none for what no
command asks for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from quanyu.modules.checkout.contracts import PlaceOrder
from quanyu.modules.coupons import api as coupons
from quanyu.modules.points import api as points
from quanyu.modules.points.contracts import Offer
from quanyu.modules.promotions.contracts import CouponFacts, MemberFacts, PointsOfferFacts
from quanyu.modules.tiers import api as tiers
from quanyu.modules.tiers.contracts import Benefits


@dataclass(frozen=True, slots=True)
class Rights:
    """The benefits of members, the coupons that were chosen and are good, the offers that hold."""

    benefits: Mapping[UUID, Benefits]
    coupons: Mapping[UUID, CouponFacts]
    offers: Mapping[int, Offer]

    def tier_of(self, member_id: UUID | None) -> str | None:
        """Return the tier of a member; ``None`` for nobody."""
        found = self.benefits.get(member_id) if member_id else None
        return found.tier if found else None

    def level_of(self, member_id: UUID | None) -> str:
        """Return how well a member is identified; empty for nobody."""
        found = self.benefits.get(member_id) if member_id else None
        return found.level if found else ""

    def coupons_of(self, command: PlaceOrder) -> list[CouponFacts]:
        """Return what is known of the command's coupons, in their order."""
        return [self.coupons[coupon_id] for coupon_id in command.coupon_ids if coupon_id in self.coupons]

    def member_facts(self, command: PlaceOrder, *, is_new: bool) -> MemberFacts | None:
        """Return what pricing needs of the command's member."""
        if command.member_id is None:
            return None
        found = self.benefits.get(command.member_id)
        if found is None:
            return MemberFacts(is_new=is_new)
        # What was sold elsewhere has its price: a tier of today takes nothing off it.
        happened = any(line.journal for line in command.lines)
        return MemberFacts(
            tier=found.tier, discount_bp=0 if happened else found.discount_bp, is_new=is_new, level=found.level
        )

    def offer_facts(self, offer_id: int | None) -> PointsOfferFacts | None:
        """Return what pricing needs of a points-mall offer."""
        offer = self.offers.get(offer_id) if offer_id is not None else None
        return PointsOfferFacts(id=offer.id, points=offer.points, cash_fen=offer.cash_fen) if offer else None


def read(commands: Sequence[PlaceOrder], *, at: datetime) -> Rights:
    """Read the rights that these commands use or stand under."""
    member_ids = {command.member_id for command in commands if command.member_id is not None}
    offer_ids = {line.points_offer_id for command in commands for line in command.lines if line.points_offer_id}
    return Rights(
        benefits=tiers.benefits(member_ids=sorted(member_ids)) if member_ids else {},
        coupons=_coupons(commands, at=at),
        offers=points.offers_by_id(ids=sorted(offer_ids), at=at) if offer_ids else {},
    )


def _coupons(commands: Sequence[PlaceOrder], *, at: datetime) -> dict[UUID, CouponFacts]:
    """Return the chosen coupons that are in the wallets of those who chose them: one query per such member."""
    chosen: dict[UUID, list[UUID]] = {}
    for command in commands:
        if command.coupon_ids and command.member_id is not None:
            chosen.setdefault(command.member_id, []).extend(command.coupon_ids)
    found: dict[UUID, CouponFacts] = {}
    for member_id, ids in chosen.items():
        found |= coupons.facts(ids=ids, member_id=member_id, at=at)
    return found
