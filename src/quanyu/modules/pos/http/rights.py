"""Rights by one scan: a member's live code, a card or a coupon; what a member has; staff codes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.coupons.contracts import REASON_TEXTS, ScannedCoupon, WalletEntry
from quanyu.modules.pos import api
from quanyu.modules.pos.contracts import MemberRights
from quanyu.modules.pos.http import auth
from quanyu.modules.pos.http.catalogue import MemberOut, member_out
from quanyu.platform import http
from quanyu.platform.http import Schema

router = Router(tags=["rights"])
TemplateCode = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[0-9A-Za-z_.-]+$")]


class ScanIn(Schema):
    """What the scanner read, or what was typed."""

    text: Annotated[str, Field(min_length=4, max_length=90)]


class TierOut(Schema):
    """A membership tier by its names."""

    code: str
    name: str
    name_en: str


class BenefitsOut(Schema):
    """What a purchase gets today: ``discount_bp`` off the base price (500 is 5 %), points times the multiplier.

    ``points_multiplier_bp`` 10000 is once; ``because`` says what raised it (``birthday``, ``day:<id>``).
    """

    discount_bp: int
    points_multiplier_bp: int
    because: list[str]


class ExpiryOut(Schema):
    """So many points end on this day: it is the last one on which they can be used."""

    last_day: date
    points: int


class BalanceOut(Schema):
    """The member's points: usable now, usable later, owed, and the days on which the next ones end."""

    available: int
    pending: int
    debt: int
    next_expiries: list[ExpiryOut]


class CouponOut(Schema):
    """A coupon of the member that this store may take. Its code is the member's own and is never told.

    ``amount_fen``, or ``percent_off_bp`` up to ``cap_fen``, from ``threshold_fen`` of its goods on.
    """

    id: UUID
    template_code: str
    name: str
    name_en: str
    kind: Literal["amount", "percent", "gift", "freight", "service"]
    amount_fen: int
    percent_off_bp: int
    cap_fen: int | None
    threshold_fen: int
    valid_from: datetime
    valid_until: datetime
    stacks_with_campaigns: bool
    stacks_with_coupons: bool


class ScannedCouponOut(CouponOut):
    """The coupon that was scanned. ``refusal`` is the stable code of why it cannot be taken now, null: it can."""

    state: Literal["available", "reserved", "redeemed", "expired", "void"]
    refusal: str | None
    refusal_text: str


class MemberRightsOut(Schema):
    """A member at the counter, masked.

    ``code_scanned``: the live code was scanned here in the last minutes, so that many points can be spent. ``is_new``:
    nothing was bought yet, so prices for new customers hold. ``bought_lately``: SKUs not to
    advise again; a till does not keep them.
    """

    member: MemberOut
    tier: TierOut
    benefits: BenefitsOut
    points: BalanceOut
    coupons: list[CouponOut]
    code_scanned: bool
    is_new: bool
    bought_lately: list[int]


class ScannedRightsOut(Schema):
    """What was scanned: ``card`` is also a number or a phone, ``product`` no right at all (ask ``/scans``).

    A coupon comes with its member.
    """

    kind: Literal["member_code", "card", "coupon", "product"]
    rights: MemberRightsOut | None
    coupon: ScannedCouponOut | None


class UnlockIn(Schema):
    """The offer that a customer may claim with the code."""

    template_code: TemplateCode


class UnlockOut(Schema):
    """A code to show to the customer; it is good for so many claims until then, and shown this once."""

    text: str
    template_code: str
    uses: int
    expires_at: datetime


@router.post("/rights/scan", response=ScannedRightsOut)
def scan_right(request: HttpRequest, body: ScanIn) -> ScannedRightsOut:
    """Tell what was scanned, and give the member and the coupon in one answer."""
    found = api.scan_rights(
        text=body.text, till=auth.till_of(request), actor=http.actor_of(request), now=system_clock.now()
    )
    return ScannedRightsOut(
        kind=found.kind.value,
        rights=rights_out(found.rights) if found.rights else None,
        coupon=_scanned_coupon_out(found.coupon) if found.coupon else None,
    )


@router.get("/members/{uuid:member_id}/rights", response=MemberRightsOut)
def member_rights(request: HttpRequest, member_id: UUID) -> MemberRightsOut:
    """Return what a member who was looked up may have at this till."""
    return rights_out(
        api.member_rights(
            member_id=member_id, till=auth.till_of(request), actor=http.actor_of(request), now=system_clock.now()
        )
    )


@router.post("/coupons/unlock-codes", response={201: UnlockOut})
@http.idempotent
def unlock_code(request: HttpRequest, body: UnlockIn) -> Status[UnlockOut]:
    """Make a short-lived code with which a customer claims an offer; it counts for whoever is signed in here."""
    made = api.unlock_code(
        template_code=body.template_code,
        till=auth.till_of(request),
        actor=http.actor_of(request),
        now=system_clock.now(),
    )
    return Status(201, UnlockOut.model_validate(made))


def rights_out(rights: MemberRights) -> MemberRightsOut:
    """Return a member's rights for the wire."""
    tier, benefits = rights.tier, rights.benefits
    return MemberRightsOut(
        member=member_out(rights.member),
        tier=TierOut(code=tier.code, name=tier.name, name_en=tier.name_en),
        benefits=BenefitsOut(
            discount_bp=benefits.discount_bp,
            points_multiplier_bp=benefits.points_multiplier_bp,
            because=list(benefits.because),
        ),
        points=BalanceOut.model_validate(rights.points),
        coupons=[CouponOut.model_validate(_coupon(entry)) for entry in rights.coupons],
        code_scanned=rights.was_here,
        is_new=rights.is_new,
        bought_lately=list(rights.bought_lately),
    )


def _coupon(entry: WalletEntry | ScannedCoupon) -> dict[str, object]:
    coupon, facts = entry.coupon, entry.facts
    known = {name: getattr(coupon, name, None) for name in CouponOut.model_fields}
    worth = ("amount_fen", "percent_off_bp", "cap_fen", "threshold_fen", "stacks_with_campaigns", "stacks_with_coupons")
    return known | {name: getattr(facts, name) for name in worth} | {"kind": facts.kind.value}


def _scanned_coupon_out(found: ScannedCoupon) -> ScannedCouponOut:
    refusal = found.refusal
    return ScannedCouponOut.model_validate(
        _coupon(found)
        | {
            "state": found.coupon.state.value,
            "refusal": refusal.value if refusal else None,
            "refusal_text": http.text(REASON_TEXTS[refusal], {}) if refusal else "",
        }
    )
