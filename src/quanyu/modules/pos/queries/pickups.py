"""What stands around orders that are fetched: who, ready since when, which goods."""

from __future__ import annotations

from collections.abc import Sequence

from quanyu.modules.catalog import api as catalog
from quanyu.modules.fulfilment import api as fulfilment
from quanyu.modules.members import api as members
from quanyu.modules.orders.contracts import Order
from quanyu.modules.organization import api as organization
from quanyu.modules.pos.rules.pickups import Pickup


def told(*, orders: Sequence[Order]) -> list[Pickup]:
    """Return the orders with what is to be seen of them. The same few queries for any number."""
    if not orders:
        return []
    people = members.members(ids={order.member_id for order in orders if order.member_id is not None})
    ready = fulfilment.ready_since(order_ids=[order.id for order in orders])
    skus = catalog.skus(ids={line.sku_id for order in orders for line in order.lines})
    stores = organization.units(ids={order.selling_store_id for order in orders})
    return [
        Pickup(
            order=order,
            member=people.get(order.member_id) if order.member_id is not None else None,
            ready_at=ready.get(order.id),
            skus=skus,
            store=stores[order.selling_store_id],
        )
        for order in orders
    ]
