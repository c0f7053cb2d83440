"""What a price book and a list of prices must look like."""

from __future__ import annotations

from collections.abc import Sequence

from quanyu.kernel.problem import N_
from quanyu.modules.pricing.contracts import BookInvalid, BookKind, NewPrice, PriceInvalid


def check_book(*, kind: BookKind, tier: str, code: str, name: str) -> None:
    """Raise ``BookInvalid`` unless the book has a code and a name, and a tier only where it has a meaning."""
    if not code.strip():
        raise BookInvalid(field="code", reason=N_("it is empty"))
    if not name.strip():
        raise BookInvalid(field="name", reason=N_("it is empty"))
    if tier and kind is not BookKind.MEMBER:
        raise BookInvalid(field="tier", reason=N_("only member prices have a tier"))


def check_prices(prices: Sequence[NewPrice]) -> None:
    """Raise ``PriceInvalid`` for a negative price or a SKU that stands there twice."""
    seen: set[int] = set()
    for index, price in enumerate(prices):
        if price.amount_fen is not None and price.amount_fen < 0:
            raise PriceInvalid(field=f"prices.{index}.amount_fen", reason=N_("it must not be negative"))
        if price.sku_id in seen:
            raise PriceInvalid(field=f"prices.{index}.sku_id", reason=N_("the product stands there twice"))
        seen.add(price.sku_id)
