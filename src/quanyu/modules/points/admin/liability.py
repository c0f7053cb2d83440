"""The liability report: what all points could still cost, by store and month of their end."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.clock import system_clock
from quanyu.modules.organization import api as organization
from quanyu.modules.points import api, rules
from quanyu.modules.points.admin.shown import VIEW
from quanyu.modules.points.contracts import Liability, LiabilityRow
from quanyu.platform.console import access
from quanyu.platform.console.content import Column, Table
from quanyu.platform.console.formats import in_language, number, yuan
from quanyu.platform.console.registry import SitePage, add_page

_MONTHS_SHOWN = 25
_CHART_HEIGHT = 150


@dataclass(frozen=True, slots=True)
class Bar:
    """A month of the chart: figures, and where its two parts stand (SVG units, the top is zero)."""

    label: str
    text: str
    x: int
    live_y: int
    live_height: int
    pending_y: int
    pending_height: int


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show the report as of the end of a day (``?day=2026-10-31``), else as of now; only places within reach."""
    day, at = _asked(request)
    units = access.units_of(request, VIEW)
    report = api.liability(at=at)
    rows = [row for row in report.rows if units is None or row.store_id in units]
    live, pending = sum(row.live for row in rows), sum(row.pending for row in rows)
    value = rules.value_fen(live + pending, points_per_yuan=report.points_per_yuan)
    shown = {
        **context,
        "day": day,
        "figures": [
            (_("Usable points"), number(live)),
            (_("Not usable yet"), number(pending)),
            (_("They could still pay"), yuan(value)),
            (_("Points that pay one yuan"), number(report.points_per_yuan)),
        ],
        "bars": _bars(rows, report.points_per_yuan),
        "width": 40 * _MONTHS_SHOWN,
        "by_month": _by_month(rows, report.points_per_yuan),
        "by_store": _by_store(rows, report.points_per_yuan),
        "by_brand": _by_brand(report) if units is None else None,
        "owed": number(report.debt) if units is None else None,
    }
    return TemplateResponse(request, "points/liability.html", shown)


def _asked(request: HttpRequest) -> tuple[str, datetime]:
    now = system_clock.now()
    try:
        day = date.fromisoformat(request.GET.get("day", ""))
        end = rules.end_of(day) - timedelta(microseconds=1)
    except (ValueError, OverflowError):
        return "", now
    return (day.isoformat(), end) if end < now else (timezone.localdate(now).isoformat(), now)


def _sums(rows: list[LiabilityRow], key: str) -> dict[Any, tuple[int, int]]:
    sums: dict[Any, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in rows:
        live, pending = sums[getattr(row, key)]
        sums[getattr(row, key)] = (live + row.live, pending + row.pending)
    return sums


def _bars(rows: list[LiabilityRow], per_yuan: int) -> list[Bar]:
    months = sorted(_sums(rows, "month").items())[:_MONTHS_SHOWN]
    highest = max((live + pending for _month, (live, pending) in months), default=0) or 1
    bars = []
    for index, (month, (live, pending)) in enumerate(months):
        live_height, pending_height = live * _CHART_HEIGHT // highest, pending * _CHART_HEIGHT // highest
        values = {
            "month": f"{month:%Y-%m}",
            "points": number(live + pending),
            "value": yuan(rules.value_fen(live + pending, points_per_yuan=per_yuan)),
        }
        bars.append(
            Bar(
                label=f"{month:%y-%m}",
                text=gettext("%(month)s: %(points)s points, %(value)s") % values,
                x=40 * index,
                live_y=_CHART_HEIGHT - live_height,
                live_height=live_height,
                pending_y=_CHART_HEIGHT - live_height - pending_height,
                pending_height=pending_height,
            )
        )
    return bars


def _table(title: object, first: object, lines: list[tuple[object, int, int]], per_yuan: int) -> Table:
    columns = [
        Column(first, is_time=True),
        Column(_("Usable"), is_number=True),
        Column(_("Not usable yet"), is_number=True),
        Column(_("Worth"), is_number=True),
    ]

    def figures(live: int, pending: int) -> tuple[object, ...]:
        return number(live), number(pending), yuan(rules.value_fen(live + pending, points_per_yuan=per_yuan))

    total = (sum(live for _name, live, _ in lines), sum(pending for _name, _live, pending in lines))
    rows = [(name, *figures(live, pending)) for name, live, pending in lines]
    return Table(title, columns, rows, foot=(_("Total"), *figures(*total)), empty=_("No points."))


def _by_month(rows: list[LiabilityRow], per_yuan: int) -> Table:
    lines = [(f"{month:%Y-%m}", *sums) for month, sums in sorted(_sums(rows, "month").items())]
    return _table(_("By the month in which they end"), _("Month"), list(lines), per_yuan)


def _by_store(rows: list[LiabilityRow], per_yuan: int) -> Table:
    sums = _sums(rows, "store_id")
    names = _names(sums)
    ordered = sorted(sums.items(), key=lambda item: -sum(item[1]))
    lines = [(names[store_id], *figures) for store_id, figures in ordered]
    return _table(_("By the store where they were earned"), _("Store"), list(lines), per_yuan)


def _by_brand(report: Liability) -> Table:
    names = _names(report.by_brand)
    columns = [Column(_("Brand")), Column(_("Points"), is_number=True), Column(_("Worth"), is_number=True)]
    rows = [
        (names[brand_id], number(points), yuan(rules.value_fen(points, points_per_yuan=report.points_per_yuan)))
        for brand_id, points in sorted(report.by_brand.items(), key=lambda item: -item[1])
    ]
    return Table(_("By brand"), columns, rows, empty=_("No points."))


def _names(ids: Any) -> dict[int | None, object]:
    units = organization.units(ids=[unit_id for unit_id in ids if unit_id is not None])
    named: dict[int | None, object] = {
        unit.id: f"{in_language(unit.name, unit.name_en)} ({unit.code})" for unit in units.values()
    }
    return {None: gettext("None of them")} | named


add_page(SitePage("points_liability", "points-liability", _("Points liability"), VIEW, view))
