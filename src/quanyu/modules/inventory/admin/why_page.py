"""Why is this 7? The ledger of a figure with what caused each entry, and the sum that it comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as day_time
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Problem
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.inventory import api
from quanyu.modules.inventory.admin import addresses, charts, labels, sheet_rows
from quanyu.modules.inventory.admin.sku_page import whole_number
from quanyu.modules.inventory.contracts import Explained, Figure, LedgerEntry, MovementKind, StockLevel
from quanyu.modules.organization import api as organization
from quanyu.platform.console import access, registry
from quanyu.platform.console.causes import Cause, causes
from quanyu.platform.console.formats import NOTHING, in_language, moment, number
from quanyu.platform.console.registry import SitePage

TITLE = _("Why is this so?")
ENTRIES = 50
_ORDER = {kind.value: place for place, kind in enumerate(MovementKind)} | {"pinned": 0, "held": 1, "lapsed": 2}
_MIDNIGHT = day_time()


@dataclass(frozen=True, slots=True)
class Term:
    """A summand of a figure: ``sign`` and text as they stand in the line of the sum."""

    sign: str
    text: str
    label: object
    count: str
    tone: str = "plain"


@dataclass(frozen=True, slots=True)
class Row:
    """An entry of the ledger on the screen."""

    when: str
    what: object
    change: str
    is_less: bool
    balance: str
    cause: object
    cause_address: str
    channel: object
    by: str
    reason: str
    until: str


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Explain a figure of a stock row; without one, lead to where figures are."""
    if not request.GET.get("location"):
        return TemplateResponse(request, "inventory/find.html", {**context, "title": TITLE, "hits": [], "rows": []})
    keys = {f"{name}_id": whole_number(request.GET.get(name, "")) for name in ("location", "sku", "owner")}
    figure = _figure(request)
    days = _days(request)
    found = _explained(request, keys, figure, days)
    sku = catalog.skus(ids=[found.level.sku_id])[found.level.sku_id]
    others = {entry.other_id for entry in found.entries if entry.other_id is not None}
    units = organization.units(ids=others | {found.level.location_id, found.level.owner_id})
    names = {unit_id: sheet_rows.name_of_unit(units, unit_id) for unit_id in units}
    content = {
        **context,
        "title": question(found, sku),
        "sku": sku,
        "sku_name": in_language(sku.name, sku.name_en),
        "place": names[found.level.location_id],
        "owner": names[found.level.owner_id],
        "sku_address": addresses.of_sku(sku.id),
        "location_address": addresses.of_location(found.level.location_id),
        "tabs": _tabs(found.level, sku, figure),
        "figure": figure.value,
        "keys": {name: request.GET[name] for name in ("location", "sku", "owner")},
        "terms": _terms(found, sku),
        "total": _total(found, sku),
        "of_days": bool(days.since or days.until),
        "adds_up": adds_up(found, of_days=bool(days.since or days.until)),
        "chart": _chart(found, sku),
        "rows": _rows(request, found, sku, names),
        "count": number(sum(part.count for part in found.parts)),
        "is_promises": figure in (Figure.RESERVED, Figure.AVAILABLE),
        "since": request.GET.get("since", ""),
        "until": request.GET.get("until", ""),
        "is_first": not request.GET.get("before"),
        "first_address": addresses.why(found.level, figure, **days.asked),
        "next_address": addresses.why(found.level, figure, **days.asked, before=found.next) if found.next else "",
    }
    return TemplateResponse(request, "inventory/why.html", content)


def question(found: Explained, sku: SkuInfo) -> str:
    """Return the question of the page: why is this so many?"""
    return gettext("Why is this %(quantity)s?") % {"quantity": _text(_now(found), sku)}


def adds_up(found: Explained, *, of_days: bool) -> bool:
    """Tell whether the entries come to the figure, as they must."""
    if found.figure in (Figure.RESERVED, Figure.AVAILABLE):
        return found.closing == found.level.reserved
    return found.opening + sum(part.quantity for part in found.parts) == found.closing and (
        of_days or found.closing == _now(found)
    )


@dataclass(frozen=True, slots=True)
class _Days:
    """The days a ledger is narrowed to, as moments and as they stand in the address."""

    since: datetime | None
    until: datetime | None
    asked: dict[str, str]


def _days(request: HttpRequest) -> _Days:
    asked, moments = {}, {}
    for name, after in (("since", 0), ("until", 1)):
        try:
            day = date.fromisoformat(request.GET.get(name, ""))
            found = datetime.combine(day + timedelta(days=after), _MIDNIGHT, tzinfo=timezone.get_current_timezone())
        except (ValueError, OverflowError):
            continue
        moments[name], asked[name] = found, day.isoformat()
    return _Days(moments.get("since"), moments.get("until"), asked)


def _figure(request: HttpRequest) -> Figure:
    try:
        return Figure(request.GET.get("figure", Figure.ON_HAND))
    except ValueError:
        raise Http404 from None


def _explained(request: HttpRequest, keys: dict[str, int], figure: Figure, days: _Days) -> Explained:
    """Return the explanation of a row within reach. Raises ``Http404`` for any other, existing or not."""
    units = access.units_of(request, api.VIEW)
    if units is not None and not units & {keys["location_id"], keys["owner_id"]}:
        raise Http404
    try:
        found = api.explain(
            **keys,
            figure=figure,
            since=days.since,
            until=days.until,
            before=request.GET.get("before", ""),
            limit=ENTRIES,
            now=system_clock.now(),
        )
    except Problem:
        raise Http404 from None
    if found is None:
        raise Http404
    return found


def _of(level: StockLevel, figure: Figure) -> int:
    if figure is Figure.AVAILABLE:
        return level.on_hand - level.reserved
    value: int = getattr(level, figure.value)
    return value


def _now(found: Explained) -> int:
    return _of(found.level, found.figure)


def _text(base: int, sku: SkuInfo) -> str:
    return sheet_rows.written(base, sku.quantity_scale, sku.unit_name)


def _tabs(level: StockLevel, sku: SkuInfo, chosen: Figure) -> list[tuple[object, str, str, bool]]:
    return [
        (label, _text(_of(level, figure), sku), addresses.why(level, figure), figure is chosen)
        for figure, label in labels.FIGURES.items()
    ]


def _parts(found: Explained) -> list[tuple[str, int, int]]:
    """Return the summands as (kind, count, quantity); what is promised is taken off what is available."""
    sign = -1 if found.figure is Figure.AVAILABLE else 1
    # What came stands before what went, so that the way to the figure never leads below nothing.
    parts = sorted(found.parts, key=lambda part: (sign * part.quantity < 0, _ORDER.get(part.kind, 99)))
    return [(part.kind, part.count, sign * part.quantity) for part in parts]


def _terms(found: Explained, sku: SkuInfo) -> list[Term]:
    first: list[Term] = []
    if found.figure is Figure.AVAILABLE:
        first = [Term("", _text(found.level.on_hand, sku), labels.FIGURES[Figure.ON_HAND], "")]
    elif found.opening:
        first = [Term("", _text(found.opening, sku), _("Before these days"), "")]
    for kind, count, amount in _parts(found):
        sign = "−" if amount < 0 else "+" if first else ""
        tone = "less" if amount < 0 else "more"
        first.append(Term(sign, _text(abs(amount), sku), labels.PARTS.get(kind, kind), number(count), tone))
    return first


def _total(found: Explained, sku: SkuInfo) -> str:
    return _text(_now(found) if found.figure is Figure.AVAILABLE else found.closing, sku)


def _chart(found: Explained, sku: SkuInfo) -> str:
    """Return the way from nothing (from before these days, from what is on hand) to the figure; empty for one step."""
    parts = [(str(labels.PARTS.get(kind, kind)), amount) for kind, _count, amount in _parts(found)]
    if found.figure is Figure.AVAILABLE:
        parts.insert(0, (str(labels.FIGURES[Figure.ON_HAND]), found.level.on_hand))
    if len(parts) < 2 and not found.opening:
        return ""
    if found.figure is Figure.AVAILABLE:
        return charts.waterfall(0, parts, _now(found), scale=sku.quantity_scale)
    return charts.waterfall(found.opening, parts, found.closing, scale=sku.quantity_scale)


def _rows(request: HttpRequest, found: Explained, sku: SkuInfo, names: Mapping[int, str]) -> list[Row]:
    known = causes(request, {(entry.cause_kind, entry.cause_id) for entry in found.entries})
    return [_row(entry, sku, known, names) for entry in found.entries]


def _row(entry: LedgerEntry, sku: SkuInfo, known: Mapping[tuple[str, str], Cause], names: Mapping[int, str]) -> Row:
    text, address, channel = _cause(entry, known)
    what: object = labels.PARTS.get(entry.kind, entry.kind)
    if entry.other_id is not None:
        arrow = "→" if entry.kind == MovementKind.TRANSFER_OUT and entry.quantity < 0 else "←"
        what = f"{what} {arrow} {names.get(entry.other_id, NOTHING)}"
    sign = "+" if entry.quantity > 0 else "−"
    return Row(
        when=moment(entry.at),
        what=what,
        change=f"{sign}{_text(abs(entry.quantity), sku)}",
        is_less=entry.quantity < 0,
        balance=_text(entry.balance, sku),
        cause=text,
        cause_address=address,
        channel=channel,
        by=access.person(entry.actor) or NOTHING,
        reason=entry.reason,
        until=moment(entry.until) if entry.until else "",
    )


def _cause(entry: LedgerEntry, known: Mapping[tuple[str, str], Cause]) -> tuple[object, str, object]:
    """Return what caused an entry: its number, its page where the reader may open it, and its channel."""
    cause = known.get((entry.cause_kind, entry.cause_id))
    if cause is not None:
        return cause.text, cause.address, cause.channel
    label = labels.CAUSES.get(entry.cause_kind, entry.cause_kind)
    if entry.cause_kind == "transfer":
        return entry.cause_id, addresses.transfers(transfer=entry.cause_id), ""
    return label, "", ""


registry.add_page(SitePage("stock_why", "stock/why", TITLE, api.VIEW, view))
