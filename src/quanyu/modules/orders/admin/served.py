"""Who served for a line, as the console says it."""

from __future__ import annotations

from collections.abc import Sequence

from quanyu.modules.orders.models import Line
from quanyu.platform.console.formats import percent


def by_line(line: Line) -> list[str]:
    """Return the names of who served for a line, with their shares when they were several."""
    shares = sorted(line.shares.all(), key=lambda share: share.place)
    if shares:
        return [f"{share.staff.name} {percent(share.share_bp)}" for share in shares]
    return [] if line.credited_staff is None else [line.credited_staff.name]


def names(lines: Sequence[Line]) -> list[str]:
    """Return everybody who served for an order, each once, in the order of its lines."""
    found: dict[int, str] = {}
    for line in lines:
        for share in sorted(line.shares.all(), key=lambda share: share.place):
            found.setdefault(share.staff_id, share.staff.name)
        if line.credited_staff is not None:
            found.setdefault(line.credited_staff.pk, line.credited_staff.name)
    return list(found.values())
