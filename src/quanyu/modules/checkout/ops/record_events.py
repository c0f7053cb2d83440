"""Order events as checkout publishes them."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from quanyu.modules.orders.contracts import Order
from quanyu.modules.orders.events import OrderCancelled, OrderCompleted, OrderFact, OrderPaid, OrderReassigned

Fact = TypeVar("Fact", bound=OrderFact)


def paid_event(order: Order) -> OrderPaid:
    """The order has been paid whole."""
    return _fact(OrderPaid, order)


def completed_event(order: Order) -> OrderCompleted:
    """The goods of the order have left the house."""
    return _fact(OrderCompleted, order)


def cancelled_event(order: Order) -> OrderCancelled:
    """The order was cancelled or lapsed."""
    return _fact(OrderCancelled, order)


def reassigned_event(order: Order, *, to_location_id: int) -> OrderReassigned:
    """Another place fulfils the order; ``order`` is as it was before."""
    fact = _fact(OrderReassigned, order)
    return replace(fact, from_location_id=order.lines[0].location_id, to_location_id=to_location_id)


def _fact(kind: type[Fact], order: Order) -> Fact:
    return kind(
        order_id=str(order.id),
        number=order.number,
        channel=order.channel.value,
        store_id=order.selling_store_id,
        member_id=str(order.member_id) if order.member_id else None,
        payable_fen=order.payable_fen,
    )
