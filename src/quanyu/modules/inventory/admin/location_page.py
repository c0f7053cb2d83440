"""A location over all its SKUs, with its address, hours and owner; and, without one, all locations within reach."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Problem
from quanyu.modules.catalog import api as catalog
from quanyu.modules.inventory import api
from quanyu.modules.inventory.admin import addresses, map_page, sheet_rows
from quanyu.modules.inventory.admin.sku_page import ONLY, alarms, figures, whole_number
from quanyu.modules.inventory.contracts import Sheet, SheetFilter
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Location, Ownership, Unit, UnitKind
from quanyu.platform.console import access, registry
from quanyu.platform.console.formats import NOTHING, badge, in_language, link
from quanyu.platform.console.registry import SitePage

TITLE = _("Stock by location")
ROWS = 50
KINDS = {UnitKind.STORE: _("Store"), UnitKind.WAREHOUSE: _("Warehouse")}
OWNERSHIPS = {Ownership.DIRECT: _("Directly operated"), Ownership.FRANCHISE: _("Franchise")}
ORDERS = (("", _("By SKU code")), ("least", _("Least available first")))


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show a location over all SKUs; without one, all locations."""
    if not request.GET.get("location"):
        return map_page.all_locations(request, context)
    of = asked_filter(request)
    now = system_clock.now()
    place = organization.locations(ids=[of.location_id or 0], at=now).get(of.location_id or 0)
    try:
        found = api.sheet(of=of, after=request.GET.get("after", ""), limit=ROWS)
    except Problem:
        raise Http404 from None
    if place is None or not _is_reached(request, place.unit.id, found):
        raise Http404
    skus = catalog.skus(ids={row.sku_id for row in found.rows})
    named = {unit_id for row in found.rows for unit_id in (row.location_id, row.owner_id)}
    units = organization.units(ids=named | {place.owner_id, *place.unit.path})
    with_value = sheet_rows.sees_value(request)
    content = {
        **context,
        "title": in_language(place.unit.name, place.unit.name_en),
        "place": place,
        "badges": _badges(place),
        "facts": _facts(place, units, now),
        "rows": sheet_rows.shown(request, found.rows, skus=skus, units=units, with_unit=True, with_value=with_value),
        "sums": sheet_rows.sums(found.sums, gettext("pieces")),
        "count": sheet_rows.total(found.sums, "rows"),
        "figures": figures(found.sums, gettext("pieces"), with_value=with_value),
        "alarms": alarms(found.sums),
        "with_value": with_value,
        "with_owner": any(row.owner_id != place.owner_id for row in found.rows),
        "only": of.only,
        "choices": ONLY,
        "orders": ORDERS,
        "order": request.GET.get("order", ""),
        "text": of.text,
        "category": str(of.category_id or ""),
        "categories": categories(),
        "is_first": not request.GET.get("after"),
        "first_address": addresses.of_location(place.unit.id, **_kept(request)),
        "next_address": addresses.of_location(place.unit.id, **_kept(request), after=found.next) if found.next else "",
        "map_address": addresses.on_map(),
        "unit_link": link("organization_unit_change", place.unit.id, place.unit.code),
        "live_query": urlencode({"location": place.unit.id, **_kept(request)}),
    }
    return TemplateResponse(request, "inventory/location.html", content)


def asked_filter(request: HttpRequest) -> SheetFilter:
    """Return the rows of a location that the request asks for, within reach. Raises ``Http404``."""
    category, only = request.GET.get("category", ""), request.GET.get("only", "")
    location_id = whole_number(request.GET.get("location", ""))
    return SheetFilter(
        # Whoever reaches the location sees all that lies there, else what is his own.
        units=access.units_of(request, api.VIEW),
        location_id=location_id,
        text=request.GET.get("q", "").strip(),
        category_id=whole_number(category) if category else None,
        only=only if only in dict(ONLY) else "",
        least_first=request.GET.get("order") == "least",
    )


def categories() -> list[tuple[str, str]]:
    """Return the categories to choose from, each indented below its parent."""
    return [
        (str(one.id), f"{'　' * (len(one.path) - 1)}{in_language(one.name, one.name_en)}")
        for one in catalog.categories()
    ]


def _is_reached(request: HttpRequest, location_id: int, found: Sheet) -> bool:
    """Tell whether the location is within reach, or something that lies there is."""
    units = access.units_of(request, api.VIEW)
    if units is None or location_id in units or found.rows:
        return True
    return bool(api.sheet(of=SheetFilter(units=units, location_id=location_id), limit=1).rows)


def _kept(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET[name] for name in ("q", "category", "only", "order") if request.GET.get(name)}


def _badges(place: Location) -> list[object]:
    shown: list[object] = [badge(KINDS[place.unit.kind]), badge(OWNERSHIPS[place.ownership])]
    if not place.unit.active:
        shown.append(badge(_("Closed for good"), "bad"))
    elif place.open_now is not None:
        shown.append(badge(_("Open now"), "good") if place.open_now else badge(_("Closed now"), "plain"))
    return shown


def _facts(place: Location, units: Mapping[int, Unit], now: datetime) -> list[tuple[object, object]]:
    names = " › ".join(sheet_rows.name_of_unit(units, unit_id) for unit_id in place.unit.path[1:-1])
    return [
        (_("Address"), f"{place.area_name} {place.address}"),
        (_("Opening hours"), hours_of(place, now)),
        (_("Telephone"), place.phone or NOTHING),
        (_("Owner of the stock"), sheet_rows.name_of_unit(units, place.owner_id)),
        (_("Belongs to"), names or NOTHING),
        (_("Coordinates (GCJ-02)"), f"{place.longitude:.5f}, {place.latitude:.5f}"),
    ]


def hours_of(place: Location, now: datetime) -> str:
    """Return today's hours of a location, and tomorrow's where they differ."""
    if not place.opening_hours:
        return NOTHING
    today = now.astimezone(ZoneInfo(place.time_zone))
    first, second = (_hours(place, today + timedelta(days=days)) for days in (0, 1))
    if first == second:
        return first
    return gettext("today %(today)s, tomorrow %(tomorrow)s") % {"today": first, "tomorrow": second}


def _hours(place: Location, day: datetime) -> str:
    opens, closes = place.opening_hours[day.weekday()]
    return f"{opens}–{closes}" if opens else gettext("closed")


registry.add_page(SitePage("stock_location", "stock/location", TITLE, api.VIEW, view))
