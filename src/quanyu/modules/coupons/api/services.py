"""Services without a purchase: a store hands out what a coupon promises (PTS-05, SVC-06)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor, ActorKind
from quanyu.kernel.problem import Forbidden
from quanyu.modules.coupons.contracts import CouponUnknown, HandedOut, Reason, ScannedCoupon, ServiceRefused
from quanyu.modules.coupons.ops import hand_out as _hand_out
from quanyu.modules.coupons.queries import coupons as _coupons
from quanyu.modules.coupons.queries import services as _services
from quanyu.modules.identity import api as _identity
from quanyu.modules.members import api as _members
from quanyu.modules.organization import api as _organization
from quanyu.modules.promotions import api as _promotions
from quanyu.modules.promotions.contracts import REASON_TEXTS, Basket, CouponKind, FreightFacts, MemberFacts
from quanyu.platform import audit, db

PUT_BACK = "coupons.put_back"
HAND_OVER = "orders.hand_over"
_COUNTER = "pos"


def service_refusal(*, found: ScannedCoupon, store_id: int, now: datetime) -> ServiceRefused | None:
    """Return why the service of a coupon cannot be handed out in a store now, in words; ``None``: it can."""
    if found.facts.kind is not CouponKind.SERVICE:
        return _hand_out.refused(Reason.NOT_A_SERVICE)
    if found.refusal is not None:
        return _hand_out.refused(found.refusal)
    path = _organization.paths(unit_ids=[store_id])[store_id]
    member = _members.member(id=found.coupon.member_id)
    at_the_counter = Basket(
        channel=_COUNTER,
        store_id=store_id,
        member=MemberFacts(tier=member.tier, level=member.level),
        lines=(),
        freight=FreightFacts(),
        campaigns=(),
        at=now,
        store_path=tuple(path),
    )
    reason = _promotions.coupon_refusal(basket=at_the_counter, coupon=found.facts)
    if reason is None:
        return None
    return ServiceRefused(field="coupon_id", reason=reason.value, text=REASON_TEXTS[reason])


def hand_out_service(*, id: UUID, coupon_id: UUID, store_id: int, actor: Actor, now: datetime) -> HandedOut:
    """Hand a service out for its coupon: once, however often it is sent under this id.

    Needs ``orders.hand_over`` at the store; that the coupon was shown is the till's to see to. Raises
    ``CouponUnknown`` and ``ServiceRefused``; nothing is changed then. Publishes ``ServiceHandedOut``.
    """
    if actor.kind is not ActorKind.STAFF:
        raise Forbidden(permission=HAND_OVER)
    _identity.require(actor=actor, permission=HAND_OVER, unit_id=store_id)
    done = _services.handed_out(id=id, at=now)
    if done is None:
        entry, refusal = _coupons.entry(coupon_id=coupon_id, at=now)
        found = ScannedCoupon(coupon=entry.coupon, facts=entry.facts, refusal=refusal)
        not_now = service_refusal(found=found, store_id=store_id, now=now)
        if not_now is not None:
            raise not_now
    db.in_transaction(lambda: _hand_out.hand_out(id=id, coupon_id=coupon_id, store_id=store_id, actor=actor, now=now))
    done = _services.handed_out(id=id, at=now)
    if done is None:
        raise CouponUnknown(field="id")
    return done


def handed_out(*, id: UUID, at: datetime) -> HandedOut | None:
    """Return what was handed out under an id and not put back; ``None``: nothing."""
    return _services.handed_out(id=id, at=at)


def put_back_service(*, id: UUID, reason: str, actor: Actor, now: datetime) -> None:
    """Give the coupon of a hand-out that was a mistake back to its holder. Needs ``coupons.put_back`` at the store.

    Raises ``CouponUnknown`` (also when it was put back already) and ``Forbidden``. Audited. Publishes
    ``ServicePutBack``.
    """
    done = _services.handed_out(id=id, at=now)
    if done is None:
        raise CouponUnknown(field="id")
    _identity.require(actor=actor, permission=PUT_BACK, unit_id=done.store_id)

    def put_back() -> None:
        if not _hand_out.put_back(id=id, reason=reason, actor=actor, now=now):
            raise CouponUnknown(field="id")
        audit.record(
            actor=actor,
            action="coupons.put_back",
            subject_kind="coupon",
            subject_id=done.coupon.id,
            detail={"handed_out": str(id), "reason": reason},
            unit_id=done.store_id,
            now=now,
        )

    db.in_transaction(put_back)
