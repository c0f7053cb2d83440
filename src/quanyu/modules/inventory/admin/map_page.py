"""Where the stores are: points at their coordinates on an empty plane, and the same as a list.

There are no tiles and no outlines: a map of China may be published only as a reviewed standard map, and a shop's own
server loads nothing from elsewhere. Names of cities stand where the stores of the city are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.inventory import api
from quanyu.modules.inventory.admin import addresses, charts, sheet_rows
from quanyu.modules.inventory.contracts import PlaceStock
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Area, Location, UnitKind
from quanyu.platform.console import access, registry
from quanyu.platform.console.formats import NOTHING, badge, in_language, number, yuan
from quanyu.platform.console.measures import Measure, measures
from quanyu.platform.console.registry import SitePage

TITLE = _("Map of stores")
LIST_TITLE = _("Stock by location")
_PROVINCE, _CITY = 2, 4
# Cities that are provinces: below them the list of areas has nothing but "districts of the city".
_MUNICIPALITIES = ("11", "12", "31", "50")
_CODE_LENGTH = 6
_NO_STOCK = PlaceStock(location_id=0, rows=0, low=0, out=0, value_fen=0, on_hand=0, available=0)


@dataclass(frozen=True, slots=True)
class Place:
    """A location with its stock: what the map draws and the list says."""

    location: Location
    name: str
    kind: object
    stock: PlaceStock
    size: int
    size_text: str
    address: str
    alarm: object

    @property
    def value(self) -> str:
        """What the stock there has cost."""
        return yuan(self.stock.value_fen)

    @property
    def alarms(self) -> int:
        """How many rows raise an alarm."""
        return self.stock.low + self.stock.out


@dataclass(frozen=True, slots=True)
class Sizes:
    """What the points are as large as."""

    name: str
    title: object
    values: Mapping[int, int]
    write: Any


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show the map and the list beside it; with a SKU: where it is."""
    sku = _sku(request)
    content = _content(request, sku)
    drawn = {
        "points": [_point(place) for place in content["places"]],
        "names": _names(content["places"]),
        "texts": {
            "store": gettext("Store"),
            "warehouse": gettext("Warehouse"),
            "calm": gettext("No alarm"),
            "some": gettext("Some alarms"),
            "many": gettext("Many alarms"),
            "size": str(content["sizes"].title),
            "alarms": gettext("Alarms"),
            "kilometres": gettext("km"),
        },
    }
    return TemplateResponse(
        request, "inventory/map.html", {**context, "title": TITLE, **content, "drawn": charts.as_json(drawn)}
    )


def all_locations(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show every location within reach as a list."""
    content = _content(request, None)
    return TemplateResponse(request, "inventory/locations.html", {**context, "title": LIST_TITLE, **content})


def _content(request: HttpRequest, sku: SkuInfo | None) -> dict[str, Any]:
    units = access.units_of(request, api.VIEW)
    stocks = api.places(units=units, sku_id=sku.id if sku else None)
    locations = [
        location
        for location in organization.locations().values()
        if units is None or location.unit.id in units or location.unit.id in stocks
    ]
    offered = _sizes_offered(request, sku)
    sizes = _sizes(request, offered, stocks, sku)
    places = [_place(location, stocks.get(location.unit.id, _NO_STOCK), sizes, sku) for location in locations]
    places.sort(key=lambda place: (-place.alarms, -place.size, place.location.unit.code))
    return {
        "places": places,
        "sizes": sizes,
        "with_value": sku is None and sheet_rows.sees_value(request),
        "offered": offered,
        "sku": sku,
        "sku_name": in_language(sku.name, sku.name_en) if sku else "",
        "sku_address": addresses.of_sku(sku.id) if sku else "",
        "map_address": addresses.on_map(),
        "list_page": addresses.of_location_list(),
        "figures": _figures(places, sizes),
    }


def _sku(request: HttpRequest) -> SkuInfo | None:
    asked = request.GET.get("sku", "")
    if not asked:
        return None
    found = catalog.skus(ids=[int(asked)]).get(int(asked)) if asked.isdecimal() and len(asked) < 19 else None
    if found is None:
        raise Http404
    return found


def _sizes_offered(request: HttpRequest, sku: SkuInfo | None) -> list[tuple[str, object]]:
    """Return by what this person may measure the points: name and title."""
    if sku is not None:
        return [("available", _("Available"))]
    offered: list[tuple[str, object]] = [
        (measure.name, measure.title) for measure in measures() if access.may(request, measure.permission)
    ]
    if sheet_rows.sees_value(request):
        offered.append(("value", _("Value at cost")))
    return [*offered, ("alarms", _("Alarms"))]


def _sizes(
    request: HttpRequest, offered: Sequence[tuple[str, object]], stocks: Mapping[int, PlaceStock], sku: SkuInfo | None
) -> Sizes:
    asked = request.GET.get("size", "")
    name, title = next(((one, text) for one, text in offered if one == asked), offered[0])
    if sku is not None:
        return Sizes(
            name,
            title,
            {at: stock.available for at, stock in stocks.items()},
            lambda base: sheet_rows.written(base, sku.quantity_scale, sku.unit_name),
        )
    if name == "value":
        return Sizes(name, title, {at: stock.value_fen for at, stock in stocks.items()}, yuan)
    if name == "alarms":
        return Sizes(name, title, {at: stock.low + stock.out for at, stock in stocks.items()}, number)
    measure: Measure = next(one for one in measures() if one.name == name)
    values = measure.values(access.units_of(request, measure.permission), system_clock.now())
    return Sizes(name, title, values, measure.shown)


def _place(location: Location, stock: PlaceStock, sizes: Sizes, sku: SkuInfo | None) -> Place:
    size = sizes.values.get(location.unit.id, 0)
    return Place(
        location=location,
        name=in_language(location.unit.name, location.unit.name_en),
        kind=_("Warehouse") if location.unit.kind is UnitKind.WAREHOUSE else _("Store"),
        stock=stock,
        size=size,
        size_text=sizes.write(size),
        address=addresses.of_location(location.unit.id, q=sku.code if sku else ""),
        alarm=_alarm(stock),
    )


def _alarm(stock: PlaceStock) -> object:
    if not stock.low + stock.out:
        return badge(_("No alarm"), "good") if stock.rows else NOTHING
    said = []
    if stock.out:
        said.append(ngettext("%(count)s sold out", "%(count)s sold out", stock.out) % {"count": number(stock.out)})
    if stock.low:
        said.append(ngettext("%(count)s low", "%(count)s low", stock.low) % {"count": number(stock.low)})
    return badge(" · ".join(said), "bad" if stock.out else "warn")


def _level(place: Place) -> str:
    """Return how bad it is: calm, some (less than one row in ten), many."""
    if not place.alarms:
        return "calm"
    return "many" if 10 * place.alarms >= place.stock.rows else "some"


def _point(place: Place) -> dict[str, Any]:
    return {
        "id": place.location.unit.id,
        "name": place.name,
        "code": place.location.unit.code,
        "where": f"{place.location.area_name} {place.location.address}",
        "kind": "warehouse" if place.location.unit.kind is UnitKind.WAREHOUSE else "store",
        "at": [place.location.longitude, place.location.latitude],
        "size": max(place.size, 0),
        "sizeText": place.size_text,
        "level": _level(place),
        "alarms": place.alarms,
        "address": place.address,
    }


def _names(places: Sequence[Place]) -> list[dict[str, Any]]:
    """Return names of provinces and cities, each in the middle of its stores."""
    inside: dict[str, list[Location]] = defaultdict(list)
    for place in places:
        for digits in (_PROVINCE, _CITY):
            inside[place.location.area_code[:digits].ljust(_CODE_LENGTH, "0")].append(place.location)
    areas = organization.areas_by_code(codes=inside)
    return [
        {
            "name": area.name,
            "levels": _levels(area),
            "at": [_mean(one.longitude for one in inside[code]), _mean(one.latitude for one in inside[code])],
            "stores": len(inside[code]),
        }
        for code, area in areas.items()
    ]


def _levels(area: Area) -> list[str]:
    """Return where an area's name stands: among the provinces, among the cities."""
    is_municipality = area.code.startswith(_MUNICIPALITIES)
    if area.level == 1:
        return ["province", "city"] if is_municipality else ["province"]
    return [] if is_municipality else ["city"]


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found)


def _figures(places: Sequence[Place], sizes: Sizes) -> list[tuple[object, str]]:
    warehouses = sum(place.location.unit.kind is UnitKind.WAREHOUSE for place in places)
    return [
        (_("Stores"), number(len(places) - warehouses)),
        (_("Warehouses"), number(warehouses)),
        (sizes.title, sizes.write(sum(place.size for place in places))),
        (_("Low"), number(sum(place.stock.low for place in places))),
        (_("Sold out"), number(sum(place.stock.out for place in places))),
    ]


registry.add_page(SitePage("stock_map", "stock/map", TITLE, api.VIEW, view))
