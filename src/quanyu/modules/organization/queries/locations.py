"""Stores and warehouses, by id and by distance."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from quanyu.modules.organization.contracts import Location, Offer, Ownership, Tier, UnitUnknown
from quanyu.modules.organization.queries import units
from quanyu.modules.organization.rules import opening_hours
from quanyu.platform import db

_COLUMNS = (
    "unit.id, unit.kind, unit.code, unit.name, unit.name_en, unit.path, unit.is_active, "
    "place.tier, place.ownership, place.owner_id, place.area_id, area.full_name AS area_name, place.address, "
    "place.longitude, place.latitude, place.phone, place.opening_hours::text AS opening_hours, place.time_zone, "
    "place.delivery_radius_m, place.offers_pickup, place.offers_express, place.offers_instant, place.offers_in_store"
)
_FROM = (
    "FROM organization_location AS place JOIN organization_unit AS unit ON unit.id = place.unit_id "
    "JOIN organization_area AS area ON area.code = place.area_id "
)
BY_ID = f"SELECT {_COLUMNS} {_FROM} WHERE unit.id = ANY(%s)"
WAREHOUSES = f"SELECT {_COLUMNS} {_FROM} WHERE unit.is_active AND place.tier <> %s ORDER BY unit.id"
# Nowhere is a degree of latitude shorter than this on the sphere of organization_distance_m.
_METRES_PER_DEGREE = 111_194.0


def locations(ids: Iterable[int] | None, *, at: datetime | None) -> dict[int, Location]:
    """Return the locations with these ids, or every open one; ``open_now`` is filled with a time."""
    wanted = None if ids is None else list(ids)
    condition = "WHERE unit.is_active" if wanted is None else "WHERE unit.id = ANY(%s)"
    found = db.rows(f"SELECT {_COLUMNS} {_FROM} {condition} ORDER BY unit.id", None if wanted is None else [wanted])
    return {row["id"]: made(row, at=at) for row in found}


def get(unit_id: int) -> Location:
    """Return one location. Raises ``UnitUnknown``."""
    found = locations([unit_id], at=None).get(unit_id)
    if found is None:
        raise UnitUnknown
    return found


def nearest_stores(
    *, longitude: float, latitude: float, limit: int, within_m: int | None, offers: Offer | None, now: datetime
) -> list[Location]:
    """Return the open-for-business stores nearest to a point, nearest first, in one query.

    With ``within_m`` the index on the place narrows the search to a box first; the box is a little
    too large on purpose, the distance decides.
    """
    parameters: dict[str, Any] = {"longitude": longitude, "latitude": latitude, "limit": limit, "within_m": within_m}
    conditions = ["unit.is_active", "unit.kind = 'store'"]
    if offers is not None:
        conditions.append(f"place.offers_{offers.value}")
    if within_m is not None:
        parameters.update(_box(longitude, latitude, within_m))
        conditions.append("place.latitude BETWEEN %(south)s AND %(north)s")
        conditions.append("place.longitude BETWEEN %(west)s AND %(east)s")
    inner = (
        f"SELECT {_COLUMNS}, organization_distance_m(%(latitude)s, %(longitude)s, place.latitude, place.longitude) "
        f"AS distance_m {_FROM} WHERE {' AND '.join(conditions)}"
    )
    outer = "WHERE distance_m <= %(within_m)s" if within_m is not None else ""
    found = db.rows(f"SELECT * FROM ({inner}) AS store {outer} ORDER BY distance_m, id LIMIT %(limit)s", parameters)  # noqa: S608
    return [made(row, at=now) for row in found]


def _box(longitude: float, latitude: float, within_m: int) -> dict[str, float]:
    """Return a box in degrees that holds every point within the distance."""
    high = within_m / _METRES_PER_DEGREE * 1.001 + 1e-6
    # Meridians converge: the widest reach in longitude is where the circle touches them.
    reach = math.sin(min(math.radians(high), math.pi / 2))
    narrow = math.cos(math.radians(latitude))
    wide = math.degrees(math.asin(reach / narrow)) if reach < narrow else 180.0
    return {
        "south": latitude - high,
        "north": latitude + high,
        "west": longitude - wide * 1.001,
        "east": longitude + wide * 1.001,
    }


def made(row: dict[str, Any], *, at: datetime | None) -> Location:
    """Make the contract of a row."""
    hours = msgspec.json.decode(row["opening_hours"], type=tuple[tuple[str, str], ...])
    distance = row.get("distance_m")
    return Location(
        unit=units.made(row),
        tier=Tier(row["tier"]),
        ownership=Ownership(row["ownership"]),
        owner_id=row["owner_id"],
        area_code=row["area_id"],
        area_name=row["area_name"],
        address=row["address"],
        longitude=row["longitude"],
        latitude=row["latitude"],
        phone=row["phone"],
        opening_hours=hours,
        time_zone=row["time_zone"],
        delivery_radius_m=row["delivery_radius_m"],
        offers_pickup=row["offers_pickup"],
        offers_express=row["offers_express"],
        offers_instant=row["offers_instant"],
        offers_in_store=row["offers_in_store"],
        distance_m=None if distance is None else round(distance),
        open_now=None if at is None else opening_hours.is_open(hours, time_zone=row["time_zone"], at=at),
    )
