"""Hand out services that coupons promise: a coffee for points, a free gift wrapping; by the coupon's code alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.modules.coupons import api as coupons
from quanyu.modules.coupons.contracts import CouponUnknown, HandedOut, ScannedCoupon, ServiceRefused
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import Member
from quanyu.modules.pos.api.authority import demand
from quanyu.modules.pos.contracts import HAND_OVER, Till
from quanyu.modules.pos.queries import rights as queries
from quanyu.modules.promotions.contracts import CouponKind


@dataclass(frozen=True, slots=True)
class ServiceShown:
    """A coupon that was shown at a till, whose it is, and why its service is not handed out now (``None``: it is)."""

    coupon: ScannedCoupon
    member: Member
    refusal: ServiceRefused | None

    @property
    def is_service(self) -> bool:
        """Tell a service from a coupon for a purchase."""
        return self.coupon.facts.kind is CouponKind.SERVICE


def find_service(*, text: str, till: Till, actor: Actor, now: datetime) -> ServiceShown:
    """Return what the coupon behind a scanned or typed code promises, and whether it holds here and now.

    Raises ``CodeRefused`` for what is no coupon, and ``RateLimited`` after a row of wrong ones.
    """
    demand(actor, HAND_OVER, till)
    found = queries.coupon_by_code(text=text, till=till, now=now)
    return ServiceShown(
        coupon=found,
        member=members.member(id=found.coupon.member_id),
        refusal=coupons.service_refusal(found=found, store_id=till.store_id, now=now),
    )


def hand_out_service(*, id: UUID, text: str, till: Till, actor: Actor, now: datetime) -> HandedOut:
    """Hand out the service of the coupon whose code is shown; the same person's repeat of an id changes nothing.

    Raises what :func:`find_service` does, and ``ServiceRefused``.
    """
    demand(actor, HAND_OVER, till)
    # A repeat may come when the code that was shown has ended.
    done = _own(id, till=till, actor=actor, now=now)
    if done is not None:
        return done
    found = queries.coupon_by_code(text=text, till=till, now=now)
    return coupons.hand_out_service(id=id, coupon_id=found.coupon.id, store_id=till.store_id, actor=actor, now=now)


def service_handed_out(*, id: UUID, till: Till, actor: Actor, now: datetime) -> HandedOut:
    """Return what was handed out in this store under an id, by whomever. Raises ``CouponUnknown`` when nothing was."""
    demand(actor, HAND_OVER, till)
    done = coupons.handed_out(id=id, at=now)
    if done is None or done.store_id != till.store_id:
        raise CouponUnknown(field="id")
    return done


def _own(id: UUID, *, till: Till, actor: Actor, now: datetime) -> HandedOut | None:
    done = coupons.handed_out(id=id, at=now)
    return done if done and (done.store_id, str(done.staff_id)) == (till.store_id, actor.id) else None
