"""A member's coupons: the wallet, the coupon centre, claims, and coupons as gifts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.coupons import api as coupons
from quanyu.modules.coupons.contracts import Coupon, CouponState
from quanyu.modules.mall import api
from quanyu.modules.mall.http import auth
from quanyu.modules.mall.http.coupon_schemas import (
    CouponOfferOut,
    CouponOut,
    GiftPreviewOut,
    ShownCouponOut,
    State,
    coupon_out,
    gift_preview_out,
    offer_out,
    shown_coupon_out,
)
from quanyu.modules.mall.http.schemas import BigIdQuery
from quanyu.platform import http
from quanyu.platform.http import Page, PageQuery, QuerySchema, Schema

router = Router(tags=["coupons"])
StaffCode = Annotated[str, Field(max_length=40, pattern=r"^[0-9A-Za-z -]*$")]
TemplateCode = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[0-9A-Za-z_.-]+$")]


class WalletQuery(PageQuery):
    """Which coupons; without a state all of them."""

    # One less than the door gives at once: a page asks whether there is one more.
    limit: int = Field(20, ge=1, le=99)
    state: State | None = None


class CentreQuery(QuerySchema):
    """What to look for in the coupon centre of a store: words of the name, goods of a category (and below)."""

    text: str = Field("", max_length=60)
    category_id: BigIdQuery | None = None


class ClaimIn(Schema):
    """The claim. ``id`` is made by the phone and becomes the coupon's: the same id again gives the same coupon.

    ``staff_code`` is what a member of staff shows, for offers that need one. An offer with a price takes points.
    """

    id: UUID
    template_code: TemplateCode
    staff_code: StaffCode = ""


class GiftOut(Schema):
    """A coupon on its way to somebody else. The token is shown once: whoever has it may accept until then."""

    coupon_id: UUID
    token: str
    expires_at: datetime


class GiftTokenIn(Schema):
    """The token of a gift. In the body: an address would be written to logs."""

    token: Annotated[str, Field(min_length=16, max_length=64, pattern=r"^[0-9A-Za-z_-]+$")]


@router.get("/me/coupons", response=Page[CouponOut])
def wallet(request: HttpRequest, query: Query[WalletQuery]) -> dict[str, object]:
    """Return the member's coupons, newest first."""
    member_id = auth.member_id_of(request)
    scope = f"mall.coupons:{member_id}:{query.state}"
    after = http.after(query, scope=scope)
    found = coupons.wallet(
        member_id=member_id,
        states=None if query.state is None else {CouponState(query.state)},
        before=None if after is None else (datetime.fromisoformat(after[0]), UUID(after[1])),
        at=system_clock.now(),
        limit=query.limit + 1,
    )
    page = http.page(
        found, query, scope=scope, key=lambda entry: (entry.coupon.claimed_at.isoformat(), str(entry.coupon.id))
    )
    return {**page, "items": [coupon_out(entry) for entry in page["items"]]}


@router.get("/me/coupons/{uuid:coupon_id}", response=ShownCouponOut)
def show_coupon(request: HttpRequest, coupon_id: UUID) -> ShownCouponOut:
    """Return one coupon with the code to show at a till, while it can be used."""
    member_id, now = auth.member_id_of(request), system_clock.now()
    entry = coupons.coupon(coupon_id=coupon_id, member_id=member_id, at=now)
    usable = entry.coupon.state is CouponState.AVAILABLE and entry.coupon.offered_until is None
    code = coupons.code_of(coupon_id=coupon_id, member_id=member_id, now=now) if usable else None
    return shown_coupon_out(entry, code)


@router.get("/stores/{int:store_id}/coupon-offers", response=list[CouponOfferOut], auth=None)
def coupon_centre(request: HttpRequest, store_id: BigIdQuery, query: Query[CentreQuery]) -> list[CouponOfferOut]:
    """Return the coupons to be had at a store (a hundred at most); with a token, why one cannot be claimed."""
    reader = auth.reader_of(request)
    found = api.coupon_centre(
        store_id=store_id,
        member_id=auth.id_of(reader) if reader else None,
        text=query.text,
        category_id=query.category_id,
        now=system_clock.now(),
    )
    return [offer_out(offer) for offer in found]


@router.post("/me/coupons", response={201: CouponOut})
def claim(request: HttpRequest, body: ClaimIn) -> Status[CouponOut]:
    """Claim a coupon: free, unlocked by a member of staff, or for points."""
    claimed = coupons.claim(
        claim_id=body.id,
        template_code=body.template_code,
        staff_code=body.staff_code,
        actor=http.actor_of(request),
        now=system_clock.now(),
    )
    return Status(201, _own(request, claimed))


@router.post("/me/coupons/{uuid:coupon_id}/gift", response={201: GiftOut})
@http.idempotent(one_transaction=True)
def give(request: HttpRequest, coupon_id: UUID) -> Status[GiftOut]:
    """Offer a coupon to whoever gets the token; until it is accepted or taken back nobody can use it."""
    offered = coupons.offer_gift(coupon_id=coupon_id, actor=http.actor_of(request), now=system_clock.now())
    return Status(201, GiftOut.model_validate(offered))


@router.delete("/me/coupons/{uuid:coupon_id}/gift", response=CouponOut)
def take_back(request: HttpRequest, coupon_id: UUID) -> CouponOut:
    """Take an offered coupon back before somebody accepts it."""
    taken = coupons.take_back_gift(coupon_id=coupon_id, actor=http.actor_of(request), now=system_clock.now())
    return _own(request, taken)


@router.post("/gifts/preview", response=GiftPreviewOut)
def preview_gift(request: HttpRequest, body: GiftTokenIn) -> GiftPreviewOut:
    """Return what a gift is before it is accepted."""
    return gift_preview_out(coupons.gift(token=body.token, now=system_clock.now()))


@router.post("/gifts/acceptance", response={201: CouponOut})
def accept_gift(request: HttpRequest, body: GiftTokenIn) -> Status[CouponOut]:
    """Accept a gift: the coupon is the member's own, with a new code. The same again gives the same coupon."""
    accepted = coupons.accept_gift(token=body.token, actor=http.actor_of(request), now=system_clock.now())
    return Status(201, _own(request, accepted))


def _own(request: HttpRequest, coupon: Coupon) -> CouponOut:
    entry = coupons.coupon(coupon_id=coupon.id, member_id=auth.member_id_of(request), at=system_clock.now())
    return coupon_out(entry)
