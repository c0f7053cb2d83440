"""What all members' points would cost: by store, brand and month of their end."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import UnitKind
from quanyu.modules.points import rules
from quanyu.modules.points.contracts import Liability, LiabilityRow
from quanyu.modules.points.queries import balances, settings


def liability(*, at: datetime) -> Liability:
    """Return the points that could still be used at a moment, valued by the spending rule of today.

    ``by_brand`` sums live and pending points by brand unit (``None``: stores below no brand, points of no store).
    Four queries, whatever the number of members.
    """
    per_yuan = settings.points_per_yuan()
    rows = [
        LiabilityRow(
            store_id=store_id,
            month=month,
            live=live,
            pending=pending,
            value_fen=rules.value_fen(live + pending, points_per_yuan=per_yuan),
        )
        for store_id, month, live, pending in balances.months(at=at)
    ]
    live, pending = sum(row.live for row in rows), sum(row.pending for row in rows)
    return Liability(
        at=at,
        points_per_yuan=per_yuan,
        live=live,
        pending=pending,
        debt=balances.owed(at=at),
        value_fen=rules.value_fen(live + pending, points_per_yuan=per_yuan),
        rows=tuple(rows),
        by_brand=_by_brand(rows),
    )


def _by_brand(rows: list[LiabilityRow]) -> dict[int | None, int]:
    brands = {unit.id for unit in organization.units_of_kind(kind=UnitKind.BRAND)}
    paths = organization.paths(unit_ids={row.store_id for row in rows if row.store_id is not None})
    totals: dict[int | None, int] = defaultdict(int)
    for row in rows:
        path = paths.get(row.store_id, ()) if row.store_id is not None else ()
        totals[next((unit_id for unit_id in path if unit_id in brands), None)] += row.live + row.pending
    return dict(totals)
