"""What other books say of orders: parcels and their way, invoices, requests after the sale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.mall.contracts import NO_FACTS, OrderFacts
from quanyu.modules.orders.contracts import Order


@dataclass(frozen=True, slots=True)
class Moving:
    """A member's orders that other books know more of: parcels under way, requests that are open."""

    moving: list[UUID]
    asked: list[UUID]


def of_orders(*, orders: Sequence[Order], now: datetime) -> dict[UUID, OrderFacts]:
    """Return the facts of each of these orders; a fixed number of statements for any number of them."""
    asked = aftersales.requests_of_orders(order_ids=[order.id for order in orders])
    returns_open = aftersales.returns_open(orders=orders, now=now)
    return {
        order.id: replace(NO_FACTS, requests=tuple(asked.get(order.id, ())), returns_open=order.id in returns_open)
        for order in orders
    }


def ids_that_move(*, member_id: UUID) -> Moving:
    """Return the orders of a member whose parcels are under way, and those with an open request."""
    return Moving(moving=[], asked=aftersales.orders_with_open_requests(member_id=member_id))
