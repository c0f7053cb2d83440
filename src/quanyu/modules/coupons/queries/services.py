"""Services that were handed out: one by its id or by its coupon."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.modules.coupons.contracts import HandedOut
from quanyu.modules.coupons.queries import coupons
from quanyu.platform import db


def handed_out(*, id: UUID, at: datetime) -> HandedOut | None:
    """Return a hand-out that was not put back."""
    row = db.row(
        "SELECT id, coupon_id, store_id, staff_id, at FROM coupons_handed_out WHERE id = %s AND put_back_at IS NULL",
        [id],
    )
    if row is None:
        return None
    entry, _ = coupons.entry(coupon_id=row["coupon_id"], at=at)
    return HandedOut(
        id=row["id"],
        coupon=entry.coupon,
        worth_fen=entry.coupon.amount_fen,
        store_id=row["store_id"],
        staff_id=row["staff_id"],
        at=row["at"],
    )
