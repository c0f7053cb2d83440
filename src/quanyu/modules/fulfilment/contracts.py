"""What crosses fulfilment's door: pickup slots, promises, parcels and their way, refusals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from quanyu.kernel.problem import N_, NotFound


class ParcelState(StrEnum):
    """Where a parcel is: under way, with its customer, or on its way back."""

    MOVING = "moving"
    DELIVERED = "delivered"
    RETURNED = "returned"


class ParcelUnknown(NotFound):
    """The order has no parcel under way."""

    code = "fulfilment.parcel_unknown"
    title = N_("No parcel of this order is under way.")
    remedy = N_("Reload the order.")


@dataclass(frozen=True, slots=True)
class HomeTime:
    """A fixed time at which a store brings purchases home: weekdays (0 = Monday), [start, end) in minutes."""

    weekdays: frozenset[int]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class WayOptions:
    """How soon and when a store hands its goods over. ``slot_capacity`` 0: as many as like.

    ``delivers_home``: what was bought in the store is brought from ``home_from_fen`` on, at ``home_times``; none: when
    the customer likes.
    """

    pickup_minutes: int
    instant_minutes: int
    express_hours: int
    slot_minutes: int
    slot_capacity: int
    slot_days: int
    delivers_home: bool = False
    home_from_fen: int = 0
    home_times: tuple[HomeTime, ...] = ()


@dataclass(frozen=True, slots=True)
class Slot:
    """A time in which orders are fetched. ``left``: how many more; ``None``: as many as like."""

    starts_at: datetime
    ends_at: datetime
    left: int | None = None


@dataclass(frozen=True, slots=True)
class SlotDay:
    """The pickup times of one day of the store."""

    day: date
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Carrier:
    """Who carries parcels. ``track_code``: its name at the tracking service; empty: it cannot be tracked."""

    code: str
    name: str
    name_en: str
    track_code: str


@dataclass(frozen=True, slots=True)
class TrackEvent:
    """What a carrier said of a parcel."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel of an order and its way so far, the newest first."""

    id: UUID
    order_id: UUID
    carrier: str
    carrier_name: str
    number: str
    state: ParcelState
    shipped_at: datetime
    delivered_at: datetime | None
    events: tuple[TrackEvent, ...] = ()
