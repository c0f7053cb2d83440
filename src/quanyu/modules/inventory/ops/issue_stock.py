"""Let reserved units leave the building."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.modules.inventory.contracts import MovementKind
from quanyu.modules.inventory.ops import move_stock
from quanyu.platform import db


def issue_stock(
    *, cause_kind: str, cause_id: str, lines: Sequence[str] | None, kind: MovementKind, actor: Actor, now: datetime
) -> int:
    """Issue the open lines of a cause (or those named); return how many, 0 when they are issued already."""
    return int(
        db.value(
            "SELECT inventory_issue(%s, %s, %s, %s, %s, %s::text[])",
            [cause_kind, cause_id, kind, move_stock.signature(actor), now, None if lines is None else list(lines)],
        )
    )
