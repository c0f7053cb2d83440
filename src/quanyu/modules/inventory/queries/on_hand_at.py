"""What lay somewhere at a moment, the sum of what had moved until then; and of what a location has rows at all."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from quanyu.platform import db


def on_hand_at(*, location_id: int, owner_id: int, sku_ids: Collection[int], at: datetime) -> dict[int, int]:
    """Return base units by SKU; nothing that moves later changes the answer. One query."""
    found = db.rows(
        "SELECT sku_id, sum(on_hand_delta)::bigint AS on_hand FROM inventory_movement "
        "WHERE location_id = %s AND owner_id = %s AND sku_id = ANY(%s) AND at <= %s GROUP BY sku_id",
        [location_id, owner_id, sorted(sku_ids), at],
    )
    return dict.fromkeys(sku_ids, 0) | {int(row["sku_id"]): int(row["on_hand"]) for row in found}


def skus_at(*, location_id: int, after_id: int, limit: int) -> list[int]:
    """Return the SKUs of which a location has or had stock, by id, beyond one. One query."""
    found = db.rows(
        "SELECT DISTINCT sku_id FROM inventory_stock WHERE location_id = %s AND sku_id > %s ORDER BY sku_id LIMIT %s",
        [location_id, after_id, limit],
    )
    return [int(row["sku_id"]) for row in found]
