"""What lies beyond the shelf of a store, and the ways by which a customer gets what is not carried out. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from quanyu.modules.fulfilment.contracts import SlotDay
from quanyu.modules.pos.rules.kept import KeptItem


@dataclass(frozen=True, slots=True)
class Place:
    """A store or warehouse as a cashier tells it to a customer; metres from the till's store."""

    id: int
    name: str
    name_en: str
    address: str
    is_here: bool
    distance_m: int


@dataclass(frozen=True, slots=True)
class Stocked:
    """A place that has so much of a SKU to promise, in base units."""

    place: Place
    available: int


@dataclass(frozen=True, slots=True)
class AisleItem:
    """A SKU of the full range. ``is_listed``: this store has it on its own list; ``places``: where else it lies."""

    kept: KeptItem
    is_listed: bool
    places: tuple[Stocked, ...]


@dataclass(frozen=True, slots=True)
class HomeWay:
    """The store brings purchases home from this amount on, at these times."""

    from_fen: int
    days: tuple[SlotDay, ...]


@dataclass(frozen=True, slots=True)
class Ways:
    """How the goods of a counter could reach a customer. ``parcel_from``: the nearest place that has all of them.

    ``home`` ``None``: the store does not bring anything home. ``pickups``: other stores that have all of them.
    """

    parcel_from: Place | None
    parcel_at: datetime | None
    home: HomeWay | None
    pickups: tuple[Place, ...]
