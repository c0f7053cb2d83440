"""What crosses organization's door: units of the chain, locations, areas, and refusals."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from quanyu.kernel.problem import N_, Conflict, Invalid, NotFound

Hours = tuple[tuple[str, str], ...]


class UnitKind(StrEnum):
    """The kinds of units in the tree of the enterprise."""

    ENTERPRISE = "enterprise"
    BRAND = "brand"
    REGION = "region"
    DEALER = "dealer"
    STORE = "store"
    WAREHOUSE = "warehouse"
    SUPPLIER = "supplier"


class Ownership(StrEnum):
    """Who runs a store: the enterprise itself, or a franchisee."""

    DIRECT = "direct"
    FRANCHISE = "franchise"


class Tier(StrEnum):
    """The three tiers of stock locations (INV-11)."""

    CENTRAL = "central"
    REGIONAL = "regional"
    STORE = "store"


class Offer(StrEnum):
    """The ways in which a location may serve a shopper."""

    PICKUP = "pickup"
    EXPRESS = "express"
    INSTANT = "instant"
    IN_STORE = "in_store"


class UnitUnknown(NotFound):
    """No such unit, or it is closed."""

    code = "organization.unit_unknown"
    title = N_("There is no such store or unit.")
    remedy = N_("Choose one from the list.")


class AreaUnknown(NotFound):
    """No area has this code."""

    code = "organization.area_unknown"
    title = N_("There is no such province, city or district.")
    remedy = N_("Choose one from the list.")


class CodeTaken(Conflict):
    """Another unit has this code."""

    code = "organization.code_taken"
    title = N_("The code %(code)s is taken.")
    remedy = N_("Choose another code.")


class EnterpriseExists(Conflict):
    """A database holds one enterprise; its brands stand below it."""

    code = "organization.enterprise_exists"
    title = N_("The enterprise exists already.")
    remedy = N_("Create a brand or a region below it.")


class PlaceRefused(Conflict):
    """A unit of this kind may not stand at this place of the tree."""

    code = "organization.place_refused"
    title = N_("This unit cannot stand there.")
    remedy = N_("Choose a parent of a kind that may hold it, and never the unit itself or one below it.")


class UnitInUse(Conflict):
    """The unit still has open units below it."""

    code = "organization.unit_in_use"
    title = N_("%(open_units)s open units stand below this one.")
    remedy = N_("Close or move them first.")


class OwnerInvalid(Invalid):
    """Stock of a directly operated location is the enterprise's or a supplier's, a franchise store's the dealer's."""

    code = "organization.owner_invalid"
    title = N_("This unit cannot own the stock here.")
    remedy = N_("For a franchise store choose its dealer; otherwise leave the owner empty.")


class AddressInvalid(Invalid):
    """The area code or the coordinates are not in China's list."""

    code = "organization.address_invalid"
    title = N_("The address is not valid.")
    remedy = N_("Choose province, city and district again, and the place on the map.")


class HoursInvalid(Invalid):
    """Opening hours are seven pairs ``HH:MM``, Monday first."""

    code = "organization.hours_invalid"
    title = N_("The opening hours are not valid.")
    remedy = N_("Give opening and closing time for each day from Monday to Sunday; leave both empty on a closed day.")


@dataclass(frozen=True, slots=True)
class Area:
    """A province (level 1), city (2) or district (3). Coordinates are GCJ-02 and may be unknown."""

    code: str
    parent_code: str | None
    name: str
    full_name: str
    level: int
    longitude: float | None
    latitude: float | None


@dataclass(frozen=True, slots=True)
class Unit:
    """A node of the enterprise tree. ``path`` holds the ids from the root to the unit itself."""

    id: int
    kind: UnitKind
    code: str
    name: str
    name_en: str
    path: tuple[int, ...]
    active: bool


@dataclass(frozen=True, slots=True)
class Location:
    """A store or warehouse that holds stock. Coordinates are GCJ-02 degrees.

    ``opening_hours`` has a pair for each day, Monday first; ``("", "")`` is a closed day, a closing
    time not after the opening one lies on the next day; no pairs at all: not known. ``distance_m``
    and ``open_now`` are filled where the question had a place or a time.
    """

    unit: Unit
    tier: Tier
    ownership: Ownership
    owner_id: int
    area_code: str
    area_name: str
    address: str
    longitude: float
    latitude: float
    phone: str
    opening_hours: Hours
    time_zone: str
    delivery_radius_m: int
    offers_pickup: bool
    offers_express: bool
    offers_instant: bool
    offers_in_store: bool
    distance_m: int | None = None
    open_now: bool | None = None
