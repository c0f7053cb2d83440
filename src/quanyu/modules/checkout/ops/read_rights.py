"""What the members of a batch may have: tier benefits, chosen coupons, addresses, offers of the points mall.

Never kept: asked together with whatever else the batch reads, and nothing is asked that no command wants.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from quanyu.modules.checkout.contracts import PlaceOrder
from quanyu.modules.coupons import api as coupons
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts.addresses import SealedAddress
from quanyu.modules.orders.contracts import Delivery
from quanyu.modules.points import api as points
from quanyu.modules.points.contracts import Offer
from quanyu.modules.promotions.contracts import CouponFacts, MemberFacts, PointsOfferFacts
from quanyu.modules.tiers import api as tiers
from quanyu.modules.tiers.contracts import Benefits
from quanyu.platform.marks import Reading

ADDRESSED = (Delivery.EXPRESS, Delivery.INSTANT)


@dataclass(frozen=True, slots=True)
class Rights:
    """The benefits of members, the coupons that were chosen and are good, the offers that hold, the addresses."""

    benefits: Mapping[UUID, Benefits]
    coupons: Mapping[tuple[UUID, UUID], CouponFacts]
    offers: Mapping[int, Offer]
    addresses: Mapping[tuple[UUID, UUID], SealedAddress]

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
        if command.member_id is None or not command.coupon_ids:
            return []
        found = [self.coupons.get((coupon_id, command.member_id)) for coupon_id in command.coupon_ids]
        return [coupon for coupon in found if coupon is not None]

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


class Asking:
    """The questions for the rights that commands use or stand under, put to a batch's reading."""

    __slots__ = ("_addresses", "_benefits", "_coupons", "_offers")

    def __init__(self, reading: Reading, commands: Sequence[PlaceOrder], *, at: datetime) -> None:
        member_ids = {command.member_id for command in commands if command.member_id is not None}
        offer_ids = {line.points_offer_id for command in commands for line in command.lines if line.points_offer_id}
        chosen = {(coupon_id, one.member_id) for one in commands if one.member_id for coupon_id in one.coupon_ids}
        wanted = {place for place in map(_address_of, commands) if place is not None}
        self._benefits = reading.ask(tiers.benefits_part(member_ids=member_ids)) if member_ids else None
        self._coupons = reading.ask(coupons.facts_part(chosen=chosen, at=at)) if chosen else None
        self._offers = reading.ask(points.offers_part(ids=offer_ids, at=at)) if offer_ids else None
        self._addresses = reading.ask(members.addresses_part(wanted=wanted)) if wanted else None

    def rights(self) -> Rights:
        """Return the answers, after the reading."""
        return Rights(
            benefits=self._benefits.value if self._benefits else {},
            coupons=self._coupons.value if self._coupons else {},
            offers=self._offers.value if self._offers else {},
            addresses=self._addresses.value if self._addresses else {},
        )


def _address_of(command: PlaceOrder) -> tuple[UUID, UUID] | None:
    """Return the member and his address that goods are carried to; ``None`` when they are not, or none was named."""
    if command.delivery not in ADDRESSED or command.member_id is None or command.address_id is None:
        return None
    # What was sold elsewhere was handed over there.
    return None if any(line.journal for line in command.lines) else (command.member_id, command.address_id)
