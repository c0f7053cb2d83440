"""Let the goods of a paid order leave the house: handed over by code, or given to a carrier."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from quanyu.kernel.actor import Actor
from quanyu.modules.checkout.contracts import (
    DeliveryNotOffered,
    PickupCancelled,
    PickupCodeWrong,
    PickupDone,
    PickupElsewhere,
    PickupNotPaid,
)
from quanyu.modules.checkout.ops import permitted, reassign_order
from quanyu.modules.checkout.ops.options import PICKUP_ANYWHERE
from quanyu.modules.checkout.ops.record_events import completed_event
from quanyu.modules.fulfilment import api as fulfilment
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Delivery, Order, State, StateConflict
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import UnitKind
from quanyu.platform import db, outbox, settings_tree

_BY_CODE = (Delivery.PICKUP, Delivery.IN_STORE)
_BY_CARRIER = (Delivery.EXPRESS, Delivery.INSTANT)
REASON_MAX = 200
HANDED_OUT_HERE = "fetched_elsewhere"
# So long a code is told from one that never was, after its order is over.
_REMEMBERED = timedelta(days=30)


def find_pickup(code: str, *, store_id: int, now: datetime) -> Order:
    """Return the paid order that waits at the store under this code.

    A right code of an order that does not wait any more says why: ``PickupDone``, ``PickupCancelled``,
    ``PickupNotPaid``; anything else is ``PickupCodeWrong``.
    """
    if not code:
        raise PickupCodeWrong(field="code")
    order = orders.by_pickup_code(code=code, store_id=store_id)
    if order is not None:
        return order
    known = orders.known_pickup_code(code=code, store_id=store_id, since=now - _REMEMBERED)
    if known is None:
        raise PickupCodeWrong(field="code")
    raise not_waiting(known)


def find_elsewhere(code: str, *, store_id: int) -> Order:
    """Return the paid order that waits at another store under this code, where this one may hand it out.

    Raises ``PickupElsewhere`` where it may not, ``PickupCodeWrong`` when nothing waits anywhere.
    """
    home_id = orders.store_of_pickup_code(code=code) if code else None
    order = orders.by_pickup_code(code=code, store_id=home_id) if home_id is not None else None
    if order is None:
        raise PickupCodeWrong(field="code")
    if not hands_out(order, store_id=store_id):
        place = organization.units(ids=[order.selling_store_id])[order.selling_store_id]
        raise PickupElsewhere(field="code", store=place.name, store_en=place.name_en or place.name)
    return order


def hands_out(order: Order, *, store_id: int) -> bool:
    """Tell whether a store may hand out what a customer fetches: the chosen one, or any of the brand by its policy."""
    if order.delivery not in _BY_CODE:
        return False
    if order.selling_store_id == store_id:
        return True
    home = organization.settings_path(unit_id=order.selling_store_id)
    return bool(settings_tree.get(PICKUP_ANYWHERE.key, home)) and _is_one_brand(order.selling_store_id, store_id)


def _is_one_brand(*store_ids: int) -> bool:
    paths = organization.paths(unit_ids=store_ids)
    units = organization.units(ids={unit_id for path in paths.values() for unit_id in path})
    brands = {
        next((unit_id for unit_id in path if units[unit_id].kind is UnitKind.BRAND), None) for path in paths.values()
    }
    return len(brands) == 1


def by_code(order_id: UUID, *, code: str, store_id: int, actor: Actor, now: datetime) -> Order:
    """Hand a paid order over at its store, or at another of the brand from that one's stock; a repeat gives the same.

    Raises ``PickupCodeWrong`` for another code or store, ``PickupNotPaid`` or ``PickupCancelled`` (a ``StateConflict``)
    when it is not paid, ``StockShort`` when another store has not all of it; then it goes on waiting where it was.
    """
    order = orders.order(id=order_id)
    permitted.require_staff(actor, permitted.HAND_OVER, order=order, unit_id=store_id)
    right = hands_out(order, store_id=store_id) and hmac.compare_digest(order.pickup_code.encode(), code.encode())
    if not right:
        raise PickupCodeWrong(field="code")

    def fetch() -> None:
        """Hold the goods here before they leave: they are taken from this store's stock, not from where they waited."""
        reassign_order.move(
            order, location_id=store_id, reason=HANDED_OUT_HERE, keep_safety=False, actor=actor, now=now
        )

    is_elsewhere = order.state is State.PAID and any(line.location_id != store_id for line in order.lines)
    try:
        return _complete(order, actor=actor, reason="", before=fetch if is_elsewhere else None, now=now)
    except StateConflict:
        raise not_waiting(orders.order(id=order_id)) from None


def not_waiting(order: Order) -> StateConflict:
    """Return why the goods of an order are not handed out, with the time of its store's clock."""
    if order.state is State.PLACED:
        return PickupNotPaid(field="code", state=order.state.value)
    store = organization.locations(ids=[order.selling_store_id])[order.selling_store_id]
    at = order.completed_at or order.cancelled_at or order.placed_at
    refusal = PickupDone if order.state is State.COMPLETED else PickupCancelled
    return refusal(
        field="code", state=order.state.value, at=at.astimezone(ZoneInfo(store.time_zone)).strftime("%Y-%m-%d %H:%M")
    )


def by_carrier(order_id: UUID, *, carrier: str, tracking: str, actor: Actor, now: datetime) -> Order:
    """Give a paid express or instant order to a carrier; a repeat gives the completed order."""
    order = orders.order(id=order_id)
    # Who packs the parcel ships it: the place that fulfils, which may be a warehouse.
    permitted.require_staff(actor, permitted.SHIP, order=order, unit_id=order.lines[0].location_id)
    if order.delivery not in _BY_CARRIER:
        raise DeliveryNotOffered(field="order_id")

    def make_parcel() -> None:
        fulfilment.make_parcel(
            order_id=order.id, location_id=order.lines[0].location_id, carrier=carrier, number=tracking, now=now
        )

    return _complete(order, actor=actor, reason=f"{carrier} {tracking}".strip(), and_then=make_parcel, now=now)


def note_ready(order_id: UUID, *, actor: Actor, now: datetime) -> Order:
    """Note that the goods of a paid order lie ready to be fetched; a repeat changes nothing.

    Raises ``StateConflict`` when it is not paid, ``DeliveryNotOffered`` when nobody fetches it.
    """
    order = orders.order(id=order_id)
    permitted.require_staff(actor, permitted.HAND_OVER, order=order)
    if order.delivery not in _BY_CODE:
        raise DeliveryNotOffered(field="order_id")
    if order.state is not State.PAID:
        raise StateConflict(field="order_id", state=order.state.value)
    fulfilment.note_ready(order_id=order.id, actor=actor, now=now)
    return order


def note_delivered(order_id: UUID, *, actor: Actor, now: datetime) -> Order:
    """Note that the customer has the parcels of an order, where nobody else tells us. Raises ``ParcelUnknown``."""
    order = orders.order(id=order_id)
    permitted.require_staff(actor, permitted.SHIP, order=order, unit_id=order.lines[0].location_id)
    fulfilment.delivered(order_id=order.id, actor=actor, now=now)
    return order


def _complete(
    order: Order,
    *,
    actor: Actor,
    reason: str,
    before: Callable[[], None] | None = None,
    and_then: Callable[[], None] | None = None,
    now: datetime,
) -> Order:
    def work() -> None:
        if before is not None:
            before()
        _issue(order, actor=actor, reason=reason, and_then=and_then, now=now)

    db.in_transaction(work)
    present = orders.order(id=order.id)
    if present.state is not State.COMPLETED:
        raise StateConflict(field="order_id", state=present.state.value)
    return present


def _issue(order: Order, *, actor: Actor, reason: str, and_then: Callable[[], None] | None, now: datetime) -> None:
    completed = db.value(
        "SELECT checkout_complete(%s, %s, %s, %s)", [order.id, f"{actor.kind}:{actor.id}", reason[:REASON_MAX], now]
    )
    if completed:
        if and_then is not None:
            and_then()
        outbox.append(completed_event(order), now=now)
