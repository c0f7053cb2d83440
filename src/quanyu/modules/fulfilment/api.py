"""The door of fulfilment: pickup slots and promises, parcels and their way, goods that lie ready."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.modules.fulfilment.contracts import Carrier, Parcel, SlotDay, WayOptions
from quanyu.modules.fulfilment.ops import ask_couriers
from quanyu.modules.fulfilment.ops import parcels as parcel_ops
from quanyu.modules.fulfilment.ops.hold_parcels import ParcelHolder
from quanyu.modules.fulfilment.providers.kuaidi100 import Kuaidi100, Kuaidi100Config
from quanyu.modules.fulfilment.providers.tracking import Tracker
from quanyu.modules.fulfilment.queries import options as option_query
from quanyu.modules.fulfilment.queries import parcels as parcel_query
from quanyu.modules.fulfilment.queries import slots as slot_query
from quanyu.modules.fulfilment.queries.options import EXPRESS_HOURS, INSTANT_MINUTES, PICKUP_MINUTES
from quanyu.modules.fulfilment.queries.options import KEYS as WAY_KEYS
from quanyu.modules.fulfilment.rules import home, ways
from quanyu.modules.members.contracts import DataHolder
from quanyu.modules.orders.contracts import Delivery, Wishes
from quanyu.modules.organization.contracts import Location
from quanyu.platform import db

__all__ = [
    "EXPRESS_HOURS",
    "INSTANT_MINUTES",
    "PICKUP_MINUTES",
    "WAY_KEYS",
    "Kuaidi100",
    "Kuaidi100Config",
    "ask_about_due",
    "carriers",
    "data_holder",
    "delivered",
    "has_home_time",
    "has_slot",
    "home_days",
    "is_full",
    "make_parcel",
    "moving_of_member",
    "note_ready",
    "parcels_of",
    "pickup_days",
    "promised_at",
    "ready_at",
    "ready_since",
    "use_tracker",
    "way_options",
    "way_options_of",
]


def way_options(*, path: Sequence[str]) -> WayOptions:
    """Return how soon and when the store at the end of a settings path hands goods over. One query."""
    return option_query.at(path)


def ready_at(*, store: Location, options: WayOptions, now: datetime) -> datetime | None:
    """Return from when goods ordered now lie ready in the store; ``None``: it does not open soon."""
    return ways.ready_at(store, lead=timedelta(minutes=options.pickup_minutes), now=now)


def way_options_of(*, values: Mapping[str, Any]) -> WayOptions:
    """Return the same from values of ``WAY_KEYS`` that were read together with others."""
    return option_query.of_values(values)


def has_slot(*, store: Location, starts_at: datetime, ends_at: datetime, options: WayOptions, now: datetime) -> bool:
    """Tell whether this is a pickup time of the store (still)."""
    return ways.has_slot(store, starts_at=starts_at, ends_at=ends_at, options=options, now=now)


def promised_at(
    *, delivery: Delivery, store: Location, wishes: Wishes | None, options: WayOptions, now: datetime
) -> datetime | None:
    """Return when goods ordered now are promised to be there; ``None``: nothing is promised."""
    return ways.promised_at(delivery, store, wishes=wishes, options=options, now=now)


def pickup_days(*, store: Location, options: WayOptions, now: datetime) -> list[SlotDay]:
    """Return the pickup times that can be chosen, with what is left of each. One query."""
    days = ways.slots(store, options=options, now=now)
    return slot_query.with_left(days, store_id=store.unit.id, options=options)


def home_days(*, store: Location, options: WayOptions, now: datetime) -> list[SlotDay]:
    """Return the times at which the store brings home what was bought in it; none: it does not."""
    return home.windows(store, options=options, now=now)


def has_home_time(
    *, store: Location, starts_at: datetime, ends_at: datetime, options: WayOptions, now: datetime
) -> bool:
    """Tell whether the store brings purchases home at this time (still)."""
    return home.has_window(store, starts_at=starts_at, ends_at=ends_at, options=options, now=now)


def is_full(*, store_id: int, starts_at: datetime, ends_at: datetime, capacity: int) -> bool:
    """Tell whether a pickup time seems to be taken; placing the order decides."""
    return slot_query.is_full(store_id=store_id, starts_at=starts_at, ends_at=ends_at, capacity=capacity)


def ready_since(*, order_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """Return since when orders lie ready to be fetched; those that do not are left out. One query."""
    return slot_query.ready(order_ids=order_ids)


def carriers() -> list[Carrier]:
    """Return the carriers in use."""
    return parcel_query.carriers()


def parcels_of(*, order_ids: Sequence[UUID]) -> dict[UUID, tuple[Parcel, ...]]:
    """Return the parcels of orders with their way, the newest event first. Two queries."""
    return parcel_query.of_orders(order_ids=order_ids)


def moving_of_member(*, member_id: UUID) -> list[UUID]:
    """Return the orders of a member with a parcel under way. One query."""
    return parcel_query.moving_of_member(member_id=member_id)


def make_parcel(*, order_id: UUID, location_id: int, carrier: str, number: str, now: datetime) -> None:
    """Note that a carrier (its code or name) has goods of an order. Joins the caller's transaction."""
    parcel_ops.make(order_id=order_id, location_id=location_id, carrier=carrier, number=number, now=now)


def delivered(*, order_id: UUID, actor: Actor, now: datetime) -> None:
    """Note that the customer has the parcels of an order. Raises ``ParcelUnknown``. The caller asked who may."""
    db.in_transaction(lambda: parcel_ops.delivered(order_id=order_id, actor=actor, now=now))


def note_ready(*, order_id: UUID, actor: Actor, now: datetime) -> None:
    """Note that the goods of an order lie ready to be fetched; a repeat changes nothing. The caller asked who may."""
    db.in_transaction(lambda: parcel_ops.note_ready(order_id=order_id, actor=actor, now=now))


def data_holder() -> DataHolder:
    """Return what hands parcels out, and forgets their way, with their member. Registered by entrypoints."""
    return ParcelHolder()


def use_tracker(*, tracker: Tracker | None) -> None:
    """Ask this service about parcels from now on. Registered by entrypoints."""
    ask_couriers.use(tracker)


def ask_about_due(*, now: datetime, limit: int = 100) -> int:
    """Ask the tracking service about parcels whose turn it is; return how many."""
    return ask_couriers.ask(now=now, limit=limit)
