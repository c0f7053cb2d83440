"""What other books say of orders: parcels and their way, invoices, requests after the sale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.fulfilment import api as fulfilment
from quanyu.modules.fulfilment.contracts import Parcel
from quanyu.modules.mall.contracts import NO_FACTS, OrderFacts
from quanyu.modules.orders import api as order_book
from quanyu.modules.orders.contracts import Order


@dataclass(frozen=True, slots=True)
class Moving:
    """A member's orders that other books know more of: parcels under way, requests that are open."""

    moving: list[UUID]
    asked: list[UUID]


def of_orders(*, orders: Sequence[Order], now: datetime) -> dict[UUID, OrderFacts]:
    """Return the facts of each of these orders; a fixed number of statements for any number of them."""
    asked = aftersales.requests_of_orders(order_ids=[order.id for order in orders])
    invoices = order_book.invoices_of(order_ids=[order.id for order in orders])
    returns_open = aftersales.returns_open(orders=orders, now=now)
    ids = [order.id for order in orders]
    parcels = fulfilment.parcels_of(order_ids=ids)
    ready = fulfilment.ready_since(order_ids=ids)
    return {
        order.id: replace(
            NO_FACTS,
            invoice=invoices.get(order.id),
            requests=tuple(asked.get(order.id, ())),
            returns_open=order.id in returns_open,
            parcels=parcels.get(order.id, ()),
            ready_at=ready.get(order.id),
            delivered_at=_delivered_at(parcels.get(order.id, ())),
        )
        for order in orders
    }


def _delivered_at(parcels: Sequence[Parcel]) -> datetime | None:
    """Return when the last of an order's parcels came; ``None`` while one is under way."""
    times = [parcel.delivered_at for parcel in parcels]
    return max((at for at in times if at), default=None) if None not in times else None


def ids_that_move(*, member_id: UUID) -> Moving:
    """Return the orders of a member whose parcels are under way, and those with an open request."""
    return Moving(
        moving=fulfilment.moving_of_member(member_id=member_id),
        asked=aftersales.orders_with_open_requests(member_id=member_id),
    )
