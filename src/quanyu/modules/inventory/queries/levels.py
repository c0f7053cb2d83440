"""Stock rows, their history and the sharing rules, for screens and counts."""

from __future__ import annotations

from collections.abc import Collection

from quanyu.modules.inventory.contracts import MovementEntry, MovementKind, Promise, SharingRule, StockLevel
from quanyu.platform import db


def stock_levels(*, location_ids: Collection[int], sku_ids: Collection[int] | None) -> list[StockLevel]:
    """Return the rows of these locations (and SKUs), by location, SKU and owner. One query."""
    rows = db.rows(
        "SELECT location_id, sku_id, owner_id, on_hand, reserved, damaged, in_transit, safety FROM inventory_stock "
        "WHERE location_id = ANY(%s) AND (%s::bigint[] IS NULL OR sku_id = ANY(%s)) "
        "ORDER BY location_id, sku_id, owner_id",
        [list(location_ids), *[None if sku_ids is None else list(sku_ids)] * 2],
    )
    return [StockLevel(**row) for row in rows]


def promises(*, location_id: int, sku_ids: Collection[int], cause_kind: str) -> list[Promise]:
    """Return what a place holds of these SKUs for causes of a kind. One query."""
    rows = db.rows(
        "SELECT cause_id, sku_id, sum(quantity)::bigint AS quantity FROM inventory_reservation "
        "WHERE location_id = %s AND sku_id = ANY(%s) AND cause_kind = %s AND state = 'open' GROUP BY cause_id, sku_id",
        [location_id, list(sku_ids), cause_kind],
    )
    return [Promise(**row) for row in rows]


def movements(
    *, location_id: int, sku_id: int, owner_id: int, before_id: int | None, limit: int
) -> list[MovementEntry]:
    """Return the history of one stock row, the newest first; ``before_id`` pages back."""
    rows = db.rows(
        "SELECT id, kind, location_id, sku_id, owner_id, on_hand_delta, damaged_delta, in_transit_delta, "
        "on_hand_after, cause_kind, cause_id, cause_line, actor, reason, at FROM inventory_movement "
        "WHERE location_id = %s AND sku_id = %s AND owner_id = %s AND (%s::bigint IS NULL OR id < %s) "
        "ORDER BY id DESC LIMIT %s",
        [location_id, sku_id, owner_id, before_id, before_id, limit],
    )
    return [MovementEntry(**row | {"kind": MovementKind(row["kind"])}) for row in rows]


def booked(*, cause_kind: str, cause_ids: Collection[str], sku_ids: Collection[int]) -> dict[tuple[str, int], int]:
    """Return what causes of a kind put on hand, by (cause, SKU)."""
    rows = db.rows(
        "SELECT cause_id, sku_id, sum(on_hand_delta)::bigint AS moved FROM inventory_movement "
        "WHERE cause_kind = %s AND cause_id = ANY(%s) AND sku_id = ANY(%s) GROUP BY cause_id, sku_id",
        [cause_kind, list(cause_ids), list(sku_ids)],
    )
    return {(row["cause_id"], row["sku_id"]): row["moved"] for row in rows}


def sharing_rules(*, owner_ids: Collection[int]) -> list[SharingRule]:
    """Return the sharing rules of these owners."""
    rows = db.rows(
        "SELECT owner_id, seller_owner_id, category_id, nullif(channel, '') AS channel, is_shared "
        "FROM inventory_sharing_policy WHERE owner_id = ANY(%s) ORDER BY id",
        [list(owner_ids)],
    )
    return [SharingRule(**row) for row in rows]
