"""The home page's trade: figures, charts with their tables, by day or hour, channel and store; each with its list."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.entrypoints.console import trade_figures
from quanyu.entrypoints.console.home_scope import Scope
from quanyu.entrypoints.console.trade_figures import COSTS, HOURS, average, share
from quanyu.kernel.money import format_yuan
from quanyu.modules.insights import api as insights
from quanyu.modules.insights.contracts import Board, Totals
from quanyu.modules.orders.contracts import Channel
from quanyu.modules.orders.models import CHANNEL_LABELS
from quanyu.modules.organization import api as organization
from quanyu.platform.console.content import Column, Table
from quanyu.platform.console.formats import in_language, number, yuan

STORES_SHOWN = 12
LEVELS = 6
WEEKDAYS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
NO_SALES = _("No sales yet.")


@dataclass(frozen=True, slots=True)
class Heat:
    """Hours by weekdays: a table whose cells are (sales, how warm from 0 to ``LEVELS``)."""

    hours: Sequence[str]
    rows: Sequence[tuple[object, Sequence[tuple[str, int]]]]


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of figures with the same figures as a table, for those who cannot see it. ``option``: for charts.js."""

    name: str
    title: object
    option: dict[str, Any]
    table: Table

    @property
    def json(self) -> str:
        """Return what charts.js reads."""
        return json.dumps(self.option, ensure_ascii=False)


def content(request: HttpRequest, scope: Scope) -> dict[str, Any]:
    """Return figures and charts of the days and stores that are looked at."""
    is_whole, board = _read(scope)
    shows_cost = scope.covers(request, COSTS)
    charts = [_today(scope, board)] if scope.days == 1 else [_by_day(scope, board)]
    charts.append(_by_channel(scope, board, shows_cost=shows_cost))
    if len(board.by_store) > 1:
        charts.append(_by_store(scope, board, shows_cost=shows_cost))
    heat = _heat(board) if scope.days > 1 and board.by_hour else None
    return {**_figures(request, scope, board), "is_whole": is_whole, "charts": charts, "heat": heat}


def figures(request: HttpRequest, scope: Scope) -> dict[str, Any]:
    """Return the figures alone, for a page that asks again."""
    _is_whole, board = _read(scope)
    return _figures(request, scope, board)


def _read(scope: Scope) -> tuple[bool, Board]:
    units, since = scope.units, scope.since
    is_whole = insights.catch_up(unit_ids=units, since=scope.compared[0], until=scope.until, now=scope.now)
    return is_whole, insights.board(unit_ids=units, since=since, until=scope.until)


def _figures(request: HttpRequest, scope: Scope, board: Board) -> dict[str, Any]:
    first, last = scope.compared
    before = insights.until(unit_ids=scope.units, since=first, moment=last)
    return {
        "figures": trade_figures.figures(request, scope, board, before),
        "against": trade_figures.against(scope),
    }


def _today(scope: Scope, board: Board) -> Chart:
    """Return today's hours beside those of the same weekday a week before."""
    then = scope.since - timedelta(days=7)
    past = insights.board(unit_ids=scope.units, since=then, until=then + timedelta(days=1))
    nothing, so_far = Totals(), timezone.localtime(scope.now).hour + 1
    now_by = {hour: totals for (_weekday, hour), totals in board.by_hour.items()}
    then_by = {hour: totals for (_weekday, hour), totals in past.by_hour.items()}
    busy = [hour for hour in range(HOURS) if hour in now_by or hour in then_by]
    hours = range(min(busy), max(busy) + 1) if busy else range(0)
    option = {
        "kind": "course",
        "labels": [f"{hour:02}:00" for hour in hours],
        "series": [
            {
                "name": gettext("Today"),
                "values": [_yuan(now_by.get(hour, nothing).sales_fen) if hour < so_far else None for hour in hours],
            },
            {
                "name": f"{then:%m-%d}",
                "values": [_yuan(then_by.get(hour, nothing).sales_fen) for hour in hours],
            },
        ],
    }
    rows = [
        (
            f"{hour:02}:00",
            number(now_by.get(hour, nothing).orders),
            yuan(now_by.get(hour, nothing).sales_fen),
            yuan(then_by.get(hour, nothing).sales_fen),
        )
        for hour in hours
    ]
    columns = [
        Column(_("Hour")),
        Column(_("Orders"), is_number=True),
        Column(_("Sales value"), is_number=True),
        Column(f"{then:%m-%d}", is_number=True),
    ]
    foot = (_("Sum"), number(board.whole.orders), yuan(board.whole.sales_fen), yuan(past.whole.sales_fen))
    table = Table("", columns, rows, foot=foot if rows else (), empty=NO_SALES)
    return Chart("hours", _("Sales by hour"), option, table)


def _by_day(scope: Scope, board: Board) -> Chart:
    days = [scope.since + timedelta(days=place) for place in range(scope.days)]
    channels = [channel for channel in Channel if channel.value in board.by_channel]
    nothing = Totals()

    def sold(day: date, channel: str) -> int:
        return board.by_day_and_channel.get((day, channel), nothing).sales_fen

    series = [
        {"name": str(CHANNEL_LABELS[channel]), "values": [_yuan(sold(day, channel.value)) for day in days]}
        for channel in channels
    ]
    rows = [
        (
            _linked(_orders_of_day(scope, day), f"{day:%Y-%m-%d}"),
            *(yuan(sold(day, channel.value)) for channel in channels),
            yuan(board.by_day.get(day, nothing).sales_fen),
        )
        for day in reversed(days)
    ]
    columns = [
        Column(_("Day")),
        *(Column(CHANNEL_LABELS[channel], is_number=True) for channel in channels),
        Column(_("Together"), is_number=True),
    ]
    sums = (yuan(board.by_channel[channel.value].sales_fen) for channel in channels)
    foot = (_("Sum"), *sums, yuan(board.whole.sales_fen))
    option = {
        "kind": "days",
        "labels": [f"{day:%m-%d}" for day in days],
        "series": series,
        "links": [_orders_of_day(scope, day) for day in days],
    }
    return Chart("days", _("Sales by day and channel"), option, Table("", columns, rows, foot=foot, empty=NO_SALES))


def _by_channel(scope: Scope, board: Board, *, shows_cost: bool) -> Chart:
    channels = [channel.value for channel in Channel if channel.value in board.by_channel]
    links = {channel: scope.orders(channel__exact=channel) for channel in channels}
    names = {channel: str(CHANNEL_LABELS[Channel(channel)]) for channel in channels}
    option = {
        "kind": "shares",
        "labels": [names[channel] for channel in channels],
        "series": [{"name": "", "values": [_yuan(board.by_channel[channel].sales_fen) for channel in channels]}],
        "links": [links[channel] for channel in channels],
    }
    rows = [
        _row(
            board.by_channel[channel],
            _linked(links[channel], names[channel]),
            scope.list_of("aftersales_return", "created_at", "location__id", order__channel__exact=channel),
            shows_cost=shows_cost,
        )
        for channel in channels
    ]
    table = _table(_("Channel"), rows, board.whole, shows_cost=shows_cost)
    return Chart("channels", _("Channels"), option, table)


def _by_store(scope: Scope, board: Board, *, shows_cost: bool) -> Chart:
    order = sorted(board.by_store, key=lambda store_id: (-board.by_store[store_id].sales_fen, store_id))
    stores = organization.units(ids=order)
    names = {store_id: in_language(stores[store_id].name, stores[store_id].name_en) for store_id in order}
    links = {store_id: scope.orders(store_id=store_id) for store_id in order}
    best = order[:STORES_SHOWN]
    option = {
        "kind": "ranks",
        "labels": [names[store_id] for store_id in best],
        "series": [
            {"name": gettext("Sales value"), "values": [_yuan(board.by_store[store_id].sales_fen) for store_id in best]}
        ],
        "links": [links[store_id] for store_id in best],
    }
    rows = [
        _row(
            board.by_store[store_id],
            _linked(links[store_id], names[store_id]),
            scope.list_of("aftersales_return", "created_at", "location__id", store_id=store_id),
            shows_cost=shows_cost,
        )
        for store_id in order
    ]
    return Chart("stores", _("Stores by sales"), option, _table(_("Store"), rows, board.whole, shows_cost=shows_cost))


def _heat(board: Board) -> Heat:
    hours = sorted({hour for _weekday, hour in board.by_hour})
    span = range(hours[0], hours[-1] + 1)
    nothing = Totals()
    most = max(one.sales_fen for one in board.by_hour.values())

    def cell(day: int, hour: int) -> tuple[str, int]:
        sold = board.by_hour.get((day, hour), nothing).sales_fen
        return yuan(sold), -(-LEVELS * sold // most) if most > 0 else 0

    rows = [(weekday, [cell(day, hour) for hour in span]) for day, weekday in enumerate(WEEKDAYS, start=1)]
    return Heat([f"{hour:02}" for hour in span], rows)


def _table(title: object, rows: Sequence[Sequence[object]], whole: Totals, *, shows_cost: bool) -> Table:
    columns = [
        Column(title),
        Column(_("Sales value"), is_number=True),
        Column(_("Orders"), is_number=True),
        Column(_("Average order"), is_number=True),
        *([Column(_("Gross margin"), is_number=True)] if shows_cost else []),
        Column(_("Members' share"), is_number=True),
        Column(_("Refunded"), is_number=True),
    ]
    foot = _row(whole, _("Sum"), "", shows_cost=shows_cost) if rows else ()
    return Table("", columns, rows, foot=foot, empty=NO_SALES)


def _row(one: Totals, name: object, returns_address: str, *, shows_cost: bool) -> tuple[object, ...]:
    margin = format_html('{}<span class="qy-small">{}</span>', yuan(one.margin_fen), share(one.margin_fen, one.net_fen))
    return (
        name,
        yuan(one.sales_fen),
        number(one.orders),
        yuan(average(one)),
        *((margin,) if shows_cost else ()),
        share(one.member_sales_fen, one.sales_fen),
        _linked(returns_address, yuan(one.refunded_fen)) if one.returns and returns_address else yuan(one.refunded_fen),
    )


def _orders_of_day(scope: Scope, day: date) -> str:
    return scope.orders(since=day, until=day + timedelta(days=1))


def _linked(address: str, text: object) -> SafeString:
    return format_html('<a class="qy-link" href="{}">{}</a>', address, text)


def _yuan(fen: int) -> str:
    return format_yuan(fen)
