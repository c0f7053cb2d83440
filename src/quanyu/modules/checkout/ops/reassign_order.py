"""Let another place fulfil a paid order: its goods are held there instead, or nothing has changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_, NotFound
from quanyu.modules.checkout.contracts import CancelReasonInvalid, ReassignmentRefused
from quanyu.modules.checkout.ops import permitted
from quanyu.modules.checkout.ops.record_events import reassigned_event
from quanyu.modules.checkout.rules import commands
from quanyu.modules.identity import api as identity
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import Shortage, StockShort
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Delivery, Order, State, StateConflict
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import UnitUnknown
from quanyu.platform import audit, db, outbox

_BY_CARRIER = (Delivery.EXPRESS, Delivery.INSTANT)


def reassign(order_id: UUID, *, location_id: int, reason: str, actor: Actor, now: datetime) -> Order:
    """Let another place fulfil the whole order. Needs the permission at the selling store and at that place.

    Raises ``StateConflict`` for an order that is not paid or gone already, ``ReassignmentRefused`` for one that the
    customer fetches or that place fulfils already, ``StockShort`` with every line that is not there.
    """
    if not commands.is_reason(reason):
        raise CancelReasonInvalid(field="reason")
    order = orders.order(id=order_id)
    permitted.require_staff(actor, permitted.REASSIGN, order=order)
    _require_place(location_id, actor=actor)
    if order.state is not State.PAID:
        raise StateConflict(field="order_id", state=order.state.value)
    if order.delivery not in _BY_CARRIER:
        raise ReassignmentRefused(field="order_id", reason=N_("the customer fetches it at its store"))
    keeps = inventory.keeps_safety(channel=order.channel.value)
    db.in_transaction(
        lambda: move(order, location_id=location_id, reason=reason, keep_safety=keeps, actor=actor, now=now)
    )
    return orders.order(id=order_id)


def _require_place(location_id: int, *, actor: Actor) -> None:
    place = organization.locations(ids=[location_id]).get(location_id)
    if place is None or not place.unit.active:
        raise UnitUnknown(field="location_id")
    try:
        identity.require(actor=actor, permission=permitted.REASSIGN, unit_id=location_id)
    except NotFound:
        raise UnitUnknown(field="location_id") from None


def move(order: Order, *, location_id: int, reason: str, keep_safety: bool, actor: Actor, now: datetime) -> None:
    """Hold the goods of a paid order at another place, in the caller's transaction. Raises like :func:`reassign`."""
    lines = msgspec.json.encode(_wants(order, location_id=location_id, keep_safety=keep_safety)).decode()
    answer = db.json_value(
        "SELECT checkout_reassign(%s, %s, %s::jsonb, %s, %s, %s)",
        [order.id, location_id, lines, f"{actor.kind}:{actor.id}", reason, now],
    )
    if not answer["ok"]:
        _refuse(answer, order)
    outbox.append(reassigned_event(order, to_location_id=location_id), now=now)
    audit.record(
        actor=actor,
        action="checkout.reassign",
        subject_kind="order",
        subject_id=order.number,
        reason=reason,
        detail={"from_location_id": order.lines[0].location_id, "to_location_id": location_id},
        unit_id=order.selling_store_id,
        now=now,
    )


def _wants(order: Order, *, location_id: int, keep_safety: bool) -> list[dict[str, Any]]:
    """Return the lines as stock is asked for them: the selling store's rights to others' stock hold there too."""
    store = organization.locations(ids=[order.selling_store_id])[order.selling_store_id]
    owners = inventory.allowed_owners(
        seller_owner_id=store.owner_id,
        sku_ids={line.sku_id for line in order.lines},
        channel=order.channel.value,
    )
    return [
        {
            "line": str(line.number),
            "location_id": location_id,
            "sku_id": line.sku_id,
            "owner_ids": owners[line.sku_id],
            "quantity": line.quantity,
            "keep_safety": keep_safety,
        }
        for line in order.lines
    ]


def _refuse(answer: dict[str, Any], order: Order) -> None:
    """Raise what the answer says: gone, there already, or short, line by line."""
    if answer.get("here"):
        raise ReassignmentRefused(field="location_id", reason=N_("it is fulfilled from there already"))
    if "short" in answer:
        raise StockShort([Shortage(**short) for short in answer["short"]], field="location_id")
    raise StateConflict(field="order_id", state=orders.order(id=order.id).state.value)
