"""Services without a purchase: what a shown coupon promises, handing it out, and whether that happened."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.coupons.contracts import HandedOut
from quanyu.modules.pos import api
from quanyu.modules.pos.http import auth
from quanyu.modules.pos.http.catalogue import MemberOut, member_out
from quanyu.platform import http
from quanyu.platform.http import Schema

router = Router(tags=["rights"])
CouponText = Annotated[str, Field(min_length=4, max_length=90)]


class ServiceIn(Schema):
    """The coupon's code as it was scanned or typed."""

    text: CouponText


class HandOutIn(ServiceIn):
    """The same, with the till's own id of this hand-out: sent again, it is the same one."""

    id: UUID


class ServiceOut(Schema):
    """The coupon that is shown. ``refusal``: the stable code of why it is not handed out here and now, null: it is.

    ``is_service`` false: it is for a purchase, and counts there.
    """

    coupon_id: UUID
    name: str
    name_en: str
    is_service: bool
    valid_until: datetime
    member: MemberOut
    refusal: str | None
    refusal_text: str


class HandedOutOut(Schema):
    """A service that was handed out here."""

    id: UUID
    coupon_id: UUID
    name: str
    name_en: str
    at: datetime


@router.post("/services/find", response=ServiceOut)
def find_service(request: HttpRequest, body: ServiceIn) -> ServiceOut:
    """Return what the coupon behind a code promises, whose it is, and whether it holds here and now."""
    shown = api.find_service(
        text=body.text, till=auth.till_of(request), actor=http.actor_of(request), now=system_clock.now()
    )
    coupon, refusal = shown.coupon.coupon, shown.refusal
    return ServiceOut(
        coupon_id=coupon.id,
        name=coupon.name,
        name_en=coupon.name_en,
        is_service=shown.is_service,
        valid_until=coupon.valid_until,
        member=member_out(shown.member),
        refusal=refusal.params["reason"] if refusal else None,
        refusal_text=http.text(refusal.params["text"], {}) if refusal else "",
    )


@router.post("/services", response={201: HandedOutOut})
def hand_out_service(request: HttpRequest, body: HandOutIn) -> Status[HandedOutOut]:
    """Hand a service out to whoever shows its code; the same again by the same person changes nothing."""
    done = api.hand_out_service(
        id=body.id,
        text=body.text,
        till=auth.till_of(request),
        actor=http.actor_of(request),
        now=system_clock.now(),
    )
    return Status(201, _handed_out(done))


@router.get("/services/{uuid:handed_out_id}", response=HandedOutOut)
def service_handed_out(request: HttpRequest, handed_out_id: UUID) -> HandedOutOut:
    """Return what became of a hand-out whose answer never came; 404: nothing was handed out."""
    return _handed_out(
        api.service_handed_out(
            id=handed_out_id, till=auth.till_of(request), actor=http.actor_of(request), now=system_clock.now()
        )
    )


def _handed_out(done: HandedOut) -> HandedOutOut:
    return HandedOutOut(
        id=done.id, coupon_id=done.coupon.id, name=done.coupon.name, name_en=done.coupon.name_en, at=done.at
    )
