"""What is known of partners, their tills, and what their codes mean."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from quanyu.modules.catalog import api as catalog
from quanyu.platform import db


@dataclass(frozen=True, slots=True)
class Till:
    """An old till: its id stands on its orders as their terminal."""

    id: UUID
    code: str
    store_id: int


def partner(*, client_id: UUID) -> dict[str, Any] | None:
    """Return the partner of an API client: client_id, name, unit_id, secret_encrypted, paused_at."""
    return db.row(
        "SELECT client_id, name, unit_id, secret_encrypted, paused_at FROM partners_partner WHERE client_id = %s",
        [client_id],
    )


def named(names: Collection[str]) -> list[dict[str, Any]]:
    """Return the partners of these names: client_id, name, unit_id."""
    return db.rows("SELECT client_id, name, unit_id FROM partners_partner WHERE name = ANY(%s)", [list(names)])


def tills(*, partner_id: UUID, codes: Collection[str]) -> dict[str, Till]:
    """Return the partner's tills by code."""
    found = db.rows(
        "SELECT id, code, store_id FROM partners_till WHERE partner_id = %s AND code = ANY(%s)",
        [partner_id, list(codes)],
    )
    return {row["code"]: Till(**row) for row in found}


def skus(*, partner_id: UUID, codes: Collection[str]) -> dict[str, int]:
    """Return which SKU each code means: what somebody said, else our own code, else a barcode."""
    found = db.rows(
        "SELECT code, sku_id FROM partners_article WHERE partner_id = %s AND code = ANY(%s)",
        [partner_id, list(codes)],
    )
    known = {str(row["code"]): int(row["sku_id"]) for row in found}
    known |= catalog.sku_ids_by_code(codes=[code for code in codes if code not in known])
    by_barcode = catalog.sku_codes_of_barcodes(codes=[code for code in codes if code not in known])
    ids = catalog.sku_ids_by_code(codes=by_barcode.values())
    return known | {code: ids[sku_code] for code, sku_code in by_barcode.items()}


def kept(*, partner_id: UUID, unknown: str = "", limit: int = 500) -> list[UUID]:
    """Return what waits, sales before returns, oldest first; ``unknown``: only what waits for this article."""
    found = db.rows(
        "SELECT id FROM partners_entry WHERE partner_id = %s AND state = 'kept' "
        "AND (%s = '' OR %s = ANY(unknown_codes)) ORDER BY kind DESC, received_at, till_code, seq, id LIMIT %s",
        [partner_id, unknown, unknown, limit],
    )
    return [row["id"] for row in found]
