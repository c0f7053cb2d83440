"""Rows of a sheet as a reader sees them: figures that lead to their explanation, alarms, bars, what can be done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.inventory import api
from quanyu.modules.inventory.admin import addresses
from quanyu.modules.inventory.contracts import Alarm, Figure, SheetRow, SheetSums
from quanyu.modules.organization.contracts import Unit
from quanyu.platform.console import access
from quanyu.platform.console.formats import NOTHING, badge, in_language, moment, quantity, yuan

REPORTS = "reports.view"
PIECES = 1
TITLES: dict[str, Any] = {
    "on_hand": _("On hand"),
    "reserved": _("Reserved"),
    "available": _("Available"),
    "incoming": _("Incoming"),
    "outgoing": _("Outgoing"),
    "damaged": _("Damaged stock"),
    "safety": _("Safety stock"),
}
# Nothing of these is the rule and says nothing.
_QUIET = {"reserved", "incoming", "outgoing", "damaged", "safety"}
_FIGURES = {
    "on_hand": Figure.ON_HAND,
    "reserved": Figure.RESERVED,
    "available": Figure.AVAILABLE,
    "incoming": Figure.IN_TRANSIT,
    "damaged": Figure.DAMAGED,
}
ALARMS = {Alarm.OUT: (_("Sold out"), "bad"), Alarm.LOW: (_("Low"), "warn")}
_BAR_PARTS = ("available", "reserved", "damaged", "incoming")


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure of a row: its text, and the address that explains it."""

    name: str
    text: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a row's bar: where it begins and how long it is, in hundredths of the longest bar."""

    name: str
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Shown:
    """A row on the screen. ``bar``: available, reserved, damaged and coming in, side by side."""

    row: SheetRow
    sku: SkuInfo | None
    name: str
    place: str
    place_address: str
    owner: str
    cells: Sequence[Cell]
    value: str
    alarm: SafeString | str
    moved: str
    deeds: Sequence[tuple[object, str, str]]
    bar: Sequence[Piece] = ()


def texts(row: SheetRow | SheetSums, scale: int, unit: str | None) -> dict[str, str]:
    """Return the figures of a row, or of sums, as they are written; without a unit where it stands elsewhere."""
    return {
        name: NOTHING if name in _QUIET and not getattr(row, name) else written(getattr(row, name), scale, unit)
        for name in TITLES
    }


def written(base: int, scale: int, unit: str | None) -> str:
    """Return base units as a person counts them, thousands apart; ``None`` leaves the unit away."""
    text, _space, counted = quantity(base, scale, unit or "").partition(" ")
    whole, dot, rest = text.partition(".")
    said = f"{int(whole):,}{dot}{rest}"
    if base < 0 and int(whole) == 0:
        said = f"-{said}"
    return said if unit is None else f"{said} {counted}".strip()


def alarm_badge(alarm: Alarm | None) -> SafeString | str:
    """Return the alarm of a row in its colour; nothing for none."""
    return badge(*ALARMS[alarm]) if alarm else ""


def shown(
    request: HttpRequest,
    rows: Sequence[SheetRow],
    *,
    skus: Mapping[int, SkuInfo],
    units: Mapping[int, Unit],
    with_unit: bool,
    with_value: bool,
) -> list[Shown]:
    """Return rows with names, links and what this person may do. ``with_unit`` writes the SKU's unit at each figure."""
    longest = max((sum(getattr(row, part) for part in _BAR_PARTS) for row in rows), default=0)
    return [
        Shown(
            row=row,
            sku=(sku := skus.get(row.sku_id)),
            name=in_language(sku.name, sku.name_en) if sku else row.code,
            place=name_of_unit(units, row.location_id),
            place_address=addresses.of_location(row.location_id),
            owner=name_of_unit(units, row.owner_id),
            cells=cells(row, sku, with_unit=with_unit),
            value=yuan(row.value_fen) if with_value else "",
            alarm=alarm_badge(row.alarm),
            moved=moment(row.moved_at),
            deeds=deeds_on(request, row),
            bar=bar(row, longest),
        )
        for row in rows
    ]


def cells(row: SheetRow, sku: SkuInfo | None, *, with_unit: bool) -> list[Cell]:
    """Return the figures of a row, each with the address that explains it."""
    scale, unit = (sku.quantity_scale, sku.unit_name) if sku else (PIECES, "")
    said = texts(row, scale, unit if with_unit else None)
    return [Cell(name, said[name], _why(row, name)) for name in TITLES]


def bar(row: SheetRow, longest: int) -> list[Piece]:
    """Return the pieces of a row's bar."""
    pieces, start = [], 0.0
    for name in _BAR_PARTS:
        width = round(100 * getattr(row, name) / longest, 2) if longest else 0.0
        pieces.append(Piece(name, round(start, 2), width))
        start += width
    return pieces


def sums(found: Iterable[SheetSums], unit: str | None) -> dict[str, str]:
    """Return the sums of a sheet; pieces and kilograms stand side by side, for they are never added up."""
    parts = [texts(one, one.scale, unit) for one in found]
    joined = {}
    for name in TITLES:
        said = [part[name] for part in parts if part[name] != NOTHING]
        joined[name] = " + ".join(said) or NOTHING
    return joined


def total(found: Iterable[SheetSums], name: str) -> int:
    """Return a count or a value added up over pieces and kilograms."""
    if name not in {field.name for field in fields(SheetSums)}:
        raise ValueError(f"{name!r} is no sum")
    return sum(getattr(one, name) for one in found)


def sees_value(request: HttpRequest) -> bool:
    """Tell whether this person may see what the stock within his reach has cost."""
    if not access.may(request, REPORTS):
        return False
    reports, stock = access.units_of(request, REPORTS), access.units_of(request, api.VIEW)
    return reports is None or (stock is not None and stock <= reports)


def name_of_unit(units: Mapping[int, Unit], unit_id: int | None) -> str:
    """Return the name of a unit in the reader's language; a dash for none."""
    unit = units.get(unit_id) if unit_id is not None else None
    return in_language(unit.name, unit.name_en) if unit else NOTHING


def deeds_on(request: HttpRequest, row: SheetRow) -> list[tuple[object, str, str]]:
    """Return what this person may do with a row: title, icon, address of the form, filled in."""
    offered: list[tuple[object, str, str]] = []
    for title, icon, name, permission, filled in (
        (_("Receive goods"), "input", "receive", api.RECEIVE, {}),
        (_("Correct stock"), "edit", "correct", api.ADJUST, {"kind": "adjustment"}),
        (_("Enter a count"), "checklist", "count", api.COUNT, {}),
        (_("Damaged goods"), "broken_image", "damage", api.DAMAGE, {"kind": "damage"}),
        (_("Send to another location"), "local_shipping", "send", api.TRANSFER, {}),
        (_("Book an arrival"), "move_to_inbox", "arrive", api.TRANSFER, {}),
        (_("Set safety stock"), "shield", "safety", api.ADJUST, {}),
    ):
        if name == "arrive" and not row.incoming:
            continue
        if name == "send" and row.available <= 0:
            continue
        if access.may(request, permission) and _reaches(request, permission, row):
            offered.append((title, icon, addresses.deed(name, row.id, **filled)))
    return offered


def _reaches(request: HttpRequest, permission: str, row: SheetRow) -> bool:
    units = access.units_of(request, permission)
    return units is None or bool(units & {row.location_id, row.owner_id})


def _why(row: SheetRow, name: str) -> str:
    if name == "outgoing":
        return addresses.transfers(sku=row.sku_id, origin=row.location_id) if row.outgoing else ""
    if name not in _FIGURES or (name in _QUIET and not getattr(row, name)):
        return ""
    return addresses.why(row, _FIGURES[name])
