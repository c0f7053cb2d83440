"""Give a coupon to somebody else: offered with a token, accepted by who has it, or taken back before."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from quanyu.kernel.ids import uuid7
from quanyu.modules.coupons.contracts import (
    GIFT_TEXTS,
    CouponUnknown,
    GiftOffer,
    GiftPreview,
    GiftReason,
    GiftRefused,
    WalletEntry,
)
from quanyu.modules.coupons.queries import codes as code_queries
from quanyu.modules.coupons.queries import coupons
from quanyu.modules.coupons.rules import codes
from quanyu.platform import db, pii

LASTS = timedelta(hours=24)
_PURPOSE = "coupons.gift"
_TOKEN_BYTES = 16


def offer(*, coupon_id: UUID, member_id: UUID, now: datetime) -> GiftOffer:
    """Offer a coupon; until it is accepted, taken back or a day has gone nobody can use it.

    Raises ``CouponUnknown``, ``GiftRefused``.
    """
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    refusal = db.call_json(
        "coupons_offer",
        {
            "id": uuid7(),
            "coupon_id": coupon_id,
            "member_id": member_id,
            "token_index": _index(token).hex(),
            "expires_at": now + LASTS,
            "now": now,
        },
    )
    if refusal == "unknown":
        raise CouponUnknown(field="coupon_id")
    if refusal is not None:
        raise _refused(GiftReason(refusal))
    entry, _ = coupons.entry(coupon_id=coupon_id, at=now)
    return GiftOffer(coupon_id=coupon_id, token=token, expires_at=entry.coupon.offered_until or now)


def accept(*, token: str, member_id: UUID, now: datetime) -> WalletEntry:
    """Take a coupon that was offered, with a new code; again: the same coupon. Raises ``GiftRefused``."""
    coupon_id = db.value("SELECT coupon_id FROM coupons_gift WHERE token_index = %s", [_index(token)])
    if coupon_id is None:
        raise _refused(GiftReason.GONE)
    code = codes.encode(secrets.token_bytes(codes.CODE_BYTES))
    index, sealed = code_queries.sealed(coupon_id=coupon_id, code=code)
    answer = db.call_json(
        "coupons_accept",
        {
            "token_index": _index(token).hex(),
            "coupon_id": coupon_id,
            "member_id": member_id,
            "code_index": index.hex(),
            "code_encrypted": sealed.hex(),
            "now": now,
        },
    )
    if "reason" in answer:
        raise _refused(GiftReason(answer["reason"]))
    return coupons.entry(coupon_id=coupon_id, at=now)[0]


def take_back(*, coupon_id: UUID, member_id: UUID, now: datetime) -> WalletEntry:
    """Take an offered coupon back. Raises ``CouponUnknown``, ``GiftRefused`` when it is gone."""
    entry, _ = coupons.entry(coupon_id=coupon_id, at=now)
    taken = db.value("SELECT coupons_take_back(%s, %s, %s)", [coupon_id, member_id, now])
    if not taken and entry.coupon.member_id != member_id:
        raise CouponUnknown(field="coupon_id")
    if not taken:
        raise _refused(GiftReason.GONE)
    return coupons.entry(coupon_id=coupon_id, at=now)[0]


def preview(*, token: str, now: datetime) -> GiftPreview:
    """Return what a gift is, for the one who was sent its token. Raises ``GiftRefused``."""
    gift = db.row(
        "SELECT coupon_id, expires_at FROM coupons_gift WHERE token_index = %s AND state = 'open' AND expires_at > %s",
        [_index(token), now],
    )
    if gift is None:
        raise _refused(GiftReason.GONE)
    entry, _ = coupons.entry(coupon_id=gift["coupon_id"], at=now)
    return GiftPreview(
        name=entry.facts.name,
        name_en=entry.facts.name_en,
        kind=entry.facts.kind,
        amount_fen=entry.facts.amount_fen,
        percent_off_bp=entry.facts.percent_off_bp,
        threshold_fen=entry.facts.threshold_fen,
        valid_until=entry.coupon.valid_until,
        expires_at=gift["expires_at"],
    )


def _index(token: str) -> bytes:
    return pii.blind_index(token, _PURPOSE)


def _refused(reason: GiftReason) -> GiftRefused:
    return GiftRefused(field="coupon_id", reason=reason.value, text=GIFT_TEXTS[reason])
