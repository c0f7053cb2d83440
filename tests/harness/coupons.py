"""Builders of coupon offers and coupons, through the coupons' door, under random codes."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind
from quanyu.kernel.ids import uuid7
from quanyu.kernel.period import Period
from quanyu.modules.coupons import api
from quanyu.modules.coupons.contracts import Coupon, Template, Terms, Wanted
from quanyu.modules.promotions.contracts import CouponKind
from tests.harness import organization
from tests.harness.members import make_member
from tests.harness.organization import random_code

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # a Monday noon in Shanghai
CLAIM_PERIOD = Period(NOW - timedelta(days=1), NOW + timedelta(days=30))


def terms(**given: Any) -> Terms:
    """Return terms: 10 yuan off, for 30 days from the claim, one per person, no other limit."""
    settings: dict[str, Any] = {
        "kind": CouponKind.AMOUNT,
        "amount_fen": 1000,
        "claim_period": CLAIM_PERIOD,
        "lasts_days": 30,
    } | given
    return Terms(**settings)


def make_template(*, live: bool = True, name: str = "十元券", now: datetime = NOW, **given: Any) -> Template:
    """Set up an offer of head office; it is live unless told otherwise."""
    organization.enterprise()
    made = api.create_template(
        code=random_code("CPN"), name=name, name_en="Ten yuan off", terms=terms(**given), actor=SYSTEM, now=now
    )
    return api.publish(template_id=made.id, actor=SYSTEM, now=now) if live else made


def actor_of(member_id: uuid.UUID) -> Actor:
    """Return a member as the one who acts."""
    return Actor(kind=ActorKind.MEMBER, id=str(member_id))


def make_coupon(
    template: Template | None = None, *, member_id: uuid.UUID | None = None, now: datetime = NOW, **given: Any
) -> Coupon:
    """Let a (new) member claim a coupon of an offer (a new one, with the terms given)."""
    offer = template or make_template(**given)
    holder = member_id or make_member().id
    return api.claim(claim_id=uuid7(), template_code=offer.code, actor=actor_of(holder), now=now)


def reserve(coupon: Coupon, *, order_id: uuid.UUID | None = None, now: datetime = NOW, **given: Any) -> uuid.UUID:
    """Reserve a coupon for a (new) order of its member; return the order's id."""
    order = order_id or uuid7()
    wanted = Wanted(id=coupon.id, **({"amount_fen": 1000} | given))
    refused = api.reserve(order_id=order, member_id=coupon.member_id, wanted=[wanted], now=now)
    assert refused is None, refused
    return order


def use(coupon: Coupon, *, now: datetime = NOW, **given: Any) -> uuid.UUID:
    """Use a coupon with a new order; return the order's id."""
    order = reserve(coupon, now=now, **given)
    assert api.redeem(order_id=order, now=now) == 1
    return order
