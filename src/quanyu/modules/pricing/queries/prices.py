"""The prices that hold for a list of SKUs: one query."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from quanyu.modules.pricing.contracts import PriceSet
from quanyu.platform import db


def member_prices(
    *, path: Sequence[int], sku_ids: Collection[int], tiers: Collection[str], at: datetime
) -> dict[int, dict[str, int]]:
    """Return what the member books say at the unit with this path, in fen by SKU and tier."""
    found: dict[int, dict[str, int]] = {}
    for row in db.rows(
        "SELECT sku_id, tier, amount_fen FROM pricing_member_prices(%s::bigint[], %s::bigint[], %s::text[], %s)",
        [list(path), list(sku_ids), list(tiers), at],
    ):
        found.setdefault(row["sku_id"], {})[row["tier"]] = row["amount_fen"]
    return found


def in_books(*, book_ids: Collection[int], sku_ids: Collection[int]) -> dict[tuple[int, int], int]:
    """Return amounts in fen by (book, SKU), without asking which book holds where."""
    rows = db.rows(
        "SELECT book_id, sku_id, amount_fen FROM pricing_price WHERE book_id = ANY(%s) AND sku_id = ANY(%s)",
        [list(book_ids), list(sku_ids)],
    )
    return {(row["book_id"], row["sku_id"]): row["amount_fen"] for row in rows}


def prices(*, path: Sequence[int], sku_ids: Collection[int], tier: str | None, at: datetime) -> dict[int, PriceSet]:
    """Return the prices at the unit with this path; SKUs without a base price are left out."""
    rows = db.rows(
        "SELECT sku_id, base_fen, member_fen, timed_fen, base_book, member_book, timed_book "
        "FROM pricing_resolve(%s::bigint[], %s::bigint[], %s, %s)",
        [list(path), list(sku_ids), tier, at],
    )
    return {row["sku_id"]: PriceSet(**row) for row in rows}
