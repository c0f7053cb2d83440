"""How many joined, by day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from quanyu.platform import db


def by_day(*, store_ids: Sequence[int] | None, since: datetime, until: datetime) -> dict[date, int]:
    """Return how many joined on each day in Shanghai; reads the members of that time by ``created_at``."""
    within = None if store_ids is None else list(store_ids)
    rows = db.rows(
        "SELECT (created_at AT TIME ZONE 'Asia/Shanghai')::date AS day, count(*) AS members FROM members_member "
        "WHERE created_at >= %s AND created_at < %s AND merged_into_id IS NULL "
        "AND (%s::bigint[] IS NULL OR store_id = ANY(%s)) GROUP BY 1 ORDER BY 1",
        [since, until, within, within],
    )
    return {row["day"]: row["members"] for row in rows}
