"""Facts that pricing publishes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class PriceStep:
    """One price before and after, in fen; ``None``: the SKU was not, or is no longer, in the book."""

    sku_id: int
    before_fen: int | None
    after_fen: int | None


@dataclass(frozen=True, slots=True)
class PriceChanged:
    """Prices of one book changed: one event for up to a thousand SKUs of one deed."""

    topic: ClassVar[str] = "pricing.price_changed.1"

    book_id: int
    unit_id: int
    kind: str
    tier: str
    changes: tuple[PriceStep, ...]

    @property
    def aggregate(self) -> str:
        """The price book."""
        return str(self.book_id)


@dataclass(frozen=True, slots=True)
class BookClosed:
    """A price book ends (or ended) at ``ends_at``; all its prices with it."""

    topic: ClassVar[str] = "pricing.book_closed.1"

    book_id: int
    unit_id: int
    kind: str
    ends_at: str

    @property
    def aggregate(self) -> str:
        """The price book."""
        return str(self.book_id)
