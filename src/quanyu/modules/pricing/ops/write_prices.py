"""Write edited prices of a book: each is judged against what its editor saw, and has its own outcome."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_
from quanyu.modules.catalog import api as catalog
from quanyu.modules.pricing import rules
from quanyu.modules.pricing.contracts import Book, NewPrice, PriceCell, PriceOutcome, PriceState
from quanyu.modules.pricing.ops import set_prices
from quanyu.modules.pricing.queries import books, prices


def write_prices(*, book: Book, cells: Sequence[PriceCell], actor: Actor, now: datetime) -> list[PriceOutcome]:
    """Write what still stands as its editor saw it; a SKU that comes twice is judged by what the first made of it."""
    # Every writer of the book's prices waits for this lock, so what is read below holds until the end.
    set_prices.hold([book.id])
    sku_ids = {cell.sku_id for cell in cells}
    known = catalog.skus(ids=sku_ids)
    standing: dict[int, int | None] = dict.fromkeys(sku_ids)
    standing |= {sku_id: fen for (_, sku_id), fen in prices.in_books(book_ids=[book.id], sku_ids=sku_ids).items()}
    changed_by = books.last_changes(book_id=book.id, sku_ids=sku_ids)
    outcomes, written = [], set()
    for cell in cells:
        holds = standing[cell.sku_id]
        fault = rules.price_fault(cell.wanted_fen) if cell.sku_id in known else N_("there is no such product")
        if fault:
            outcomes.append(PriceOutcome(cell, PriceState.REFUSED, holds, reason=fault))
        elif holds == cell.wanted_fen:
            outcomes.append(PriceOutcome(cell, PriceState.SAME, holds))
        elif holds != cell.was_fen:
            last = changed_by.get(cell.sku_id)
            who, when = (last.actor, last.at) if last else ("", None)
            outcomes.append(PriceOutcome(cell, PriceState.STALE, holds, who, when))
        else:
            standing[cell.sku_id] = cell.wanted_fen
            written.add(cell.sku_id)
            outcomes.append(PriceOutcome(cell, PriceState.SAVED, cell.wanted_fen))
    if written:
        changes = [NewPrice(sku_id, standing[sku_id]) for sku_id in sorted(written)]
        set_prices.set_prices(book=book, prices=changes, actor=actor, now=now)
    return outcomes
