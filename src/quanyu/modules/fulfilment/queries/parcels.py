"""Parcels with their way, carriers, and what is due to be asked about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from quanyu.modules.fulfilment.contracts import Carrier, Parcel, ParcelState, TrackEvent
from quanyu.platform import db


@dataclass(frozen=True, slots=True)
class Due:
    """A parcel that is to be asked about."""

    id: UUID
    order_id: UUID
    track_code: str
    number: str
    asked: int
    shipped_at: datetime


def carriers() -> list[Carrier]:
    """Return the carriers in use, by name."""
    found = db.rows("SELECT code, name, name_en, track_code FROM fulfilment_carrier WHERE is_active ORDER BY name")
    return [Carrier(**row) for row in found]


def carrier_named(name: str) -> Carrier | None:
    """Return the carrier with this code, or with this name in either language."""
    row = db.row(
        "SELECT code, name, name_en, track_code FROM fulfilment_carrier WHERE code = %s OR name = %s OR name_en = %s "
        "ORDER BY code = %s DESC LIMIT 1",
        [name] * 4,
    )
    return Carrier(**row) if row else None


def of_orders(*, order_ids: Sequence[UUID]) -> dict[UUID, tuple[Parcel, ...]]:
    """Return the parcels of orders with their events, the newest event first; two statements for any number."""
    rows = db.rows(
        "SELECT p.id, p.order_id, p.carrier_id AS carrier, "
        "coalesce(nullif(p.carrier_name, ''), c.name) AS carrier_name, p.number, p.state, p.shipped_at, "
        "p.delivered_at FROM fulfilment_parcel p "
        "JOIN fulfilment_carrier c ON c.code = p.carrier_id WHERE p.order_id = ANY(%s) ORDER BY p.shipped_at, p.id",
        [list(order_ids)],
    )
    if not rows:
        return {}
    events: dict[UUID, list[TrackEvent]] = defaultdict(list)
    for event in db.rows(
        "SELECT parcel_id, at, text FROM fulfilment_tracking_event WHERE parcel_id = ANY(%s) AND text <> '' "
        "ORDER BY at DESC, id DESC",
        [[row["id"] for row in rows]],
    ):
        events[event["parcel_id"]].append(TrackEvent(event["at"], event["text"]))
    found: dict[UUID, list[Parcel]] = defaultdict(list)
    for row in rows:
        parcel = Parcel(**{**row, "state": ParcelState(row["state"]), "events": tuple(events[row["id"]])})
        found[parcel.order_id].append(parcel)
    return {order_id: tuple(parcels) for order_id, parcels in found.items()}


def moving_of_member(*, member_id: UUID) -> list[UUID]:
    """Return the orders of a member with a parcel under way."""
    found = db.rows(
        "SELECT DISTINCT p.order_id FROM fulfilment_parcel p "
        "WHERE p.state = 'moving' AND p.order_id IN (SELECT orders_of_member(%s))",
        [member_id],
    )
    return [row["order_id"] for row in found]
