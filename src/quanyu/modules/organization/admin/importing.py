"""Stores, warehouses and suppliers from files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_
from quanyu.modules.organization import api
from quanyu.modules.organization.admin.import_columns import STORE_COLUMNS, SUPPLIER_COLUMNS
from quanyu.modules.organization.contracts import Area, Location, Ownership, Unit, UnitKind
from quanyu.platform.files import importer
from quanyu.platform.files.columns import Value
from quanyu.platform.files.importer import Deed, Importer, Known, Row, RowError, error

EDIT = "organization.edit"
_PLACES = (UnitKind.STORE, UnitKind.WAREHOUSE)
_HOURS = re.compile(r"^(\d{1,2}:\d{2})\s*[-~–—至到]\s*(\d{1,2}:\d{2})\Z")
_OFFERS = ("offers_pickup", "offers_express", "offers_instant")
_CLOSED_DAY = ("休", "休息", "closed")


def _look_up_stores(rows: Sequence[Row], actor: Actor, now: datetime, hold: bool) -> list[Known]:  # noqa: FBT001 - the protocol of importers
    names = {text for row in rows for text in (row.text("code"), row.text("parent"), row.text("owner")) if text}
    units = api.units_by_code(codes=names)
    places = api.locations(ids=[units[row.text("code")].id for row in rows if row.text("code") in units])
    areas = api.areas_by_code(codes={row.text("area") for row in rows if row.text("area")})
    above = _above(units.values(), places.values())
    return [_store(row, units, places, areas, above, actor) for row in rows]


def _store(
    row: Row,
    units: dict[str, Unit],
    places: dict[int, Location],
    areas: dict[str, Area],
    above: dict[int, Unit],
    actor: Actor,
) -> Known:
    unit = units.get(row.text("code"))
    place = places.get(unit.id) if unit is not None else None
    errors = _errors_of_unit(row, unit, units, actor, kinds=_PLACES)
    area = areas.get(row.text("area"))
    if row.text("area") and area is None:
        errors.append(error("unknown", "area", shown=row.text("area")))
    if unit is None and area is not None and not (area.longitude and area.latitude):
        errors += [error("required", name) for name in ("longitude", "latitude") if not row.text(name)]
    if row.text("owner") and row.text("owner") not in units:
        errors.append(error("unknown", "owner", shown=row.text("owner")))
    if row.text("hours") and _hours(row.text("hours")) is None:
        errors.append(
            RowError(
                "organization.hours_invalid",
                "hours",
                N_("The opening hours are not valid."),
                N_("Write 09:00-21:30, for all days or for each of seven."),
            )
        )
    thing = {"unit": unit, "units": units, "area": area, "place": place}
    if unit is None or place is None or errors:
        return Known(errors=errors, thing=thing)
    values: dict[str, Value | None] = {
        "code": unit.code,
        "name": unit.name,
        "name_en": unit.name_en,
        "kind": unit.kind.value,
        "parent": _code_above(unit, above),
        "ownership": place.ownership.value,
        "owner": row.text("owner")
        if _is_owner(place, units.get(row.text("owner")))
        else _code_of(place.owner_id, above),
        "area": place.area_code,
        "address": place.address,
        "longitude": _degrees(place.longitude),
        "latitude": _degrees(place.latitude),
        "phone": place.phone,
        "hours": row.text("hours") if _hours(row.text("hours")) == place.opening_hours else _hours_text(place),
        "delivery_radius_m": place.delivery_radius_m,
        **{name: getattr(place, name) for name in _OFFERS},
    }
    errors += [
        error("fixed", name, shown=str(values[name]))
        for name in ("kind", "ownership", "owner")
        if row.text(name) and row.text(name) != values[name]
    ]
    return Known(True, values, errors, thing)


def _write_stores(deeds: Sequence[Deed], import_id: str, actor: Actor, now: datetime) -> None:
    for deed in deeds:
        row, thing = deed.row, deed.known.thing
        if deed.known.exists:
            _change_unit(deed, actor=actor, now=now)
            changes = _place_changes(row, deed.changes)
            if changes:
                api.update_location(unit_id=thing["unit"].id, actor=actor, now=now, **changes)
            continue
        area: Area = thing["area"]
        given = {name: row.values[name] for name in ("delivery_radius_m", *_OFFERS) if name in row.values}
        owner = thing["units"].get(row.text("owner"))
        api.create_location(
            kind=UnitKind(row.text("kind") or UnitKind.STORE),
            code=row.text("code"),
            name=row.text("name"),
            name_en=row.text("name_en"),
            parent_id=thing["units"][row.text("parent")].id,
            ownership=Ownership(row.text("ownership") or Ownership.DIRECT),
            owner_id=owner.id if owner is not None else None,
            area_code=area.code,
            address=row.text("address"),
            longitude=float(row.text("longitude") or area.longitude or 0),
            latitude=float(row.text("latitude") or area.latitude or 0),
            phone=row.text("phone"),
            opening_hours=_hours(row.text("hours")) or (),
            actor=actor,
            now=now,
            **given,  # type: ignore[arg-type]
        )


def _look_up_suppliers(rows: Sequence[Row], actor: Actor, now: datetime, hold: bool) -> list[Known]:  # noqa: FBT001 - the protocol of importers
    root = api.enterprise()
    names = {text for row in rows for text in (row.text("code"), row.text("parent")) if text}
    units = api.units_by_code(codes=names)
    above = _above(units.values(), ())
    found = []
    for row in rows:
        unit = units.get(row.text("code"))
        errors = _errors_of_unit(row, unit, units, actor, kinds=(UnitKind.SUPPLIER,))
        if unit is None and not row.text("parent") and not actor.reaches(EDIT, unit_path=root.path):
            errors.append(error("required", "parent"))
        thing = {"unit": unit, "units": units, "root": root}
        values: dict[str, Value | None] = {}
        if unit is not None:
            values = {
                "code": unit.code,
                "name": unit.name,
                "name_en": unit.name_en,
                "parent": _code_above(unit, above),
            }
        found.append(Known(unit is not None, values, errors, thing))
    return found


def _write_suppliers(deeds: Sequence[Deed], import_id: str, actor: Actor, now: datetime) -> None:
    for deed in deeds:
        row, thing = deed.row, deed.known.thing
        if deed.known.exists:
            _change_unit(deed, actor=actor, now=now)
            continue
        parent = thing["units"].get(row.text("parent"), thing["root"])
        api.create_unit(
            kind=UnitKind.SUPPLIER,
            code=row.text("code"),
            name=row.text("name"),
            name_en=row.text("name_en"),
            parent_id=parent.id,
            actor=actor,
            now=now,
        )


def _change_unit(deed: Deed, *, actor: Actor, now: datetime) -> None:
    """Rename and move a unit where the row says so."""
    unit: Unit = deed.known.thing["unit"]
    row = deed.row
    if deed.changes & {"name", "name_en"}:
        name_en = row.text("name_en") if "name_en" in row.values else unit.name_en
        api.rename_unit(unit_id=unit.id, name=row.text("name") or unit.name, name_en=name_en, actor=actor, now=now)
    if "parent" in deed.changes:
        parent = deed.known.thing["units"][row.text("parent")]
        api.move_unit(unit_id=unit.id, parent_id=parent.id, actor=actor, now=now)


def _errors_of_unit(
    row: Row, unit: Unit | None, units: dict[str, Unit], actor: Actor, *, kinds: tuple[UnitKind, ...]
) -> list[RowError]:
    """Return why the row's unit, or the one above it, is not the actor's to change."""
    errors = []
    if unit is not None and (unit.kind not in kinds or not actor.reaches(EDIT, unit_path=unit.path)):
        errors.append(error("unknown", "code", shown=unit.code))
    parent = units.get(row.text("parent"))
    if row.text("parent") and (parent is None or not actor.reaches(EDIT, unit_path=parent.path)):
        errors.append(error("unknown", "parent", shown=row.text("parent")))
    return errors


def _place_changes(row: Row, changes: frozenset[str]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name in changes - {"code", "name", "name_en", "parent"}:
        value = row.values[name]
        if name == "area":
            given["area_code"] = value
        elif name == "hours":
            given["opening_hours"] = _hours(row.text("hours"))
        elif name in ("longitude", "latitude"):
            given[name] = float(str(value))
        else:
            given[name] = "" if value is None else value
    return given


def _hours(text: str) -> tuple[tuple[str, str], ...] | None:
    """Return seven pairs of one text for all days or seven; ``None`` for anything else."""
    days = [day.strip() for day in re.split("[;；]", text) if day.strip()]
    if len(days) not in (1, 7):
        return None
    pairs = []
    for day in days:
        found = _HOURS.match(day)
        if found:
            pairs.append((found[1].zfill(5), found[2].zfill(5)))
        elif day.casefold() in _CLOSED_DAY:
            pairs.append(("", ""))
        else:
            return None
    return tuple(pairs * (7 // len(pairs)))


def _hours_text(place: Location) -> str:
    days = [f"{opens}-{closes}" if opens else "休" for opens, closes in place.opening_hours]
    return days[0] if len(set(days)) == 1 else ";".join(days)


def _degrees(degrees: float) -> str:
    return f"{degrees:.6f}".rstrip("0").rstrip(".")


def _above(units: Any, places: Any) -> dict[int, Unit]:
    """Return the units that stand above these, and those that own the goods of these places."""
    return api.units(
        ids={*(unit.path[-2] for unit in units if len(unit.path) > 1), *(place.owner_id for place in places)}
    )


def _code_above(unit: Unit, above: dict[int, Unit]) -> str:
    return _code_of(unit.path[-2], above) if len(unit.path) > 1 else ""


def _code_of(unit_id: int, known: dict[int, Unit]) -> str:
    return known[unit_id].code if unit_id in known else ""


def _is_owner(place: Location, unit: Unit | None) -> bool:
    return unit is not None and unit.id == place.owner_id


importer.add(
    Importer(
        name="stores",
        title=_("Stores and warehouses"),
        note=_("Open stores, correct addresses, hours and services."),
        icon="storefront",
        permission=EDIT,
        columns=STORE_COLUMNS,
        keys=("code",),
        look_up=_look_up_stores,
        write=_write_stores,
        columns_of={
            "parent_id": "parent",
            "owner_id": "owner",
            "area_code": "area",
            "opening_hours": "hours",
        },
        order=30,
    )
)
importer.add(
    Importer(
        name="suppliers",
        title=_("Suppliers"),
        note=_("Who delivers goods; products name their supplier by this code."),
        icon="local_shipping",
        permission=EDIT,
        columns=SUPPLIER_COLUMNS,
        keys=("code",),
        look_up=_look_up_suppliers,
        write=_write_suppliers,
        columns_of={"parent_id": "parent"},
        order=70,
    )
)
