"""The figures of rows that are on a screen, as they are now: stock.js asks for them and lets what changed flash."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.catalog import api as catalog
from quanyu.modules.inventory import api
from quanyu.modules.inventory.admin import location_page, sheet_rows, sku_page
from quanyu.modules.organization import api as organization
from quanyu.platform.console import access, registry
from quanyu.platform.console.registry import SitePage

ROWS_MAX = 300


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Answer the cells of the rows asked for (``ids``) within reach, and the sums of the sheet they stand on."""
    ids = tuple(int(one) for one in request.GET.get("ids", "").split(",") if one.isdecimal() and len(one) < 19)
    if not ids[:ROWS_MAX]:
        return JsonResponse({"rows": {}, "sums": {}})
    of_sku = bool(request.GET.get("sku"))
    places = organization.locations() if of_sku and request.GET.get("region") else {}
    of = sku_page.asked_filter(request, places) if of_sku else location_page.asked_filter(request)
    # Its own rows even when they no longer fit the filter: a row on the screen does not go away by itself.
    here = replace(of, only="", text="", category_id=None, ids=ids[:ROWS_MAX], units=access.units_of(request, api.VIEW))
    rows = api.sheet(of=here, limit=ROWS_MAX).rows
    sums = api.sheet(of=of, limit=1).sums
    skus = catalog.skus(ids={row.sku_id for row in rows})
    unit = gettext("pieces")
    if of_sku and skus:
        unit = next(iter(skus.values())).unit_name
    with_value = sheet_rows.sees_value(request)
    shown = sheet_rows.shown(request, rows, skus=skus, units={}, with_unit=not of_sku, with_value=with_value)
    return JsonResponse(
        {
            "rows": {
                one.row.id: {
                    **{cell.name: cell.text for cell in one.cells},
                    "value": one.value,
                    "alarm": str(one.alarm),
                    "moved": one.moved,
                    "why": {cell.name: cell.address for cell in one.cells if cell.address},
                }
                for one in shown
            },
            "sums": {
                **{name: str(text) for name, _label, text in sku_page.figures(sums, unit, with_value=with_value)},
                **{name: text for name, _label, text, _tone in sku_page.alarms(sums)},
            },
            "foot": sheet_rows.sums(sums, None if of_sku else unit),
        }
    )


registry.add_page(SitePage("stock_now", "stock/now", _("Stock now"), api.VIEW, view))
