"""Transfers between locations: what was sent, how much of it has arrived, what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.inventory import api
from quanyu.modules.inventory.admin import addresses
from quanyu.modules.inventory.admin.sheet_rows import name_of_unit, written
from quanyu.modules.inventory.contracts import Transfer, TransferLine
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Unit
from quanyu.platform.console import access, registry
from quanyu.platform.console.formats import NOTHING, badge, in_language, moment
from quanyu.platform.console.registry import SitePage

TITLE = _("Transfers")
ROWS = 30
LATE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a transfer on the screen."""

    name: str
    address: str
    owner: str
    sent: str
    arrived: str
    missing: str
    underway: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A transfer on the screen; ``share``: how much of it was booked, in hundredths of its lines."""

    told: Transfer
    origin: str
    origin_address: str
    goal: str
    goal_address: str
    state: SafeString
    sent_at: str
    closed_at: str
    by: str
    share: int
    lines: list[Line]
    arrive_address: str


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show the transfers from, to and of what is within reach; those on their way first chosen."""
    asked, number = request.GET, request.GET.get("transfer", "")
    sku_id, before = _whole(asked.get("sku", "")), _whole(asked.get("before", ""))
    only_open = asked.get("show", "open") == "open" and not number
    found = api.transfers(
        units=access.units_of(request, api.VIEW),
        transfer_id=number or None,
        only_open=only_open or bool(sku_id),
        sku_id=sku_id,
        before=before,
        limit=ROWS + 1,
        with_lines=bool(number),
    )
    if number and not found:
        raise Http404
    origin = _whole(asked.get("origin", ""))
    page = [told for told in found[:ROWS] if origin is None or told.from_location_id == origin]
    skus = catalog.skus(ids={line.sku_id for told in page for line in told.lines})
    units = organization.units(
        ids={unit_id for told in page for unit_id in (told.from_location_id, told.to_location_id)}
        | {line.owner_id for told in page for line in told.lines}
    )
    content = {
        **context,
        "title": number or TITLE,
        "is_one": bool(number),
        "show": "open" if only_open else "all",
        "shown": [_shown(request, told, skus, units) for told in page],
        "sku": skus.get(sku_id) if sku_id else None,
        "is_first": before is None,
        "first_address": addresses.transfers(show=asked.get("show")),
        "next_address": addresses.transfers(show=asked.get("show"), before=found[ROWS - 1].key)
        if len(found) > ROWS
        else "",
    }
    return TemplateResponse(request, "inventory/transfers.html", content)


def _whole(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise Http404
    return int(text)


def _shown(request: HttpRequest, told: Transfer, skus: Mapping[int, SkuInfo], units: Mapping[int, Unit]) -> Shown:
    lines = [_line(line, skus, units) for line in told.lines]
    return Shown(
        told=told,
        origin=name_of_unit(units, told.from_location_id),
        origin_address=addresses.of_location(told.from_location_id),
        goal=name_of_unit(units, told.to_location_id),
        goal_address=addresses.of_location(told.to_location_id),
        state=_state(told, system_clock.now()),
        sent_at=moment(told.sent_at),
        closed_at=moment(told.closed_at),
        by=access.person(told.actor) or NOTHING,
        share=round(100 * (told.line_count - told.open_count) / told.line_count),
        lines=lines,
        arrive_address=_arrive_address(request, told),
    )


def _arrive_address(request: HttpRequest, told: Transfer) -> str:
    """Return where the whole of an open transfer is booked as arrived, for who may do so at its goal."""
    units = access.units_of(request, api.TRANSFER) if access.may(request, api.TRANSFER) else frozenset[int]()
    if not told.is_open or (units is not None and told.to_location_id not in units):
        return ""
    return f"{reverse('admin:inventory_stock_act', args=['arrive'])}?transfer={told.id}"


def _state(told: Transfer, now: datetime) -> SafeString:
    if told.is_open:
        late = now - told.sent_at > LATE
        return badge(_("Late"), "bad") if late else badge(_("On its way"), "info")
    if told.missing_count:
        return badge(_("Arrived, some missing"), "warn")
    return badge(_("Arrived"), "good")


def _line(line: TransferLine, skus: Mapping[int, SkuInfo], units: Mapping[int, Unit]) -> Line:
    sku = skus.get(line.sku_id)
    scale, unit = (sku.quantity_scale, sku.unit_name) if sku else (1, "")

    def told(base: int) -> str:
        return written(base, scale, unit) if base else NOTHING

    return Line(
        name=in_language(sku.name, sku.name_en) if sku else NOTHING,
        address=addresses.of_sku(line.sku_id),
        owner=name_of_unit(units, line.owner_id),
        sent=written(line.sent, scale, unit),
        arrived=told(line.arrived),
        missing=told(line.missing),
        underway=told(line.underway),
    )


registry.add_page(SitePage("stock_transfers", "stock/transfers", TITLE, api.VIEW, view))
