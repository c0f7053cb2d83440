"""Adjust points by hand: one person asks, another decides."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import N_
from quanyu.modules.points import rules
from quanyu.modules.points.contracts import (
    Adjustment,
    AdjustmentDecided,
    FourEyes,
    PointsInvalid,
    PointsShort,
    RequestState,
)
from quanyu.modules.points.ops.give_points import give_points
from quanyu.modules.points.ops.signature import signature
from quanyu.modules.points.queries import adjustments, balances
from quanyu.platform import audit, db

_CAUSE = "adjustment"


def request_adjustment(
    *, member_id: UUID, unit_id: int, points: int, reason: str, actor: Actor, now: datetime
) -> Adjustment:
    """Write the request down. Raises ``PointsInvalid`` without points or a reason. Audited."""
    rules.check_points(abs(points))
    if not reason.strip():
        raise PointsInvalid(field="reason", reason=N_("an adjustment needs a reason"))
    adjustment_id = uuid7()
    db.execute(
        "INSERT INTO points_adjustment (id, member_id, unit_id, points, reason, state, requested_by, requested_at) "
        "VALUES (%s, %s, %s, %s, %s, 'requested', %s, %s)",
        [adjustment_id, member_id, unit_id, points, reason.strip(), signature(actor), now],
    )
    asked = adjustments.adjustment(adjustment_id)
    _record("points.request_adjustment", asked, reason=reason, actor=actor, now=now)
    return asked


def decide_adjustment(*, adjustment_id: UUID, approve: bool, note: str, actor: Actor, now: datetime) -> Adjustment:
    """Approve (the points move) or refuse. Audited.

    Raises ``FourEyes`` for whoever asked, ``AdjustmentDecided``, and ``PointsShort`` when more is to be taken than
    the member can use; then nothing changed.
    """
    asked = adjustments.adjustment(adjustment_id)
    if asked.requested_by == signature(actor):
        raise FourEyes(field="adjustment_id")
    state = RequestState.APPROVED if approve else RequestState.REFUSED
    decided = db.execute(
        "UPDATE points_adjustment SET state = %s, decided_by = %s, decided_at = %s, note = %s "
        "WHERE id = %s AND state = 'requested'",
        [state, signature(actor), now, note.strip(), adjustment_id],
    )
    if not decided:
        raise AdjustmentDecided(field="adjustment_id")
    done = adjustments.adjustment(adjustment_id)
    if approve:
        _move(done, actor=actor, now=now)
    _record(f"points.adjustment_{state}", done, reason=note, actor=actor, now=now)
    return done


def _move(asked: Adjustment, *, actor: Actor, now: datetime) -> None:
    if asked.points > 0:
        give_points(
            member_id=asked.member_id,
            points=asked.points,
            kind="adjust",
            cause_kind=_CAUSE,
            cause_id=str(asked.id),
            reason=asked.reason,
            store_id=asked.unit_id,
            actor=actor,
            now=now,
        )
        return
    taken = db.value(
        "SELECT points_deduct(%s, %s, %s, %s, %s, %s)",
        [asked.member_id, asked.id, -asked.points, signature(actor), asked.reason, now],
    )
    if not taken:
        available = balances.balances(member_ids=[asked.member_id], now=now)[asked.member_id].available
        raise PointsShort(field="points", wanted=-asked.points, available=available)


def _record(action: str, asked: Adjustment, *, reason: str, actor: Actor, now: datetime) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject_kind="member",
        subject_id=asked.member_id,
        reason=reason,
        detail={"adjustment_id": str(asked.id), "points": asked.points, "requested_by": asked.requested_by},
        unit_id=asked.unit_id,
        now=now,
    )
