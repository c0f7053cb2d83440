"""Give points for a cause of the business: a birthday, a welcome, a journey."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.modules.points import rules
from quanyu.modules.points.contracts import ONCE_BP
from quanyu.modules.points.ops.signature import signature
from quanyu.platform import db


def give_points(
    *,
    member_id: UUID,
    points: int,
    kind: str = "give",
    cause_kind: str,
    cause_id: str,
    reason: str,
    store_id: int | None = None,
    valid_until: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> int:
    """Open a usable lot; return its points. Again for the same cause: nothing changes. Raises ``PointsInvalid``."""
    rules.check_points(points)
    opened = db.call_json(
        "points_open_lot",
        {
            "member_id": member_id,
            "kind": kind,
            "cause_kind": cause_kind,
            "cause_id": cause_id,
            "points": points,
            "store_id": store_id,
            "rule_version": 0,
            "multiplier_bp": ONCE_BP,
            "matures_at": None,
            "expires_at": rules.end_of_gift(valid_until, now=now),
            "lines": [],
            "actor": signature(actor),
            "reason": reason,
            "at": now,
        },
    )
    return int(opened["points"])
