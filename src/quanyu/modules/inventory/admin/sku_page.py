"""A SKU over all locations; and, without one, the field that finds it: scanned, typed, or among what runs out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import BarcodeUnknown, SkuInfo
from quanyu.modules.inventory import api
from quanyu.modules.inventory.admin import addresses, charts, sheet_rows
from quanyu.modules.inventory.contracts import Sheet, SheetFilter, SheetSums
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Location, Unit, UnitKind
from quanyu.platform.console import access, registry
from quanyu.platform.console.formats import in_language, link, number, yuan
from quanyu.platform.console.registry import SitePage

TITLE = _("Find stock")
CATALOG = "catalog.view"
ROWS = 200
HITS = 20
ONLY = (("", _("All rows")), ("stock", _("Only with stock")), ("alarm", _("Only alarms")))


@dataclass(frozen=True, slots=True)
class Hit:
    """A SKU that a search found."""

    sku: SkuInfo
    name: str
    address: str
    codes: str


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show a SKU over all locations; without one, find it."""
    asked = request.GET.get("sku", "")
    if not asked:
        return _finder(request, context)
    sku = catalog.skus(ids=[whole_number(asked)]).get(int(asked))
    places = organization.locations()
    of = asked_filter(request, places)
    found = api.sheet(of=of, limit=ROWS)
    if sku is None or not _may_see(request, of):
        raise Http404
    units = organization.units(ids=_units_named(found, places))
    with_value = sheet_rows.sees_value(request)
    rows = sheet_rows.shown(
        request, found.rows, skus={sku.id: sku}, units=units, with_unit=False, with_value=with_value
    )
    content = {
        **context,
        "title": in_language(sku.name, sku.name_en),
        "sku": sku,
        "unit": sku.unit_name if sku.quantity_scale == sheet_rows.PIECES else gettext("kg"),
        "rows": rows,
        "is_cut": bool(found.next),
        "sums": sheet_rows.sums(found.sums, None),
        "figures": figures(found.sums, sku.unit_name, with_value=with_value),
        "alarms": alarms(found.sums),
        "with_value": with_value,
        "chart": charts.where_it_lies(rows),
        "regions": regions(places, units, access.units_of(request, api.VIEW)),
        "region": request.GET.get("region", ""),
        "only": of.only,
        "choices": ONLY,
        "product": link("catalog_product_change", sku.product_id, _("Product")),
        "file": link("catalog_sku_change", sku.id, _("SKU and barcodes")),
        "map_address": addresses.on_map(sku=sku.id),
        "transfers_address": addresses.transfers(sku=sku.id),
        "live_query": request.GET.urlencode(),
    }
    return TemplateResponse(request, "inventory/sku.html", content)


def asked_filter(request: HttpRequest, places: Mapping[int, Location]) -> SheetFilter:
    """Return the rows of a SKU that the request asks for, within reach."""
    region = request.GET.get("region", "")
    within = None
    if region:
        wanted = whole_number(region)
        within = tuple(place.unit.id for place in places.values() if wanted in place.unit.path)
    only = request.GET.get("only", "")
    return SheetFilter(
        units=access.units_of(request, api.VIEW),
        sku_id=whole_number(request.GET.get("sku", "")),
        location_ids=within,
        only=only if only in dict(ONLY) else "",
    )


def whole_number(text: str) -> int:
    """Return an id from an address. Raises ``Http404`` for anything else."""
    if not text.isdecimal() or len(text) > 18:
        raise Http404
    return int(text)


def regions(
    places: Mapping[int, Location], units: Mapping[int, Unit], reach: frozenset[int] | None
) -> list[tuple[str, str]]:
    """Return the regions (or what else stands above locations) to choose from, those within reach alone."""
    above = {
        unit_id for place in places.values() if reach is None or place.unit.id in reach for unit_id in place.unit.path
    }
    return [
        (str(unit.id), in_language(unit.name, unit.name_en))
        for unit in sorted(units.values(), key=lambda unit: unit.code)
        if unit.id in above and unit.kind in (UnitKind.REGION, UnitKind.DEALER)
    ]


def figures(found: Sequence[SheetSums], unit: str, *, with_value: bool) -> list[tuple[str, object, str]]:
    """Return the figures above a sheet: name for the live cells, label, text."""
    sums = sheet_rows.sums(found, unit)
    shown: list[tuple[str, object, str]] = [
        (name, sheet_rows.TITLES[name], sums[name])
        for name in ("on_hand", "reserved", "available", "incoming", "damaged")
    ]
    if with_value:
        shown.append(("value", _("Value at cost"), yuan(sheet_rows.total(found, "value_fen"))))
    return shown


def alarms(found: Sequence[SheetSums]) -> list[tuple[str, object, str, str]]:
    """Return how many rows raise an alarm: name for the live cells, label, count, tone."""
    low, out = (sheet_rows.total(found, name) for name in ("low", "out"))
    return [
        ("low", _("Low"), number(low), "warn" if low else "plain"),
        ("out", _("Sold out"), number(out), "bad" if out else "plain"),
    ]


def _may_see(request: HttpRequest, of: SheetFilter) -> bool:
    """Tell whether this person may know the SKU: as part of the catalogue, or because some of it lies within reach."""
    if access.may(request, CATALOG):
        return True
    return bool(api.sheet(of=replace(of, only="", location_ids=None), limit=1).rows)


def _units_named(found: Sheet, places: Mapping[int, Location]) -> set[int]:
    rows = {unit_id for row in found.rows for unit_id in (row.location_id, row.owner_id)}
    return rows | {unit_id for place in places.values() for unit_id in place.unit.path}


def _finder(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Jump to the SKU that was scanned or typed; show what it may be, or what runs out."""
    text = request.GET.get("code", "").strip()
    hits = _hits(text) if text else []
    if len(hits) == 1:
        return HttpResponseRedirect(hits[0].address)
    content: dict[str, Any] = {**context, "title": TITLE, "code": text, "hits": hits, "rows": []}
    if not text:
        reach = SheetFilter(units=access.units_of(request, api.VIEW), only="alarm", least_first=True)
        found = api.sheet(of=reach, limit=HITS)
        skus = catalog.skus(ids={row.sku_id for row in found.rows})
        units = organization.units(ids=_units_named(found, {}))
        content["rows"] = sheet_rows.shown(
            request, found.rows, skus=skus, units=units, with_unit=True, with_value=False
        )
    return TemplateResponse(request, "inventory/find.html", content)


def _hits(text: str) -> list[Hit]:
    """Return the SKU whose code or barcode the text is, else those that the search of the catalogue finds."""
    exact = catalog.sku_ids_by_code(codes=[text]).get(text)
    if exact is None:
        try:
            exact = catalog.by_barcode(code=text).sku_id
        except BarcodeUnknown:
            exact = None
    ids = [exact] if exact is not None else list(catalog.search(text=text, limit=HITS).sku_ids)
    skus = catalog.skus(ids=ids)
    return [
        Hit(
            sku=skus[sku_id],
            name=in_language(skus[sku_id].name, skus[sku_id].name_en),
            address=addresses.of_sku(sku_id),
            codes=" · ".join((skus[sku_id].code, *skus[sku_id].barcodes[:2])),
        )
        for sku_id in ids
        if sku_id in skus
    ]


registry.add_page(SitePage("stock_sku", "stock/sku", TITLE, api.VIEW, view))
