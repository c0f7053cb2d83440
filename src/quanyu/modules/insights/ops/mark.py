"""Marks days that are to be added up again."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from quanyu.platform import db


def order(order_id: UUID, *, now: datetime) -> None:
    """Mark the day of an order's sale; nothing for an order that is not in the book."""
    db.execute("SELECT insights_mark_order(%s, %s)", [order_id, now])


def taken_back(return_id: UUID, *, now: datetime) -> None:
    """Mark the day of a return."""
    db.execute("SELECT insights_mark_return(%s, %s)", [return_id, now])


def every_day(*, since: date, now: datetime) -> int:
    """Mark all days with trade from a day on; return how many."""
    return int(db.value("SELECT insights_mark_all(%s, %s)", [since, now]))
