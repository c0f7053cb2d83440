"""What a price book and a list of prices must look like, and which book's price holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from quanyu.kernel.period import Period
from quanyu.kernel.problem import N_
from quanyu.modules.pricing.contracts import Book, BookInvalid, BookKind, BookOrder, NewPrice, PriceInvalid, PriceSet


def check_book(*, kind: BookKind, tier: str, code: str, name: str) -> None:
    """Raise ``BookInvalid`` unless the book has a code and a name, and a tier only where it has a meaning."""
    if not code.strip():
        raise BookInvalid(field="code", reason=N_("it is empty"))
    if not name.strip():
        raise BookInvalid(field="name", reason=N_("it is empty"))
    if tier and kind is not BookKind.MEMBER:
        raise BookInvalid(field="tier", reason=N_("only member prices have a tier"))


# Ten million yuan for one piece or kilogram: more is a slip of the hand.
PRICE_FEN_MAX = 1_000_000_000


def price_fault(amount_fen: int | None) -> str:
    """Return why a price cannot be; nothing when it can. ``None`` takes the SKU out."""
    if amount_fen is not None and amount_fen < 0:
        return N_("it must not be negative")
    if amount_fen is not None and amount_fen > PRICE_FEN_MAX:
        return N_("it is more than ten million yuan")
    return ""


def check_prices(prices: Sequence[NewPrice]) -> None:
    """Raise ``PriceInvalid`` for a price that cannot be or a SKU that stands there twice."""
    seen: set[int] = set()
    for index, price in enumerate(prices):
        fault = price_fault(price.amount_fen)
        if fault:
            raise PriceInvalid(field=f"prices.{index}.amount_fen", reason=fault)
        if price.sku_id in seen:
            raise PriceInvalid(field=f"prices.{index}.sku_id", reason=N_("the product stands there twice"))
        seen.add(price.sku_id)


def book_order(books: Iterable[Book], *, path: Sequence[int], tier: str | None, at: datetime) -> BookOrder:
    """Return which of the active books decide at the end of a path, per kind: the nearest unit's first.

    At one unit a member book of the tier comes before one for all members; without a tier (``None``: not a member)
    member books do not count. ``pricing_resolve`` decides the same in SQL; a property test holds the two together.
    """
    depth = {unit_id: index for index, unit_id in enumerate(path)}
    start = end = None
    deciding = []
    for book in books:
        if not book.is_active or book.unit_id not in depth:
            continue
        if book.kind is BookKind.MEMBER and (tier is None or book.tier not in ("", tier)):
            continue
        for border in (book.period.start, book.period.end):
            if border is not None and border <= at and (start is None or border > start):
                start = border
            if border is not None and border > at and (end is None or border < end):
                end = border
        if at in book.period:
            deciding.append(book)
    deciding.sort(key=lambda book: (depth[book.unit_id], book.tier != ""), reverse=True)
    kinds = {kind: tuple(book.id for book in deciding if book.kind is kind) for kind in BookKind}
    return BookOrder(kinds[BookKind.BASE], kinds[BookKind.MEMBER], kinds[BookKind.TIMED], Period(start, end))


def price_set(sku_id: int, amounts: Mapping[int, int], order: BookOrder) -> PriceSet | None:
    """Return the prices of a SKU by what stands in its books (``{book id: fen}``); ``None`` without a base price."""
    base = _first(order.base, amounts)
    if base is None:
        return None
    member, timed = _first(order.member, amounts), _first(order.timed, amounts)
    return PriceSet(
        sku_id,
        amounts[base],
        None if member is None else amounts[member],
        None if timed is None else amounts[timed],
        base,
        member,
        timed,
    )


def _first(books: tuple[int, ...], amounts: Mapping[int, int]) -> int | None:
    for book_id in books:
        if book_id in amounts:
            return book_id
    return None
