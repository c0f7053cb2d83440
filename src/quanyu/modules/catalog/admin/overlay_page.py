"""Stores' listings as a grid: one SKU in all stores, or one store with all its SKUs; saved with one outcome a cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api
from quanyu.modules.catalog.contracts.overlay_and_labels import CellOutcome, CellState, OverlayCell, OverlayField
from quanyu.modules.catalog.models import Sku
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Unit, UnitKind
from quanyu.platform.console import access, registry
from quanyu.platform.console.formats import in_language, name_of
from quanyu.platform.console.registry import SitePage

VIEW, LIST = "catalog.view", "catalog.list"
ROWS, HITS, CELLS_MAX = 100, 20, 5_000
TITLES = {
    OverlayField.LISTED: _("Listed"),
    OverlayField.PICKUP: _("Pickup"),
    OverlayField.EXPRESS: _("Express"),
    OverlayField.INSTANT: _("Instant delivery"),
}
TEXTS = {
    CellState.SAVED: _("Saved"),
    CellState.STALE: _("Changed by somebody else; look again"),
    CellState.REFUSED: _("Not yours to change"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as the grid shows it. ``was``: "1" or "0"."""

    key: str
    field: str
    was: str
    label: str
    state: str
    text: object


@dataclass(frozen=True, slots=True)
class Row:
    """A SKU in a store. ``above`` are the units over the store, for rows that set all below them."""

    name: str
    code: str
    above: str
    deviates: bool
    is_editable: bool
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Region:
    """A row that sets all stores below a unit."""

    id: str
    name: str
    cells: list[tuple[str, str]]


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show the grid; a POST writes its changed cells first."""
    outcomes = _written(request) if request.method == "POST" else []
    stores = _within(access.units_of(request, VIEW))
    store = next((one for one in stores if str(one.id) == request.GET.get("store", "")), None)
    found = _skus(request, store)
    sku = found[0] if store is None and request.GET.get("sku") and found else None
    units = [store] if store else stores if sku else []
    shown = found[:ROWS] if store else found[:1] if sku else []
    rows = _rows(request, units, shown, outcomes, by_sku=store is not None)
    following = ""
    if store and len(found) > ROWS:
        asked = {"store": store.id, "q": request.GET.get("q", ""), "after": shown[-1].code}
        following = f"?{urlencode(asked)}"
    content = {
        **context,
        "title": PAGE.title,
        "heading": name_of(sku) if sku else name_of_unit(store) if store else PAGE.title,
        "subtitle": sku.code if sku else "",
        "list_address": reverse("admin:catalog_product_changelist"),
        "list_title": gettext("Products"),
        "stores": [(str(one.id), name_of_unit(one)) for one in stores],
        "store": str(store.id) if store else "",
        "query": request.GET.get("q", ""),
        "hits": [] if store or sku else [(f"{name_of(one)} ({one.code})", f"?sku={one.pk}") for one in found[:HITS]],
        "titles": TITLES.values(),
        "regions": _regions(units) if sku else [],
        "rows": rows,
        "outcome": _told(outcomes),
        "following": following,
    }
    conflict = any(outcome.state in (CellState.STALE, CellState.REFUSED) for outcome in outcomes)
    return TemplateResponse(request, "catalog/overlay.html", content, status=422 if conflict else 200)


def name_of_unit(unit: Unit) -> str:
    """Return a unit's name in the reader's language."""
    return in_language(unit.name, unit.name_en)


def _within(units: access.Units) -> list[Unit]:
    return [one for one in organization.units_of_kind(kind=UnitKind.STORE) if units is None or one.id in units]


def _skus(request: HttpRequest, store: Unit | None) -> Sequence[Sku]:
    """Return the SKUs asked for, within the reader's reach, by code; one more than a page of them."""
    listed: Any = admin.site._registry[Sku]  # noqa: SLF001 - Django's own admin reads it so
    rows = listed.get_queryset(request).order_by("code").prefetch_related(None)
    asked, text = request.GET.get("sku", ""), request.GET.get("q", "").strip()
    if store is None and asked:
        if not asked.isdecimal() or len(asked) > 18:
            raise Http404
        found = list(rows.filter(pk=asked))
        if not found:
            raise Http404
        return found
    if text:
        page = api.search(text=text, limit=100)
        rows = rows.filter(pk__in=page.sku_ids)
    elif store is None:
        return []
    return list(rows.filter(code__gt=request.GET.get("after", ""))[: ROWS + 1])


def _rows(
    request: HttpRequest, units: Sequence[Unit], skus: Sequence[Sku], outcomes: Sequence[CellOutcome], *, by_sku: bool
) -> list[Row]:
    mine = access.units_of(request, LIST) if access.may(request, LIST) else frozenset()
    held = api.overlay_rows(unit_ids=[unit.id for unit in units], sku_ids=[sku.pk for sku in skus])
    became = {(one.cell.unit_id, one.cell.sku_id, one.cell.field): one.state for one in outcomes}
    rows = []
    for unit in units:
        for sku in skus:
            holds = held[unit.id, sku.pk]
            name = name_of(sku) if by_sku else name_of_unit(unit)
            cells = []
            for field, title in TITLES.items():
                state = became.get((unit.id, sku.pk, field))
                was = "1" if getattr(holds, field.value) else "0"
                text = TEXTS.get(state, "") if state else ""
                key = f"{unit.id}:{sku.pk}:{field}"
                cells.append(Cell(key, field, was, f"{name}: {title}", state.value if text and state else "", text))
            above = " ".join(map(str, unit.path[:-1]))
            is_editable = mine is None or unit.id in mine
            rows.append(Row(name, sku.code if by_sku else unit.code, above, holds.deviates, is_editable, cells))
    return rows


def _regions(units: Sequence[Unit]) -> list[Region]:
    above = organization.units(ids={unit_id for unit in units for unit_id in unit.path[:-1]})
    return [
        Region(
            str(unit.id),
            gettext("All stores of %(name)s") % {"name": name_of_unit(unit)},
            [(field.value, f"{name_of_unit(unit)}: {title}") for field, title in TITLES.items()],
        )
        for unit in sorted(above.values(), key=lambda one: one.path)
        if unit.kind is not UnitKind.BRAND
    ]


def _written(request: HttpRequest) -> list[CellOutcome]:
    """Write the changed cells. Raises ``PermissionDenied`` for one who lists nowhere, ``Http404`` for nonsense."""
    if not access.may(request, LIST):
        raise PermissionDenied
    cells = [_cell(one) for one in changes_of(request)]
    return api.write_overlay(cells=cells, actor=access.actor_of(request), now=system_clock.now())


def changes_of(request: HttpRequest) -> list[tuple[str, str, str]]:
    """Return the changes that a grid sends, as (cell, as it was, as it is wanted). Raises ``Http404``."""
    try:
        changes = msgspec.json.decode(request.POST.get("changes", ""), type=list[tuple[str, str, str]])
    except msgspec.DecodeError:
        raise Http404 from None
    if len(changes) > CELLS_MAX:
        raise Http404
    return changes


def _cell(change: tuple[str, str, str]) -> OverlayCell:
    key, was, wanted = change
    parts = key.split(":")
    if len(parts) != 3 or not all(part.isdecimal() and len(part) < 18 for part in parts[:2]):
        raise Http404
    if parts[2] not in set(OverlayField):
        raise Http404
    return OverlayCell(int(parts[0]), int(parts[1]), OverlayField(parts[2]), was == "1", wanted == "1")


def _told(outcomes: Sequence[CellOutcome]) -> str:
    if not outcomes:
        return ""
    count: Mapping[CellState, int] = Counter(outcome.state for outcome in outcomes)
    return gettext("%(saved)s saved, %(stale)s changed by others meanwhile, %(refused)s refused.") % {
        "saved": count[CellState.SAVED] + count[CellState.SAME],
        "stale": count[CellState.STALE],
        "refused": count[CellState.REFUSED],
    }


PAGE = SitePage("overlay", "catalog/overlay", _("Listing by store"), VIEW, view)
registry.add_page(PAGE)
