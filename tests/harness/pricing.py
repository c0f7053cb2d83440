"""Builders of price books, through pricing's door."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.period import Period
from quanyu.modules.pricing import api as pricing
from quanyu.modules.pricing.contracts import Book, NewPrice

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
ALWAYS = Period(datetime(2020, 1, 1, tzinfo=UTC))


def make_book(
    *, unit_id: int, kind: str = "base", tier: str = "", period: Period = ALWAYS, prices: dict[int, int] | None = None
) -> Book:
    """Open a price book and set ``{sku_id: fen}`` in it."""
    book = pricing.create_book(
        code=f"T{secrets.token_hex(6)}",
        name="测试价",
        kind=kind,
        unit_id=unit_id,
        tier=tier,
        period=period,
        actor=SYSTEM,
        now=NOW,
    )
    if prices:
        set_prices(book, prices)
    return book


def set_prices(book: Book, prices: dict[int, int | None]) -> int:
    """Set ``{sku_id: fen}`` in a book (``None``: take out); return how many changed."""
    wanted = [NewPrice(sku_id, amount_fen) for sku_id, amount_fen in prices.items()]
    return pricing.set_prices(book_id=book.id, prices=wanted, actor=SYSTEM, now=NOW)
