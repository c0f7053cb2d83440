"""Loyalty hears of orders: completed ones earn, returned ones give growth back, cancelled ones had earned nothing.

A handler may be called again for the same event; the ledgers' unique causes make that harmless.
"""

from __future__ import annotations

from uuid import UUID

from quanyu.modules.loyalty import api
from quanyu.modules.orders.events import OrderCompleted, OrderReturned
from quanyu.platform import outbox
from quanyu.platform.outbox import Delivery


def order_completed(delivery: Delivery) -> None:
    """Give points and growth."""
    fact = outbox.load(OrderCompleted, delivery)
    api.reward_order(order_id=UUID(fact.order_id), now=delivery.occurred_at)


def order_returned(delivery: Delivery) -> None:
    """Take growth back and remember the return."""
    fact = outbox.load(OrderReturned, delivery)
    api.take_back_growth(
        order_id=UUID(fact.order_id),
        return_id=fact.return_id,
        store_id=fact.store_id,
        channel=fact.channel,
        amount_fen=fact.amount_fen,
        now=delivery.occurred_at,
    )
