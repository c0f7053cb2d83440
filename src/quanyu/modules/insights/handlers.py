"""What insights does when a fact arrives: it marks the day that the fact belongs to. Marking twice changes nothing."""

from __future__ import annotations

from uuid import UUID

from quanyu.modules.insights import api
from quanyu.modules.orders.events import OrderFact, OrderReturned
from quanyu.platform import outbox
from quanyu.platform.outbox import Delivery


def sale_changed(delivery: Delivery) -> None:
    """An order was paid, or cancelled: its sale stands, or stands no more."""
    fact = outbox.load(OrderFact, delivery)
    api.mark_order(order_id=UUID(fact.order_id), now=delivery.occurred_at)


def goods_came_back(delivery: Delivery) -> None:
    """Lines of an order were returned."""
    fact = outbox.load(OrderReturned, delivery)
    api.mark_return(return_id=UUID(fact.return_id), now=delivery.occurred_at)
