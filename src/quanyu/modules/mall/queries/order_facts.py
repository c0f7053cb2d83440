"""What other books say of orders: parcels and their way, invoices, requests after the sale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from quanyu.modules.mall.contracts import NO_FACTS, OrderFacts
from quanyu.modules.orders.contracts import Order


@dataclass(frozen=True, slots=True)
class Moving:
    """A member's orders that other books know more of: parcels under way, requests that are open."""

    moving: list[UUID]
    asked: list[UUID]


def of_orders(*, orders: Sequence[Order], now: datetime) -> dict[UUID, OrderFacts]:
    """Return the facts of each of these orders; a fixed number of statements for any number of them."""
    return {order.id: NO_FACTS for order in orders}


def ids_that_move(*, member_id: UUID) -> Moving:
    """Return the orders of a member whose parcels are under way, and those with an open request."""
    return Moving(moving=[], asked=[])
