"""Coupons on the wire: what one is worth, when and where it holds, what became of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from quanyu.modules.coupons.contracts import CLAIM_TEXTS, CouponCode, GiftPreview, Offer, WalletEntry
from quanyu.platform import http
from quanyu.platform.http import BigId, Schema

State = Literal["available", "reserved", "redeemed", "expired", "void"]
Kind = Literal["amount", "percent", "gift", "freight", "service"]


class WorthOut(Schema):
    """What a coupon takes off: ``amount_fen``, or ``percent_off_bp`` (1000 is 10 %) up to ``cap_fen``.

    ``threshold_fen`` is the amount of its goods from which on it holds; 0: any.
    """

    kind: Kind
    amount_fen: int
    percent_off_bp: int
    cap_fen: int | None
    threshold_fen: int


class CouponOut(WorthOut):
    """A coupon of the member. ``channels`` and ``unit_ids`` say where it holds; no units: everywhere.

    ``weekdays`` (0 is Monday) and ``hours`` (minutes of the day, China): empty is always. ``saved_fen`` is what it
    saved on ``order_id``. ``offered_until``: it is being given away and cannot be used until then.
    """

    id: UUID
    template_code: str
    name: str
    name_en: str
    state: State
    channels: list[str]
    unit_ids: list[BigId]
    valid_from: datetime
    valid_until: datetime
    weekdays: list[int]
    hours: list[tuple[int, int]]
    excluded_dates: list[date]
    stacks_with_campaigns: bool
    stacks_with_coupons: bool
    transferable: bool
    is_gift: bool
    offered_until: datetime | None
    claimed_at: datetime
    order_id: UUID | None
    saved_fen: int


class CodeOut(Schema):
    """What to show at a till: ``text`` to type, ``payload`` as the QR code ``svg``. Ask again at ``renew_at``."""

    text: str
    payload: str
    svg: str
    renew_at: datetime


class ShownCouponOut(CouponOut):
    """A coupon with its code while it can be used."""

    code: CodeOut | None


class CouponOfferOut(WorthOut):
    """A coupon to claim. ``points_price``: what it costs in points; ``needs_staff_code``: ask a member of staff.

    It is good from ``use_from`` to ``use_until``, or for ``lasts_days`` days that begin ``starts_after_days`` after
    the claim. ``left``: how many there still are, null without a limit. ``refusal`` says why this member cannot
    claim it now (stable code and text).
    """

    template_code: str
    name: str
    name_en: str
    description: str
    scope: Literal["online", "store", "any"]
    unit_ids: list[BigId]
    claim_until: datetime | None
    use_from: datetime | None
    use_until: datetime | None
    starts_after_days: int
    lasts_days: int | None
    points_price: int
    needs_staff_code: bool
    left: int | None
    held: int = Field(description="How many the member was given so far.")
    refusal: str | None
    refusal_text: str


class GiftPreviewOut(Schema):
    """What somebody is about to be given; nothing of the giver. It may be accepted until ``expires_at``."""

    name: str
    name_en: str
    kind: Kind
    amount_fen: int
    percent_off_bp: int
    threshold_fen: int
    valid_until: datetime
    expires_at: datetime


def coupon_out(entry: WalletEntry) -> CouponOut:
    """Return a coupon for the wire."""
    return CouponOut.model_validate(_coupon(entry))


def shown_coupon_out(entry: WalletEntry, code: CouponCode | None) -> ShownCouponOut:
    """Return a coupon with its code for the wire."""
    return ShownCouponOut.model_validate(_coupon(entry) | {"code": CodeOut.model_validate(code) if code else None})


def offer_out(offer: Offer) -> CouponOfferOut:
    """Return an offer of the coupon centre for the wire, its refusal in the language of the asker."""
    named = {name: getattr(offer, name) for name in CouponOfferOut.model_fields if name != "refusal_text"}
    return CouponOfferOut.model_validate(
        named
        | {
            "kind": offer.kind.value,
            "scope": offer.scope.value,
            "unit_ids": sorted(offer.unit_ids),
            "refusal": offer.refusal.value if offer.refusal else None,
            "refusal_text": http.text(CLAIM_TEXTS[offer.refusal], {}) if offer.refusal else "",
        }
    )


def gift_preview_out(gift: GiftPreview) -> GiftPreviewOut:
    """Return what a gift is for the wire."""
    named = {name: getattr(gift, name) for name in GiftPreviewOut.model_fields}
    return GiftPreviewOut.model_validate(named | {"kind": gift.kind.value})


_OF_COUPON = (
    "id", "template_code", "name", "name_en", "valid_from", "valid_until", "transferable", "is_gift", "offered_until",
    "claimed_at", "order_id",
)  # fmt: skip
_OF_FACTS = (
    "amount_fen", "percent_off_bp", "cap_fen", "threshold_fen", "hours", "stacks_with_campaigns", "stacks_with_coupons",
)  # fmt: skip


def _coupon(entry: WalletEntry) -> dict[str, object]:
    coupon, facts = entry.coupon, entry.facts
    return {
        **{name: getattr(coupon, name) for name in _OF_COUPON},
        **{name: getattr(facts, name) for name in _OF_FACTS},
        "state": coupon.state.value,
        "saved_fen": coupon.amount_fen,
        "kind": facts.kind.value,
        "channels": sorted(facts.scope.channels),
        "unit_ids": sorted(facts.scope.unit_ids),
        "weekdays": sorted(facts.weekdays),
        "excluded_dates": sorted(facts.excluded_dates),
    }
