"""Which coupons together save most on an order: tried out by quoting, since only the price chain knows."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from quanyu.modules.checkout.contracts import Quote

# Coupons to begin a combination with, and coupons in one. A wallet rarely holds more that work together.
STARTS_MAX = 5
TOGETHER_MAX = 5

Ids = tuple[UUID, ...]


def best_coupons(*, bare: Quote, ask: Callable[[Ids], Quote]) -> tuple[Ids, Quote]:
    """Return the coupons to choose, in order, with their quote; nothing when none saves anything.

    ``bare`` is the quote without coupons, ``ask`` quotes with some chosen. Each of the coupons that save most alone
    begins a combination, which grows by the best coupon that still may join while the sum grows. Of equal
    savings the fewer coupons win, so that none is spent for nothing.
    """
    best: tuple[Ids, Quote] = ((), bare)
    for first in _candidates(bare)[:STARTS_MAX]:
        found = _grown((first,), ask)
        if (saved_fen(found[1]), -len(found[0])) > (saved_fen(best[1]), -len(best[0])):
            best = found
    return best


def saved_fen(quote: Quote) -> int:
    """Return what the chosen coupons of a quote save together: goods, gifts and freight."""
    return sum(coupon.amount_fen for coupon in quote.coupons if coupon.chosen)


def _grown(chosen: Ids, ask: Callable[[Ids], Quote]) -> tuple[Ids, Quote]:
    quote = ask(chosen)
    while len(chosen) < TOGETHER_MAX and (further := _candidates(quote)):
        larger = ask((*chosen, further[0]))
        if saved_fen(larger) <= saved_fen(quote):
            break
        chosen, quote = (*chosen, further[0]), larger
    return chosen, quote


def _candidates(quote: Quote) -> Ids:
    """Return the coupons that may still be chosen and save something, the best first."""
    open_ones = [coupon for coupon in quote.coupons if coupon.usable and not coupon.chosen and coupon.amount_fen > 0]
    return tuple(coupon.id for coupon in sorted(open_ones, key=lambda coupon: (-coupon.amount_fen, str(coupon.id))))
