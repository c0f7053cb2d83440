"""Which orders a place has promised goods to that it may not have any more."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from quanyu.modules.checkout.contracts import PromisedOrder
from quanyu.modules.fulfilment import api as fulfilment
from quanyu.modules.inventory import api as inventory
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Channel


def promised(*, location_id: int, sku_ids: Sequence[int]) -> list[PromisedOrder]:
    """Return the orders of other channels than the till that hold these SKUs there, the newest first.

    Without those whose goods lie ready for their customer: nobody has sold these. Three queries.
    """
    held = inventory.promises(location_id=location_id, sku_ids=sku_ids, cause_kind="order")
    ids = [UUID(one.cause_id) for one in held]
    found, ready = orders.orders(ids=ids), fulfilment.ready_since(order_ids=ids)
    promises = [
        PromisedOrder(order_id=order.id, number=order.number, sku_id=one.sku_id, quantity=one.quantity)
        for one in held
        if (order := found[UUID(one.cause_id)]).channel is not Channel.POS and order.id not in ready
    ]
    return sorted(promises, key=lambda one: (found[one.order_id].placed_at, one.order_id), reverse=True)
