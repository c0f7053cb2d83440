"""Reserve, redeem and give back by the SQL doors, for callers that are not one statement; and the clock's work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from quanyu.modules.coupons.contracts import Reason, Wanted
from quanyu.platform import db


def reserve(*, order_id: UUID, member_id: UUID, wanted: Sequence[Wanted], now: datetime) -> tuple[UUID, Reason] | None:
    """Take coupons for an order, all or none; the first that cannot be taken, and why, else ``None``."""
    coupons = msgspec.json.encode(wanted).decode()
    refused = db.json_value("SELECT coupons_reserve(%s, %s, %s::jsonb, %s)", [order_id, member_id, coupons, now])
    return None if refused is None else (UUID(refused["coupon_id"]), Reason(refused["reason"]))


def redeem(*, order_id: UUID, now: datetime) -> int:
    """Use what an order has reserved; return how many."""
    return int(db.value("SELECT coupons_redeem(%s, %s)", [order_id, now]))


def release(*, order_id: UUID, now: datetime) -> int:
    """Give back what an unpaid order has reserved; return how many."""
    return int(db.value("SELECT coupons_release(%s, %s)", [order_id, now]))


def give_back(*, order_id: UUID, now: datetime) -> int:
    """Give back what a paid order has used; return how many."""
    return int(db.value("SELECT coupons_return(%s, %s)", [order_id, now]))


def expire(*, now: datetime, limit: int) -> int:
    """Write down what is past its time or was taken down, at most so many; return how many."""
    return int(db.value("SELECT coupons_expire(%s, %s)", [now, limit]))
