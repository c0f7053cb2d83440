"""Order events as checkout publishes them."""

from __future__ import annotations

from quanyu.modules.orders.contracts import Order
from quanyu.modules.orders.events import OrderCancelled, OrderCompleted, OrderPaid


def paid_event(order: Order) -> OrderPaid:
    """The order has been paid whole."""
    return OrderPaid(**_facts(order))


def completed_event(order: Order) -> OrderCompleted:
    """The goods of the order have left the house."""
    return OrderCompleted(**_facts(order))


def cancelled_event(order: Order) -> OrderCancelled:
    """The order was cancelled or lapsed."""
    return OrderCancelled(**_facts(order))


def _facts(order: Order) -> dict[str, object]:
    return {
        "order_id": str(order.id),
        "number": order.number,
        "channel": order.channel.value,
        "store_id": order.selling_store_id,
        "member_id": str(order.member_id) if order.member_id else None,
        "payable_fen": order.payable_fen,
    }
