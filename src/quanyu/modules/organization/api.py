"""Organization's door: the tree of units, locations with their places and hours, areas of China."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import Forbidden
from quanyu.modules.organization.contracts import Area, Location, Offer, Ownership, Tier, Unit, UnitKind, UnitUnknown
from quanyu.modules.organization.ops import close_unit as _close_unit
from quanyu.modules.organization.ops import create_location as _create_location
from quanyu.modules.organization.ops import create_unit as _create_unit
from quanyu.modules.organization.ops import load_areas as _load_areas
from quanyu.modules.organization.ops import move_unit as _move_unit
from quanyu.modules.organization.ops import rename_unit as _rename_unit
from quanyu.modules.organization.ops import update_location as _update_location
from quanyu.modules.organization.queries import areas as _areas
from quanyu.modules.organization.queries import kept as _kept
from quanyu.modules.organization.queries import locations as _locations
from quanyu.modules.organization.queries import units as _units
from quanyu.modules.organization.rules import coordinates as _coordinates
from quanyu.platform import db
from quanyu.platform.marks import Reading as _Reading

EDIT = "organization.edit"
NEAREST_MAX = 100


def load_reference() -> int:
    """Load or correct the list of China's areas; return how many rows changed. Safe to repeat."""
    return db.in_transaction(_load_areas.load_areas)


def create_unit(
    *, kind: UnitKind, code: str, name: str, parent_id: int | None, name_en: str = "", actor: Actor, now: datetime
) -> Unit:
    """Add a unit that is not a location. Raises ``Invalid``, ``PlaceRefused``, ``CodeTaken``, ``EnterpriseExists``."""
    _demand(actor, unit_id=parent_id)
    return db.in_transaction(
        lambda: _create_unit.create_unit(
            kind=kind, code=code, name=name, name_en=name_en, parent_id=parent_id, actor=actor, now=now
        )
    )


def create_location(
    *,
    kind: UnitKind,
    code: str,
    name: str,
    name_en: str = "",
    parent_id: int,
    tier: Tier = Tier.STORE,
    ownership: Ownership = Ownership.DIRECT,
    owner_id: int | None = None,
    area_code: str,
    address: str,
    longitude: float,
    latitude: float,
    phone: str = "",
    opening_hours: Sequence[Sequence[str]] = (),
    delivery_radius_m: int = 3000,
    offers_pickup: bool = True,
    offers_express: bool = True,
    offers_instant: bool = True,
    offers_in_store: bool = True,
    actor: Actor,
    now: datetime,
) -> Location:
    """Add a store or warehouse; coordinates are GCJ-02. Raises ``Invalid`` and its kin, ``CodeTaken`` ..."""
    _demand(actor, unit_id=parent_id)
    offered = zip(Offer, (offers_pickup, offers_express, offers_instant, offers_in_store), strict=True)
    offers = frozenset(offer for offer, wanted in offered if wanted)
    return db.in_transaction(
        lambda: _create_location.create_location(
            kind=kind,
            code=code,
            name=name,
            name_en=name_en,
            parent_id=parent_id,
            tier=tier,
            ownership=ownership,
            owner_id=owner_id,
            area_code=area_code,
            address=address,
            longitude=longitude,
            latitude=latitude,
            phone=phone,
            hours=opening_hours,
            delivery_radius_m=delivery_radius_m,
            offers=offers,
            actor=actor,
            now=now,
        )
    )


def update_location(
    *,
    unit_id: int,
    area_code: str | None = None,
    address: str | None = None,
    longitude: float | None = None,
    latitude: float | None = None,
    phone: str | None = None,
    opening_hours: Sequence[Sequence[str]] | None = None,
    delivery_radius_m: int | None = None,
    offers_pickup: bool | None = None,
    offers_express: bool | None = None,
    offers_instant: bool | None = None,
    offers_in_store: bool | None = None,
    actor: Actor,
    now: datetime,
) -> Location:
    """Change what is given and leave the rest. Raises ``UnitUnknown``, ``AddressInvalid``, ``HoursInvalid``."""
    given: dict[str, Any] = {
        "area_code": area_code,
        "address": address,
        "longitude": longitude,
        "latitude": latitude,
        "phone": phone,
        "opening_hours": opening_hours,
        "delivery_radius_m": delivery_radius_m,
        "offers_pickup": offers_pickup,
        "offers_express": offers_express,
        "offers_instant": offers_instant,
        "offers_in_store": offers_in_store,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    _demand(actor, unit_id=unit_id)
    return db.in_transaction(
        lambda: _update_location.update_location(unit_id=unit_id, changes=changes, actor=actor, now=now)
    )


def rename_unit(*, unit_id: int, name: str, name_en: str = "", actor: Actor, now: datetime) -> Unit:
    """Give a unit other names. Raises ``UnitUnknown`` or ``Invalid``."""
    _demand(actor, unit_id=unit_id)
    return db.in_transaction(
        lambda: _rename_unit.rename_unit(unit_id=unit_id, name=name, name_en=name_en, actor=actor, now=now)
    )


def move_unit(*, unit_id: int, parent_id: int, actor: Actor, now: datetime) -> Unit:
    """Hang a unit with all below it under another parent. Raises ``PlaceRefused`` (also for a cycle)."""
    _demand(actor, unit_id=unit_id)
    _demand(actor, unit_id=parent_id)
    return db.in_transaction(lambda: _move_unit.move_unit(unit_id=unit_id, parent_id=parent_id, actor=actor, now=now))


def close_unit(*, unit_id: int, actor: Actor, now: datetime) -> Unit:
    """Close a unit without open units below it. Raises ``UnitUnknown``, ``UnitInUse`` or ``PlaceRefused``."""
    _demand(actor, unit_id=unit_id)
    return db.in_transaction(lambda: _close_unit.close_unit(unit_id=unit_id, actor=actor, now=now))


def units(*, ids: Iterable[int]) -> dict[int, Unit]:
    """Return the units with these ids, closed ones too; unknown ids are left out."""
    return _units.units(ids)


def unit_by_code(*, code: str) -> Unit:
    """Return the unit with this code. Raises ``UnitUnknown``."""
    return _units.by_code(code)


def units_by_code(*, codes: Iterable[str]) -> dict[str, Unit]:
    """Return the units with these codes, closed ones too, by code; one query."""
    return _units.by_codes(codes)


def enterprise() -> Unit:
    """Return the root of the tree. Raises ``UnitUnknown`` before it was created."""
    return _units.enterprise()


def units_of_kind(*, kind: UnitKind | None = None, below: int | None = None) -> list[Unit]:
    """Return the open units of a kind (or all) at or below a unit (or anywhere), parents first."""
    return _units.of_kind(kind, below=below)


def children(*, unit_id: int, kind: UnitKind | None = None) -> list[int]:
    """Return the ids of the open units directly below, by code."""
    return _units.child_ids(unit_id=unit_id, kind=kind)


def subtree_ids(*, unit_id: int, kind: UnitKind | None = None, with_closed: bool = False) -> list[int]:
    """Return the ids of the open (or all) units at and below the unit, in ascending order."""
    return _units.subtree_ids(unit_id=unit_id, kind=kind, with_closed=with_closed)


def paths(*, unit_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """Return the path of each unit, root first, the unit itself last; unknown ids are left out."""
    return _units.paths(unit_ids)


def settings_path(*, unit_id: int, terminal_id: str | None = None) -> tuple[str, ...]:
    """Return the nodes of the settings tree down to the unit or terminal. Raises ``UnitUnknown``."""
    return _units.settings_path(unit_id=unit_id, terminal_id=terminal_id)


def locations(*, ids: Iterable[int] | None = None, at: datetime | None = None) -> dict[int, Location]:
    """Return these locations, or every open one; with ``at`` they say whether they are open then. One query."""
    return _locations.locations(ids, at=at)


def want_locations(*, reading: _Reading, ids: Iterable[int], with_warehouses: bool) -> None:
    """Ask a batch's reading for locations, and for all open locations that are no stores."""
    reading.want(_kept.LOCATIONS, ids)
    if with_warehouses:
        reading.want(_kept.WAREHOUSES, [None])


def locations_read(*, reading: _Reading) -> Mapping[int, Location | None]:
    """Return the locations that the reading was asked for, closed ones too, ``None`` for unknown ids. No query."""
    return reading.of(_kept.LOCATIONS)


def warehouses_read(*, reading: _Reading) -> tuple[Location, ...]:
    """Return the open locations that are no stores; the reading was asked for them. No query."""
    return reading.of(_kept.WAREHOUSES)[None] or ()


def want_area_names(*, reading: _Reading, codes: Iterable[str]) -> None:
    """Ask a batch's reading for the full names of areas."""
    reading.want(_kept.AREA_NAMES, codes)


def area_names_read(*, reading: _Reading) -> Mapping[str, str | None]:
    """Return the full names of the areas that the reading was asked for. No query."""
    return reading.of(_kept.AREA_NAMES)


def settings_path_of(path: Sequence[int]) -> tuple[str, ...]:
    """Return the nodes of the settings tree along the path of a unit. No query."""
    return ("brand", *[f"unit:{unit_id}" for unit_id in path])


def nearest_stores(
    *,
    longitude: float,
    latitude: float,
    limit: int = 20,
    within_m: int | None = None,
    offers: Offer | None = None,
    now: datetime,
) -> list[Location]:
    """Return the stores nearest to a GCJ-02 point, nearest first (MALL-07). One query; at most 100 stores."""
    return _locations.nearest_stores(
        longitude=longitude,
        latitude=latitude,
        limit=max(0, min(limit, NEAREST_MAX)),
        within_m=within_m,
        offers=Offer(offers) if offers is not None else None,
        now=now,
    )


def areas(*, parent_code: str | None = None) -> list[Area]:
    """Return the areas directly below one, or the provinces, by code."""
    return _areas.areas(parent_code)


def areas_by_code(*, codes: Iterable[str]) -> dict[str, Area]:
    """Return the areas with these codes; unknown ones are left out. One query."""
    return _areas.by_codes(codes)


def area(*, code: str) -> Area:
    """Return one area. Raises ``AreaUnknown``."""
    return _areas.get(code)


def gcj02_from_wgs84(*, longitude: float, latitude: float) -> tuple[float, float]:
    """Return longitude and latitude on Chinese maps of a position that a satellite receiver gave."""
    point = _coordinates.wgs84_to_gcj02(_coordinates.Point(longitude, latitude))
    return point.longitude, point.latitude


def gcj02_from_bd09(*, longitude: float, latitude: float) -> tuple[float, float]:
    """Return longitude and latitude on the maps we store of a position that Baidu gave."""
    point = _coordinates.bd09_to_gcj02(_coordinates.Point(longitude, latitude))
    return point.longitude, point.latitude


def _demand(actor: Actor, *, unit_id: int | None) -> None:
    """Raise ``Forbidden`` without the permission, ``UnitUnknown`` where it does not reach (404, not 403)."""
    if not actor.reaches(EDIT):
        raise Forbidden(permission=EDIT)
    path = () if unit_id is None else _units.get(unit_id).path
    if not actor.reaches(EDIT, unit_path=path):
        raise UnitUnknown
