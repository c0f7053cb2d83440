"""Codes of coupons: kept as a keyed hash to look them up, and encrypted for the holder's eyes."""

from __future__ import annotations

import io
from datetime import datetime
from uuid import UUID

import segno

from quanyu.modules.coupons.contracts import CouponCode, CouponUnknown
from quanyu.modules.coupons.rules import codes, payloads
from quanyu.platform import db, pii

_CODE = "coupons.code"
_QR = "coupons.qr"


def sealed(*, coupon_id: UUID, code: str) -> tuple[bytes, bytes]:
    """Return the index and the encrypted form of a code, as its row keeps them."""
    return pii.blind_index(code, _CODE), pii.encrypt(code, _place(coupon_id))


def index_of(text: str, *, now: datetime) -> bytes | None:
    """Return the index of what was scanned or typed; ``None`` when it cannot be a code."""
    if payloads.is_payload(text.strip()) and len(text.strip()) == payloads.LENGTH:
        code = payloads.read(text, now=now, sign=_sign)
    else:
        code = codes.read(text)
    return None if code is None else pii.blind_index(code, _CODE)


def shown(*, coupon_id: UUID, member_id: UUID, now: datetime) -> CouponCode:
    """Return what the holder of a coupon shows. Raises ``CouponUnknown`` for anybody else's."""
    blob = db.value(
        "SELECT code_encrypted FROM coupons_coupon WHERE id = %s AND member_id = %s", [coupon_id, member_id]
    )
    if blob is None:
        raise CouponUnknown(field="coupon_id")
    code = pii.decrypt(blob, _place(coupon_id))
    payload = payloads.payload(code, now=now, sign=_sign)
    out = io.BytesIO()
    segno.make(payload, error="m", micro=False).save(out, kind="svg", border=4, xmldecl=False, scale=8)
    return CouponCode(
        text=codes.grouped(codes.with_check(code)),
        payload=payload,
        svg=out.getvalue().decode(),
        renew_at=payloads.renew_at(now),
    )


def _sign(text: str) -> bytes:
    return pii.blind_index(text, _QR)


def _place(coupon_id: UUID) -> str:
    return f"coupons_coupon|code_encrypted|{coupon_id}"
