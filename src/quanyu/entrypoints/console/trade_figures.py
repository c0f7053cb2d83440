"""The figures at the top of the home page: each with its list, its course, and what it was a week before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.entrypoints.console.home_scope import Scope
from quanyu.kernel.money import divide_half_up
from quanyu.modules.insights.contracts import Board, Totals
from quanyu.modules.members import api as members
from quanyu.platform.console.formats import NOTHING, number, yuan

COSTS, MEMBERS, RETURNS = "reports.view", "members.view", "aftersales.view"
HOURS = 24
# The picture of a course: so many units wide and high; the line keeps away from the edges.
WIDE, HIGH, EDGE = 100, 28, 2


@dataclass(frozen=True, slots=True)
class Change:
    """Against before: ``up``, ``down`` or ``same``; more of it is ``good``, ``bad`` or neither (``plain``)."""

    way: str
    tone: str
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure with its list. ``course``: the points of its line, in a picture of 100 by 28."""

    name: str
    title: object
    value: str
    address: str
    note: object = ""
    change: Change | None = None
    course: str = ""


def figures(request: HttpRequest, scope: Scope, board: Board, before: Totals) -> list[Shown]:
    """Return the figures that the reader's permissions reach. At most two queries."""
    whole = board.whole
    found = [
        Shown(
            "sales",
            _("Sales value"),
            yuan(whole.sales_fen),
            scope.orders(),
            change=_change(whole.sales_fen, before.sales_fen),
            course=_course(scope, board, lambda one: one.sales_fen),
        ),
        Shown(
            "orders",
            _("Orders"),
            number(whole.orders),
            scope.orders(),
            change=_change(whole.orders, before.orders),
            course=_course(scope, board, lambda one: one.orders),
        ),
        Shown(
            "basket",
            _("Average order"),
            yuan(average(whole)),
            scope.orders(),
            change=_change(average(whole) or 0, average(before) or 0),
            course=_course(scope, board, lambda one: average(one) or 0),
        ),
    ]
    if scope.covers(request, COSTS):
        found.append(
            Shown(
                "margin",
                _("Gross margin"),
                yuan(whole.margin_fen),
                scope.orders(),
                note=gettext("%(share)s of the goods sold") % {"share": share(whole.margin_fen, whole.net_fen)},
                change=_change(whole.margin_fen, before.margin_fen),
                course=_course(scope, board, lambda one: one.margin_fen),
            )
        )
    found.append(
        Shown(
            "member_sales",
            _("Sales to members"),
            share(whole.member_sales_fen, whole.sales_fen),
            scope.orders(member__isempty="0"),
            note=yuan(whole.member_sales_fen),
            change=_change(whole.member_sales_fen, before.member_sales_fen),
            course=_course(scope, board, lambda one: one.member_sales_fen),
        )
    )
    if scope.covers(request, MEMBERS):
        found.append(_new_members(scope))
    if scope.covers(request, RETURNS):
        found.append(
            Shown(
                "refunds",
                _("Refunded"),
                yuan(whole.refunded_fen),
                scope.list_of("aftersales_return", "created_at", "location__id"),
                note=gettext("Returns: %(count)s") % {"count": number(whole.returns)},
                change=_change(whole.refunded_fen, before.refunded_fen, more_is="bad"),
                course=_course(scope, board, lambda one: one.refunded_fen),
            )
        )
    return found


def average(totals: Totals) -> int | None:
    """Return the average order in fen; ``None`` where there are none."""
    return divide_half_up(totals.sales_fen, totals.orders) if totals.orders else None


def share(part: int, whole: int) -> str:
    """Return a part of a whole as ``"12.3%"``; a dash where there is no whole."""
    if whole <= 0:
        return NOTHING
    tenths = divide_half_up(1_000 * abs(part), whole)
    return f"{'-' if part < 0 else ''}{tenths // 10}.{tenths % 10}%"


def against(scope: Scope) -> str:
    """Return what the figures are compared with, as a person says it."""
    first, last = scope.compared
    local = timezone.localtime(last)
    if scope.days == 1:
        told = {"day": date_format(local, "l"), "date": f"{local:%m-%d}", "time": f"{local:%H:%M}"}
        return gettext("compared with %(day)s, %(date)s, until %(time)s") % told
    told = {"first": f"{first:%m-%d}", "last": f"{local:%m-%d}", "time": f"{local:%H:%M}"}
    return gettext("compared with %(first)s to %(last)s, until %(time)s") % told


def _new_members(scope: Scope) -> Shown:
    first, last = scope.compared
    found = members.joined(store_ids=scope.units, since=_start(scope.since), until=_start(scope.until))
    before = sum(members.joined(store_ids=scope.units, since=_start(first), until=last).values())
    count = sum(found.values())
    course = _line([found.get(day, 0) for day in _days(scope)]) if scope.days > 1 else ""
    address = scope.list_of("members_member", "created_at", "store__id")
    return Shown("new_members", _("New members"), number(count), address, change=_change(count, before), course=course)


def _change(now: int, before: int, *, more_is: str = "good") -> Change | None:
    if before <= 0:
        return None
    tenths = divide_half_up(1_000 * abs(now - before), before)
    text = f"{tenths // 10}.{tenths % 10}%"
    if tenths == 0:
        return Change("same", "plain", text)
    less_is = {"good": "bad", "bad": "good"}[more_is]
    return Change("up", more_is, text) if now > before else Change("down", less_is, text)


def _course(scope: Scope, board: Board, of: Callable[[Totals], int]) -> str:
    nothing = Totals()
    if scope.days > 1:
        return _line([of(board.by_day.get(day, nothing)) for day in _days(scope)])
    hours: Mapping[int, Totals] = {hour: totals for (_weekday, hour), totals in board.by_hour.items()}
    so_far = timezone.localtime(scope.now).hour + 1
    return _line([of(hours.get(hour, nothing)) for hour in range(so_far)])


def _line(values: Sequence[int]) -> str:
    """Return the points of a line; empty where there is no course to see."""
    least, most = min((*values, 0)), max((*values, 0))
    if len(values) < 2 or least == most:
        return ""
    height = HIGH - 2 * EDGE
    points = [
        f"{WIDE * place / (len(values) - 1):.1f},{EDGE + height - height * (value - least) / (most - least):.1f}"
        for place, value in enumerate(values)
    ]
    return " ".join(points)


def _days(scope: Scope) -> list[date]:
    return [scope.since + timedelta(days=number) for number in range(scope.days)]


def _start(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=timezone.get_current_timezone())
