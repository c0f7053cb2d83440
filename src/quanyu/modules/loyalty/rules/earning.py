"""What of an order earns points and growth. Pure."""

from __future__ import annotations

from collections.abc import Iterable
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


def _is_of_points_mall(line: Line) -> bool:
    return any(discount.kind == POINTS_MALL for discount in line.discounts)
