"""Make room on the books for goods that a till has sold already: whose promise breaks, and what no book knows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import PromisedOrder
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import Goods
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Channel
from quanyu.modules.organization import api as organization
from quanyu.modules.pos.contracts import Till
from quanyu.modules.pos.queries import settings
from quanyu.modules.pos.rules.till_sales import KEPT, broken_promises
from quanyu.platform import db

CAUSE = "till_sale"


def plan(
    *, sale_id: UUID, wanted: Mapping[int, int], kept: Collection[UUID], till: Till, actor: Actor, now: datetime
) -> list[PromisedOrder]:
    """Book what nobody has promised as a shortage, and return the orders to give up, each noted with the sale before.

    ``wanted``: what the sale needs in all, by SKU; ``kept``: orders that could not be given up. Inside the caller's
    transaction. Whoever sends the same sale at the same time waits here, and finds what is left to do: what can be had
    is read before the order is looked for, so a sale that went through in between is seen one way or the other.
    """
    db.value("SELECT id FROM pos_till_sale WHERE id = %s AND state = %s FOR UPDATE", [sale_id, KEPT])
    store = organization.locations(ids=[till.store_id])[till.store_id]
    available = inventory.availability(
        sku_ids=list(wanted),
        location_ids=[till.store_id],
        channel=Channel.POS,
        seller_owner_id=store.owner_id,
        now=now,
    )
    if orders.orders(ids=[sale_id]):
        return []
    alone = _waiting_for(till, now=now) if settings.sells_only_set_aside(till=till) else {}
    missing = {
        sku_id: quantity - found
        for sku_id, quantity in wanted.items()
        if quantity > (found := available.get((till.store_id, sku_id), 0) + alone.get(sku_id, 0))
    }
    promised = checkout.promised(location_id=till.store_id, sku_ids=list(missing))
    broken, unknown = broken_promises(missing, [one for one in promised if one.order_id not in kept])
    for one in broken:
        _note(sale_id=sale_id, sku_id=one.sku_id, quantity=one.quantity, order_id=one.order_id, now=now)
    covered = [
        Goods(
            sku_id, quantity, line=str(_note(sale_id=sale_id, sku_id=sku_id, quantity=quantity, order_id=None, now=now))
        )
        for sku_id, quantity in unknown.items()
    ]
    if covered:
        inventory.cover(
            location_id=till.store_id,
            owner_id=store.owner_id,
            lines=covered,
            cause_kind=CAUSE,
            cause_id=str(sale_id),
            actor=actor,
            now=now,
        )
    if broken or covered:
        db.execute("UPDATE pos_till_sale SET is_short = true WHERE id = %s AND state = %s", [sale_id, KEPT])
    return broken


def _waiting_for(till: Till, *, now: datetime) -> dict[int, int]:
    """Return what is set aside for this till alone: no availability counts it."""
    held = inventory.set_aside_for(till_id=str(till.device_id), location_id=till.store_id, now=now)
    return {one.sku_id: one.quantity for one in held}


def _note(*, sale_id: UUID, sku_id: int, quantity: int, order_id: UUID | None, now: datetime) -> int | None:
    """Write down what is done for the sale, an order once; return the row's id."""
    found = db.value(
        "INSERT INTO pos_till_shortage (sale_id, sku_id, quantity, order_id, at) VALUES (%s, %s, %s, %s, %s) "
        "ON CONFLICT DO NOTHING RETURNING id",
        [sale_id, sku_id, quantity, order_id, now],
    )
    return None if found is None else int(found)
