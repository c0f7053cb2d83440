"""Add a store or a warehouse: a unit with an address, opening hours and an owner of its stock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.organization.contracts import (
    AddressInvalid,
    Location,
    Offer,
    OwnerInvalid,
    Ownership,
    Tier,
    UnitKind,
    UnitUnknown,
)
from quanyu.modules.organization.ops import create_unit
from quanyu.modules.organization.queries import areas, locations, units
from quanyu.modules.organization.rules import coordinates, opening_hours, tree
from quanyu.platform import db

RADIUS_M_MAX = 100_000
_ADDRESS_LENGTH_MAX = 200
_PHONE_LENGTH_MAX = 30


def create_location(
    *,
    kind: UnitKind,
    code: str,
    name: str,
    name_en: str,
    parent_id: int,
    tier: Tier,
    ownership: Ownership,
    owner_id: int | None,
    area_code: str,
    address: str,
    longitude: float,
    latitude: float,
    phone: str,
    hours: Sequence[Sequence[str]],
    delivery_radius_m: int,
    offers: frozenset[Offer],
    actor: Actor,
    now: datetime,
) -> Location:
    """Add a location. Raises ``Invalid`` and its kin, ``PlaceRefused``, ``CodeTaken`` or ``UnitUnknown``."""
    if kind not in tree.LOCATION_KINDS:
        raise Invalid(field="kind", reason=N_("only a store or a warehouse has an address"))
    tree.check_tier(kind, tier)
    check_address(area_code=area_code, address=address, longitude=longitude, latitude=latitude)
    check_services(phone=phone, delivery_radius_m=delivery_radius_m)
    pairs = opening_hours.parse(hours)
    unit = create_unit.insert(kind=kind, code=code, name=name, name_en=name_en, parent_id=parent_id, now=now)
    db.execute(
        "INSERT INTO organization_location (unit_id, tier, ownership, owner_id, area_id, address, longitude, "
        "latitude, phone, opening_hours, time_zone, delivery_radius_m, "
        "offers_pickup, offers_express, offers_instant, offers_in_store) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, 'Asia/Shanghai', %s, %s, %s, %s, %s)",
        [
            unit.id,
            tier.value,
            ownership.value,
            _owner(ownership, owner_id),
            area_code,
            address.strip(),
            longitude,
            latitude,
            phone.strip(),
            msgspec.json.encode(pairs).decode(),
            delivery_radius_m,
            *(offer in offers for offer in Offer),
        ],
    )
    create_unit.announce(unit, actor=actor, now=now)
    return locations.get(unit.id)


def check_address(*, area_code: str, address: str, longitude: float, latitude: float) -> None:
    """Raise ``AddressInvalid`` for an unknown or too wide area, a bad street or a place outside of China."""
    if not areas.is_fine_enough(area_code):
        raise AddressInvalid(field="area_code")
    if not address.strip() or len(address) > _ADDRESS_LENGTH_MAX:
        raise AddressInvalid(field="address")
    if not coordinates.is_in_china(coordinates.Point(longitude, latitude)):
        raise AddressInvalid(field="longitude")


def check_services(*, phone: str, delivery_radius_m: int) -> None:
    """Raise ``Invalid`` for a telephone that is too long or a radius no courier rides."""
    if len(phone) > _PHONE_LENGTH_MAX:
        raise Invalid(field="phone", reason=N_("at most 30 characters"))
    if not 0 <= delivery_radius_m <= RADIUS_M_MAX:
        raise Invalid(field="delivery_radius_m", reason=N_("from 0 to 100 000 metres"))


def _owner(ownership: Ownership, owner_id: int | None) -> int:
    """Return the unit that owns the stock. Raises ``OwnerInvalid`` or ``UnitUnknown``."""
    if owner_id is None:
        if ownership is Ownership.FRANCHISE:
            raise OwnerInvalid(field="owner_id")
        return units.enterprise().id
    owner = units.get(owner_id)
    if not owner.active:
        raise UnitUnknown(field="owner_id")
    if not tree.may_own(owner.kind, ownership):
        raise OwnerInvalid(field="owner_id")
    return owner.id
