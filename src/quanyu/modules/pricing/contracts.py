"""What crosses pricing's door: price books, the prices that hold for a SKU, refusals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from quanyu.kernel.period import Period
from quanyu.kernel.problem import N_, Conflict, Invalid, NotFound


class BookKind(StrEnum):
    """What a price book is for: everybody, members, or everybody for a time."""

    BASE = "base"
    MEMBER = "member"
    TIMED = "timed"


class BookUnknown(NotFound):
    """No such price book, or it is closed."""

    code = "pricing.book_unknown"
    title = N_("There is no such price book.")
    remedy = N_("Choose one from the list.")


class BookCodeTaken(Conflict):
    """Another price book has this code."""

    code = "pricing.book_code_taken"
    title = N_("The price book code %(code)s is taken.")
    remedy = N_("Choose another code.")


class BooksOverlap(Conflict):
    """Two books of one kind, place and tier would hold at the same time."""

    code = "pricing.books_overlap"
    title = N_("The price book %(code)s already holds in this period.")
    remedy = N_("Choose another period, or close the other price book first.")


class BookInvalid(Invalid):
    """The book's kind, tier and period do not fit together."""

    code = "pricing.book_invalid"


class PriceInvalid(Invalid):
    """A price is negative or too high, or names a SKU twice."""

    code = "pricing.price_invalid"


class PriceMissing(Conflict):
    """A SKU has no base price here, so it cannot be sold."""

    code = "pricing.price_missing"
    title = N_("This product has no price in this store.")
    remedy = N_("Set a base price before selling it.")


@dataclass(frozen=True, slots=True)
class Book:
    """A price book: valid for ``unit_id`` and everything below it during ``period``.

    ``tier`` limits a member book to one tier; empty: every member.
    """

    id: int
    code: str
    name: str
    kind: BookKind
    unit_id: int
    tier: str
    period: Period
    is_active: bool


@dataclass(frozen=True, slots=True)
class BookOrder:
    """Which books decide at a place, for a tier, at any moment of ``period``: per kind their ids, the first one that
    has a price of the SKU wins.
    """

    base: tuple[int, ...]
    member: tuple[int, ...]
    timed: tuple[int, ...]
    period: Period


@dataclass(frozen=True, slots=True)
class PriceSet:
    """The prices of a SKU at a place, for a tier, at a moment: fen per priced unit, tax included.

    ``member_fen`` and ``timed_fen`` are ``None`` where no book gives one. The ``*_book`` ids say
    which book each price comes from.
    """

    sku_id: int
    base_fen: int
    member_fen: int | None = None
    timed_fen: int | None = None
    base_book: int | None = None
    member_book: int | None = None
    timed_book: int | None = None


@dataclass(frozen=True, slots=True)
class NewPrice:
    """A price to set; ``None`` takes the SKU out of the book."""

    sku_id: int
    amount_fen: int | None


@dataclass(frozen=True, slots=True)
class PriceCell:
    """One price of a book that somebody edits: ``was_fen`` is what he saw, ``None``: not in the book."""

    sku_id: int
    was_fen: int | None
    wanted_fen: int | None


class PriceState(StrEnum):
    """What became of an edited price. ``same``: it stood so already; ``stale``: somebody else changed it meanwhile."""

    SAVED = "saved"
    SAME = "same"
    STALE = "stale"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class PriceOutcome:
    """What became of an edited price and what stands now; if stale by whom and when, if refused why."""

    cell: PriceCell
    state: PriceState
    now_fen: int | None
    actor: str = ""
    at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PriceHistoryEntry:
    """One change of a price with who made it. ``None`` before or after: the SKU was not in the book."""

    book_id: int
    sku_id: int
    before_fen: int | None
    after_fen: int | None
    actor: str
    at: datetime
