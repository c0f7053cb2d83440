"""Book what a till sold by itself also when the books have too little of it: the goods are gone, whatever they say."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.modules.catalog import api as catalog
from quanyu.modules.checkout import api as checkout
from quanyu.modules.inventory.contracts import StockShort
from quanyu.modules.orders.contracts import StateConflict
from quanyu.modules.payments.contracts import PaymentInProgress, ProviderUnavailable
from quanyu.modules.pos.contracts import Till
from quanyu.modules.pos.ops import shortages
from quanyu.modules.pos.queries import settings
from quanyu.platform import db

T = TypeVar("T")
# So often somebody may take away what was made free for a sale, before a person is asked.
_ROUNDS = 4


def selling(sell: Callable[[], T], *, sale_id: UUID, till: Till, actor: Actor, now: datetime) -> T:
    """Return what ``sell`` returns; what the books lack for it is put right first.

    The newest orders that hold the goods are given up and refunded; what nobody was promised is booked as a shortage.
    Somebody may take what became free: then it is the next one's promise, so few rounds lead to an end. Raises what
    ``sell`` raises, ``StockShort`` too where more is missing than ``pos.beyond_stock``.
    """
    stuck: set[UUID] = set()
    for _ in range(_ROUNDS):
        try:
            return sell()
        except StockShort as short:
            if not _is_little(short, till=till):
                raise
            stuck |= _make_room(sale_id, short, kept=stuck, till=till, actor=actor, now=now)
    return sell()


def _is_little(short: StockShort, *, till: Till) -> bool:
    """Tell whether so little is missing of each SKU that it can be a wrong count; more is rather a wrong quantity."""
    most = settings.beyond_stock(till=till)
    skus = catalog.skus(ids=[one.sku_id for one in short.shortages])
    return all(one.wanted - one.available <= most * skus[one.sku_id].quantity_scale for one in short.shortages)


def _make_room(
    sale_id: UUID, short: StockShort, *, kept: Collection[UUID], till: Till, actor: Actor, now: datetime
) -> set[UUID]:
    """Give up orders and book shortages for the sale; return the orders that had to stay."""
    wanted = {one.sku_id: one.wanted for one in short.shortages}
    broken = db.in_transaction(
        lambda: shortages.plan(sale_id=sale_id, wanted=wanted, kept=kept, till=till, actor=actor, now=now)
    )
    stayed: set[UUID] = set()
    for order_id in {one.order_id for one in broken}:
        try:
            checkout.give_up(order_id=order_id, now=now)
        except (StateConflict, PaymentInProgress, ProviderUnavailable):
            # Handed over, being paid at this moment, or nobody can say: not this one.
            stayed.add(order_id)
    return stayed
