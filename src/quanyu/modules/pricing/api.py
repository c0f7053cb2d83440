"""Pricing's door: price books, their prices, and what a SKU costs here, now, for whom.

Amounts are fen per priced unit (piece or kilogram), tax included.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.kernel.period import Period
from quanyu.modules.identity import api as _identity
from quanyu.modules.organization import api as _organization
from quanyu.modules.pricing import rules as _rules
from quanyu.modules.pricing.contracts import (
    Book,
    BookKind,
    NewPrice,
    PriceCell,
    PriceHistoryEntry,
    PriceOutcome,
    PriceSet,
)
from quanyu.modules.pricing.ops import close_book as _close_book
from quanyu.modules.pricing.ops import create_book as _create_book
from quanyu.modules.pricing.ops import set_prices as _set_prices
from quanyu.modules.pricing.ops import write_prices as _write_prices
from quanyu.modules.pricing.queries import books as _books
from quanyu.modules.pricing.queries import kept as _kept
from quanyu.modules.pricing.queries import prices as _prices
from quanyu.platform import db
from quanyu.platform.marks import Reading as _Reading
from quanyu.platform.marks import day_of as _day_of

EDIT = "pricing.edit"
HISTORY_MAX = 200


def create_book(
    *,
    code: str,
    name: str,
    kind: str,
    unit_id: int,
    tier: str = "",
    period: Period,
    actor: Actor,
    now: datetime,
) -> Book:
    """Open a price book for a unit and everything below it.

    Raises ``Forbidden``, ``BookInvalid``, ``BookCodeTaken``, ``BooksOverlap`` (field ``period``). Audited.
    """
    _identity.require(actor=actor, permission=EDIT, unit_id=unit_id)
    return db.in_transaction(
        lambda: _create_book.create_book(
            code=code,
            name=name,
            kind=BookKind(kind),
            unit_id=unit_id,
            tier=tier,
            period=period,
            actor=actor,
            now=now,
        )
    )


def close_book(*, book_id: int, at: datetime, actor: Actor, now: datetime) -> Book:
    """Let a book end at a moment. Raises ``Forbidden``, ``BookUnknown``. Publishes ``BookClosed``; audited."""
    _identity.require(actor=actor, permission=EDIT, unit_id=_books.book(book_id).unit_id)
    return db.in_transaction(lambda: _close_book.close_book(book_id=book_id, at=at, actor=actor, now=now))


def set_prices(*, book_id: int, prices: Sequence[NewPrice], actor: Actor, now: datetime) -> int:
    """Set many prices of a book (``None`` takes a SKU out); return how many changed.

    Raises ``Forbidden``, ``BookUnknown``, ``PriceInvalid`` (field ``prices.<index>...``). Publishes
    ``PriceChanged`` for up to a thousand SKUs each; audited; the history keeps every step.
    """
    book = _books.book(book_id)
    _identity.require(actor=actor, permission=EDIT, unit_id=book.unit_id)
    return db.in_transaction(lambda: _set_prices.set_prices(book=book, prices=prices, actor=actor, now=now))


def write_prices(*, book_id: int, cells: Sequence[PriceCell], actor: Actor, now: datetime) -> list[PriceOutcome]:
    """Write the prices that still stand as their editor saw them; one outcome each, in order.

    What somebody else changed meanwhile is kept (``stale``, with who did and when), what cannot be is refused with a
    reason, the others are saved. Raises ``Forbidden``, ``BookUnknown``. Locks the book; publishes and audits like
    ``set_prices``.
    """
    book = _books.book(book_id)
    _identity.require(actor=actor, permission=EDIT, unit_id=book.unit_id)
    return db.in_transaction(lambda: _write_prices.write_prices(book=book, cells=cells, actor=actor, now=now))


def prices(
    *,
    unit_id: int,
    sku_ids: Collection[int],
    tier: str | None = None,
    at: datetime,
    path: Sequence[int] | None = None,
) -> dict[int, PriceSet]:
    """Return what SKUs cost at a unit; ``tier`` ``None`` is not a member, ``""`` a member without a tier.

    One query when the caller knows the unit's path, else one more. SKUs without a base price are left out.
    """
    if path is None:
        path = _organization.paths(unit_ids=[unit_id]).get(unit_id, ())
    return _prices.prices(path=path, sku_ids=sku_ids, tier=tier, at=at)


def member_prices(
    *, path: Sequence[int], sku_ids: Collection[int], tiers: Collection[str], at: datetime
) -> dict[int, dict[str, int]]:
    """Return the ``member_fen`` of ``prices`` by SKU and tier, for all tiers in one query; "" is a member without one.

    What no member book says is left out. A SKU may be here that has no base price, and so no price at all.
    """
    return _prices.member_prices(path=path, sku_ids=sku_ids, tiers=tiers, at=at)


def want_prices(*, reading: _Reading, sku_ids: Collection[int], at: datetime) -> None:
    """Ask a batch's reading for all that ``prices_read`` needs, for any number of places and tiers."""
    day = _day_of(at)
    reading.want(_kept.BOOKS, [day])
    reading.want(_kept.PRICES, [(sku_id, day) for sku_id in sku_ids])


def prices_read(
    *, reading: _Reading, path: tuple[int, ...], sku_ids: Collection[int], tier: str | None, at: datetime
) -> dict[int, PriceSet]:
    """Return what ``prices`` would, from a reading that was asked for these SKUs. No query."""
    day = _day_of(at)
    books = reading.of(_kept.BOOKS)[day]
    order = books.at(path=path, tier=tier, at=at) if books else _rules.book_order((), path=path, tier=tier, at=at)
    amounts, found = reading.of(_kept.PRICES), {}
    for sku_id in sku_ids:
        here = amounts.get((sku_id, day))
        price = _rules.price_set(sku_id, here, order) if here else None
        if price is not None:
            found[sku_id] = price
    return found


def book(*, book_id: int) -> Book:
    """Return a price book. Raises ``BookUnknown``."""
    return _books.book(book_id)


def books(*, unit_ids: Collection[int] | None = None, at: datetime | None = None) -> list[Book]:
    """Return price books of units (default: all), with ``at`` only those in force then."""
    return _books.books(unit_ids=unit_ids, at=at)


def prices_in_books(
    *, book_ids: Collection[int], sku_ids: Collection[int], hold: bool = False
) -> dict[tuple[int, int], int]:
    """Return what stands in these books, by (book, SKU); ``hold`` locks the books within an open transaction."""
    if hold:
        _set_prices.hold(book_ids)
    return _prices.in_books(book_ids=book_ids, sku_ids=sku_ids)


def last_changes(*, book_id: int, sku_ids: Collection[int]) -> dict[int, PriceHistoryEntry]:
    """Return the last change of each of these SKUs in a book, by SKU; one query."""
    return _books.last_changes(book_id=book_id, sku_ids=sku_ids)


def history(*, sku_id: int, book_id: int | None = None, limit: int = 50) -> list[PriceHistoryEntry]:
    """Return how the prices of a SKU changed, newest first, at most 200 entries."""
    return _books.history(sku_id=sku_id, book_id=book_id, limit=min(limit, HISTORY_MAX))
