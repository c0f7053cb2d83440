"""The home page's board: thirty days of trade by channel and store, and the orders that are coming in."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as dt_time
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.money import divide_half_up, format_yuan
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Channel, Margin, TradeDay
from quanyu.modules.orders.models import CHANNEL_LABELS, STATE_LABELS
from quanyu.modules.organization import api as organization
from quanyu.platform.console import access
from quanyu.platform.console.access import Units
from quanyu.platform.console.content import Column, Table
from quanyu.platform.console.formats import NOTHING, badge, in_language, link, number, yuan
from quanyu.platform.console.registry import SitePage

VIEW, COSTS = orders.VIEW, "reports.view"
DAYS = 30
STORES_SHOWN = 10
STREAM_SHOWN = 7
# Thirty days do not change in a minute: whoever opens the home page in this minute shares the sums.
KEPT_S = 60
_MIDNIGHT = dt_time()


@dataclass(frozen=True, slots=True)
class Sums:
    """The rows of the board as they were read."""

    days: tuple[TradeDay, ...]
    margin: Margin | None
    first: date


_kept: dict[tuple[frozenset[int] | None, int, bool], Sums] = {}


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of figures with the same figures as a table, for those who cannot see it. ``option``: for charts.js."""

    title: object
    option: dict[str, Any]
    table: Table

    @property
    def json(self) -> str:
        """Return what charts.js reads."""
        return json.dumps(self.option, ensure_ascii=False)


def content(request: HttpRequest, now: datetime) -> dict[str, Any]:
    """Return figures and charts of the last thirty days; nothing for who may not see orders."""
    if not access.may(request, VIEW):
        return {}
    units = access.units_of(request, VIEW)
    costs = access.may(request, COSTS)
    sums = _sums(units, now, with_margin=costs)
    return {
        "figures": _figures(sums),
        "charts": [_by_channel(sums), _by_store(sums)],
        "orders_address": _orders(since=sums.first),
        "stream": stream(units),
    }


def stream_view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Answer the running list alone; the home page asks for it every few seconds."""
    return TemplateResponse(request, "console/stream.html", {"stream": stream(access.units_of(request, VIEW))})


def stream(units: Units) -> list[dict[str, Any]]:
    """Return the newest orders for the running list."""
    # Here, not above: the site imports this page, and a module's screens need the site.
    from quanyu.modules.orders.admin import STATE_TONES

    newest = orders.of_units(unit_ids=units, limit=STREAM_SHOWN)
    stores = organization.units(ids={order.selling_store_id for order in newest})
    return [
        {
            "number": link("orders_order_change", order.id, order.number),
            "store": in_language(stores[order.selling_store_id].name, stores[order.selling_store_id].name_en),
            "channel": CHANNEL_LABELS[order.channel],
            "state": badge(STATE_LABELS[order.state], STATE_TONES[order.state]),
            "payable": yuan(order.payable_fen),
            "at": timezone.localtime(order.placed_at).strftime("%H:%M"),
        }
        for order in newest
    ]


def _sums(units: Units, now: datetime, *, with_margin: bool) -> Sums:
    key = (units, int(time.monotonic() // KEPT_S), with_margin)
    if key not in _kept:
        today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
        since, until = today - timedelta(days=DAYS - 1), today + timedelta(days=1)
        days = tuple(orders.trade(unit_ids=units, since=since, until=until))
        margin = orders.margin(unit_ids=units, since=since, until=until) if with_margin else None
        for old in [known for known in _kept if known[1] != key[1]]:
            del _kept[old]
        _kept[key] = Sums(days, margin, since.date())
    return _kept[key]


def _figures(sums: Sums) -> list[tuple[object, object]]:
    count, sales = sum(day.orders for day in sums.days), sum(day.sales_fen for day in sums.days)
    members, back = sum(day.member_orders for day in sums.days), sum(day.refunded_fen for day in sums.days)
    figures: list[tuple[object, object]] = [
        (_("Sales value"), yuan(sales)),
        (_("Orders"), number(count)),
        (_("Average order"), yuan(divide_half_up(sales, count)) if count else NOTHING),
        (_("Orders of members"), _share(members, count)),
        (_("Refunded"), yuan(back)),
    ]
    if sums.margin is not None:
        gain = sums.margin.net_fen - sums.margin.cost_fen
        figures.append((_("Gross margin"), f"{yuan(gain)} · {_share(gain, sums.margin.net_fen)}"))
    return figures


def _share(part: int, whole: int) -> str:
    if whole <= 0:
        return NOTHING
    tenths = divide_half_up(1_000 * part, whole)
    return f"{tenths // 10}.{tenths % 10}%" if part >= 0 else f"-{-tenths // 10}.{-tenths % 10}%"


def _by_channel(sums: Sums) -> Chart:
    dates = [sums.first + timedelta(days=number) for number in range(DAYS)]
    sold: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for day in sums.days:
        sold[day.channel][day.day] += day.sales_fen
    channels = [channel for channel in Channel if channel.value in sold]
    series = [
        {
            "name": str(CHANNEL_LABELS[channel]),
            "values": [format_yuan(sold[channel.value][day]) for day in dates],
        }
        for channel in channels
    ]
    rows = [
        (
            link_to_day(day),
            *(yuan(sold[channel.value][day]) for channel in channels),
            yuan(sum(sold[channel.value][day] for channel in channels)),
        )
        for day in reversed(dates)
    ]
    columns = [
        Column(_("Day")),
        *(Column(CHANNEL_LABELS[channel], is_number=True) for channel in channels),
        Column(_("Together"), is_number=True),
    ]
    option = {"kind": "days", "labels": [f"{day:%m-%d}" for day in dates], "series": series}
    return Chart(_("Sales by day and channel"), option, Table("", columns, rows, empty=_("No sales yet.")))


def _by_store(sums: Sums) -> Chart:
    sales: dict[int, int] = defaultdict(int)
    counts: dict[int, int] = defaultdict(int)
    for day in sums.days:
        sales[day.store_id] += day.sales_fen
        counts[day.store_id] += day.orders
    best = sorted(sales, key=lambda store_id: (-sales[store_id], store_id))[:STORES_SHOWN]
    stores = organization.units(ids=best)
    names = {store_id: in_language(stores[store_id].name, stores[store_id].name_en) for store_id in best}
    option = {
        "kind": "ranks",
        "labels": [names[store_id] for store_id in best],
        "series": [{"name": gettext("Sales value"), "values": [format_yuan(sales[store_id]) for store_id in best]}],
        "links": [_orders(since=sums.first, store_id=store_id) for store_id in best],
    }
    rows = [
        (
            link("organization_unit_change", store_id, names[store_id]),
            number(counts[store_id]),
            yuan(sales[store_id]),
            yuan(divide_half_up(sales[store_id], counts[store_id])),
        )
        for store_id in best
    ]
    columns = [
        Column(_("Store")),
        Column(_("Orders"), is_number=True),
        Column(_("Sales value"), is_number=True),
        Column(_("Average order"), is_number=True),
    ]
    return Chart(_("Stores by sales"), option, Table("", columns, rows, empty=_("No sales yet.")))


def link_to_day(day: date) -> object:
    """Return a day as a link to the orders placed on it."""
    address = _orders(since=day, until=day + timedelta(days=1))
    return format_html('<a class="qy-link" href="{}">{}</a>', address, f"{day:%Y-%m-%d}")


def _orders(*, since: date, until: date | None = None, store_id: int | None = None) -> str:
    zone = timezone.get_current_timezone()
    lookups: dict[str, object] = {"placed_at__gte": datetime.combine(since, _MIDNIGHT, tzinfo=zone).isoformat(sep=" ")}
    if until is not None:
        lookups["placed_at__lt"] = datetime.combine(until, _MIDNIGHT, tzinfo=zone).isoformat(sep=" ")
    if store_id is not None:
        lookups["selling_store__id__exact"] = store_id
    return f"{reverse('admin:orders_order_changelist')}?{urlencode(lookups)}"


STREAM_PAGE = SitePage("order_stream", "order-stream", _("Newest orders"), VIEW, stream_view)
