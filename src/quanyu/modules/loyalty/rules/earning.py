"""What of an order earns points and growth, and when the points may be used. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from quanyu.modules.orders.contracts import Line

ZONE = ZoneInfo("Asia/Shanghai")
POINTS_MALL = "points_mall"


def earning_lines(lines: Iterable[Line]) -> list[Line]:
    """Return the lines that earn: neither gifts nor goods of the points mall."""
    return [line for line in lines if not line.gift_of and not _is_of_points_mall(line)]


def base_fen(lines: Iterable[Line]) -> int:
    """Return the money that earns: what was paid for these goods and not given back."""
    return sum(max(line.remaining_fen, 0) for line in lines)


def matures_at(completed_at: datetime, *, pending_days: int) -> datetime | None:
    """Return the midnight of Shanghai after so many whole days; ``None``: at once."""
    if pending_days == 0:
        return None
    midnight = completed_at.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=pending_days + 1)


def _is_of_points_mall(line: Line) -> bool:
    return any(discount.kind == POINTS_MALL for discount in line.discounts)
