"""For counts and lists that are kept elsewhere: what the ledger said at a moment, and what a location has at all."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from quanyu.modules.inventory.queries import on_hand_at as _query


def on_hand_at(*, location_id: int, owner_id: int, sku_ids: Collection[int], at: datetime) -> dict[int, int]:
    """Return what the ledger says lay there at a moment, in base units by SKU; no permission check.

    A count is an observation at a time: counted minus this is its difference, whatever was sold since.
    """
    return _query.on_hand_at(location_id=location_id, owner_id=owner_id, sku_ids=sku_ids, at=at)


def skus_at(*, location_id: int, after_id: int, limit: int) -> list[int]:
    """Return the SKUs of which a location has or had stock, by id, beyond one; no permission check."""
    return _query.skus_at(location_id=location_id, after_id=after_id, limit=limit)
