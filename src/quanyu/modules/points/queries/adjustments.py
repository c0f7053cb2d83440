"""Requests to give or take points by hand."""

from __future__ import annotations

from uuid import UUID

from quanyu.modules.points.contracts import Adjustment, AdjustmentUnknown, RequestState
from quanyu.platform import db


def adjustment(adjustment_id: UUID) -> Adjustment:
    """Return one request. Raises ``AdjustmentUnknown``."""
    row = db.row(
        "SELECT id, member_id, unit_id, points, reason, state, requested_by, requested_at, decided_by, decided_at, "
        "note FROM points_adjustment WHERE id = %s",
        [adjustment_id],
    )
    if row is None:
        raise AdjustmentUnknown(field="adjustment_id")
    return Adjustment(**row | {"state": RequestState(row["state"])})
