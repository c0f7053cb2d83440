"""What crosses organization's door: units of the chain, locations, and refusals."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from quanyu.kernel.problem import N_, Conflict, Invalid, NotFound


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


class UnitUnknown(NotFound):
    """No such unit, or it is closed."""

    code = "organization.unit_unknown"
    title = N_("There is no such store or unit.")
    remedy = N_("Choose one from the list.")


class CodeTaken(Conflict):
    """Another unit has this code."""

    code = "organization.code_taken"
    title = N_("The code %(code)s is taken.")
    remedy = N_("Choose another code.")


class AddressInvalid(Invalid):
    """The area code or the coordinates are not in China's list."""

    code = "organization.address_invalid"
    title = N_("The address is not valid: %(reason)s")
    remedy = N_("Choose province, city and district again.")


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
    """A store or warehouse that holds stock. Coordinates are GCJ-02 degrees."""

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
    opening_hours: tuple[tuple[str, str], ...]
    time_zone: str
    delivery_radius_m: int
    offers_pickup: bool
    offers_express: bool
    offers_instant: bool
    offers_in_store: bool
    distance_m: int | None = None
    open_now: bool | None = None
