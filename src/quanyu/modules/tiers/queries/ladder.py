"""The tiers with how many members stand in each of them."""

from __future__ import annotations

from collections.abc import Collection

from quanyu.platform import db


def members_by_tier(*, store_ids: Collection[int] | None) -> dict[str, int]:
    """Return how many members stand in each tier; of those who joined at the stores, ``None``: all."""
    rows = db.rows("SELECT tier, members FROM members_by_tier(%s)", [None if store_ids is None else sorted(store_ids)])
    return {row["tier"]: row["members"] for row in rows}
