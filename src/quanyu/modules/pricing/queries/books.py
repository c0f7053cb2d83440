"""Price books and the history of their prices."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from quanyu.kernel.period import Period
from quanyu.modules.pricing.contracts import Book, BookKind, BookUnknown, PriceHistoryEntry
from quanyu.platform import db

_BOOK = (
    "SELECT id, code, name, kind, unit_id, tier, lower(period) AS starts_at, upper(period) AS ends_at, is_active "
    "FROM pricing_price_book "
)


def book(book_id: int) -> Book:
    """Return one book. Raises ``BookUnknown``."""
    found = db.row(_BOOK + "WHERE id = %s", [book_id])
    if found is None:
        raise BookUnknown(field="book_id")
    return _book(found)


def books(*, unit_ids: Collection[int] | None, at: datetime | None) -> list[Book]:
    """Return the books of units (all: ``None``), those in force at a moment, by kind and code."""
    rows = db.rows(
        _BOOK + "WHERE (%s::bigint[] IS NULL OR unit_id = ANY(%s)) "
        "AND (%s::timestamptz IS NULL OR (is_active AND period @> %s)) ORDER BY kind, code",
        [*[None if unit_ids is None else list(unit_ids)] * 2, at, at],
    )
    return [_book(row) for row in rows]


def history(*, sku_id: int, book_id: int | None, limit: int) -> list[PriceHistoryEntry]:
    """Return the changes of a SKU's prices (in one book), the newest first."""
    rows = db.rows(
        "SELECT book_id, sku_id, before_fen, after_fen, actor, at FROM pricing_price_change "
        "WHERE sku_id = %s AND (%s::bigint IS NULL OR book_id = %s) ORDER BY id DESC LIMIT %s",
        [sku_id, book_id, book_id, limit],
    )
    return [PriceHistoryEntry(**row) for row in rows]


def last_changes(*, book_id: int, sku_ids: Collection[int]) -> dict[int, PriceHistoryEntry]:
    """Return the last change of each of these SKUs in a book, by SKU; one query."""
    rows = db.rows(
        "SELECT last.* FROM unnest(%s::bigint[]) AS wanted (sku_id) CROSS JOIN LATERAL ("
        "SELECT book_id, sku_id, before_fen, after_fen, actor, at FROM pricing_price_change AS change "
        "WHERE change.sku_id = wanted.sku_id AND change.book_id = %s ORDER BY change.id DESC LIMIT 1) AS last",
        [sorted(set(sku_ids)), book_id],
    )
    return {row["sku_id"]: PriceHistoryEntry(**row) for row in rows}


def _book(row: dict[str, Any]) -> Book:
    return Book(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        kind=BookKind(row["kind"]),
        unit_id=row["unit_id"],
        tier=row["tier"],
        period=Period(row["starts_at"], row["ends_at"]),
        is_active=row["is_active"],
    )
