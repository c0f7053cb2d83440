"""Price books and prices as the order path keeps them in memory: by day and by SKU, never by store and SKU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from quanyu.kernel.period import Period
from quanyu.modules.pricing import rules
from quanyu.modules.pricing.contracts import Book, BookKind, BookOrder
from quanyu.platform import marks

_BOOKS = (
    "SELECT id, code, name, kind, unit_id, tier, lower(period) AS starts_at, upper(period) AS ends_at "
    "FROM pricing_price_book WHERE is_active AND (upper(period) IS NULL OR upper(period) > %s)"
)
# Prices of books that are over are never asked for again; years of them must not be read with every SKU.
_PRICES = (
    "SELECT price.sku_id, array_agg(price.book_id) AS books, array_agg(price.amount_fen) AS amounts "
    "FROM pricing_price AS price JOIN pricing_price_book AS book ON book.id = price.book_id "
    "WHERE price.sku_id = ANY(%s::bigint[]) AND book.is_active "
    "AND (upper(book.period) IS NULL OR upper(book.period) > %s) GROUP BY price.sku_id"
)
_ORDERS_MAX = 20_000


class BooksOfDay:
    """The books that hold at some time of a day, and in which order they decide at the places met so far."""

    __slots__ = ("_books", "_orders")

    def __init__(self, books: Sequence[Book]) -> None:
        self._books: dict[int, list[Book]] = {}
        for book in books:
            self._books.setdefault(book.unit_id, []).append(book)
        self._orders: dict[tuple[tuple[int, ...], str | None], BookOrder] = {}

    def at(self, *, path: tuple[int, ...], tier: str | None, at: datetime) -> BookOrder:
        """Return which books decide at the end of a path, for a tier, at a moment of this day."""
        order = self._orders.get((path, tier))
        if order is None or at not in order.period:
            here = [book for unit_id in path for book in self._books.get(unit_id, ())]
            order = rules.book_order(here, path=path, tier=tier, at=at)
            if len(self._orders) >= _ORDERS_MAX:
                self._orders.clear()
            self._orders[path, tier] = order
        return order


def _books_part(days: Sequence[date]) -> marks.Part[dict[date, BooksOfDay]]:
    # One day is asked for at a time, but by a clock that jumps.
    first = min(days)
    return marks.Part(
        _BOOKS, [marks.start_of(first)], lambda rows: dict.fromkeys(days, BooksOfDay([_book(row) for row in rows]))
    )


def _prices_part(keys: Sequence[tuple[int, date]]) -> marks.Part[dict[tuple[int, date], Mapping[int, int]]]:
    first = min(day for _, day in keys)
    days: dict[int, list[date]] = {}
    for sku_id, day in keys:
        days.setdefault(sku_id, []).append(day)
    return marks.Part(
        _PRICES,
        [list(days), marks.start_of(first)],
        lambda rows: {
            (row["sku_id"], day): dict(zip(row["books"], row["amounts"], strict=True))
            for row in rows
            for day in days[row["sku_id"]]
        },
    )


def _book(row: dict[str, Any]) -> Book:
    return Book(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        kind=BookKind(row["kind"]),
        unit_id=row["unit_id"],
        tier=row["tier"],
        period=Period(marks.moment(row["starts_at"]), marks.moment(row["ends_at"])),
        is_active=True,
    )


BOOKS: marks.Kept[date, BooksOfDay] = marks.Kept(topics=["pricing.book"], part=_books_part, most=8)
PRICES: marks.Kept[tuple[int, date], Mapping[int, int]] = marks.Kept(
    topics=["pricing.book", "pricing.price"], part=_prices_part, most=300_000, weight=len
)
