"""Set prices of a book, many at once, with their history."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_
from quanyu.modules.catalog import api as catalog
from quanyu.modules.pricing import rules
from quanyu.modules.pricing.contracts import Book, NewPrice, PriceInvalid
from quanyu.modules.pricing.events import PriceChanged, PriceStep
from quanyu.modules.pricing.models import PriceBook
from quanyu.platform import audit, db, locks, outbox

_CHANGES_PER_EVENT_MAX = 1000
_ACTOR_CHARACTERS_MAX = 80


def hold(book_ids: Collection[int]) -> None:
    """Hold books until the transaction ends, so that what was read of them stays true."""
    locks.rows_for_update(PriceBook.objects.filter(pk__in=book_ids).only("pk"))


def set_prices(*, book: Book, prices: Sequence[NewPrice], actor: Actor, now: datetime) -> int:
    """Set or take out prices; return how many really changed. Raises ``PriceInvalid``."""
    rules.check_prices(prices)
    known = catalog.skus(ids=[price.sku_id for price in prices])
    for index, price in enumerate(prices):
        if price.sku_id not in known:
            raise PriceInvalid(field=f"prices.{index}.sku_id", reason=N_("there is no such product"))
    answer = db.value(
        "SELECT pricing_set_prices(%s, %s::jsonb, %s, %s)",
        [book.id, msgspec.json.encode(prices).decode(), f"{actor.kind}:{actor.id}"[:_ACTOR_CHARACTERS_MAX], now],
    )
    changes = tuple(
        PriceStep(**change) for change in (msgspec.json.decode(answer) if isinstance(answer, str) else answer)
    )
    if not changes:
        return 0
    for start in range(0, len(changes), _CHANGES_PER_EVENT_MAX):
        part = changes[start : start + _CHANGES_PER_EVENT_MAX]
        outbox.append(
            PriceChanged(book_id=book.id, unit_id=book.unit_id, kind=book.kind, tier=book.tier, changes=part), now=now
        )
    audit.record(
        actor=actor,
        action="pricing.set_prices",
        subject_kind="price_book",
        subject_id=book.id,
        detail={"changed": len(changes)},
        unit_id=book.unit_id,
        now=now,
    )
    return len(changes)
