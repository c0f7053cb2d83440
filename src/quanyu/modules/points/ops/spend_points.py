"""Spend points for a cause outside of an order, and give them back to the lots they came from."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.modules.points import rules
from quanyu.modules.points.contracts import PointsShort
from quanyu.modules.points.queries import balances
from quanyu.platform import db


def spend_points(*, member_id: UUID, cause_kind: str, cause_id: str, points: int, now: datetime) -> None:
    """Spend, the first to end first; a repeat is harmless. Raises ``PointsShort``, ``PointsInvalid``."""
    rules.check_points(points)
    spent = db.value("SELECT points_spend_for(%s, %s, %s, %s, '', %s)", [member_id, cause_kind, cause_id, points, now])
    if not spent:
        available = balances.balances(member_ids=[member_id], now=now)[member_id].available
        raise PointsShort(field="points", wanted=points, available=available)


def restore_points(*, cause_kind: str, cause_id: str, points: int | None, cause: str, now: datetime) -> int:
    """Give back points of a cause (``None``: all still spent); return how many. A repeat is harmless."""
    return int(
        db.value("SELECT points_restore_for(%s, %s, %s, %s, '', %s)", [cause_kind, cause_id, points, cause, now])
    )
