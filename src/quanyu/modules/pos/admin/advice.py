"""What advice at tills did: who took it, what it moved, beside the baskets that saw none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api as catalog
from quanyu.modules.identity import api as identity
from quanyu.modules.organization import api as organization
from quanyu.modules.pos import api
from quanyu.platform.console import access
from quanyu.platform.console.content import Column, Table
from quanyu.platform.console.formats import NOTHING, in_language, number, percent, yuan
from quanyu.platform.console.registry import SitePage, add_page

VIEW = "reports.view"
_DAYS, _DAYS_MAX = 28, 366
_CHART_HEIGHT, _STEP = 150, 36


@dataclass(frozen=True, slots=True)
class Bar:
    """A day of the chart: what it says, and where it stands (SVG units, the top is zero)."""

    label: str
    text: str
    x: int
    y: int
    height: int


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show the days from ``?since`` to ``?until`` (both told), else the last four weeks; only stores within reach."""
    since, until = _asked(request)
    units = access.units_of(request, VIEW)
    report = api.advice_report(unit_ids=units, since=since, until=until + timedelta(days=1))
    bars = _bars(report.by_day)
    shown = {
        **context,
        "since": since.isoformat(),
        "until": until.isoformat(),
        "figures": _figures(report.whole),
        "bars": bars,
        "width": max(_STEP * len(bars), 400),
        "compared": _compared(report.whole),
        "tables": [_by_store(report.by_store), _by_staff(report.by_staff)],
        "pairs": _pairs(report),
    }
    return TemplateResponse(request, "pos/advice.html", shown)


def _asked(request: HttpRequest) -> tuple[date, date]:
    today = timezone.localdate(system_clock.now())
    until = min(_day(request, "until", today), today)
    since = min(_day(request, "since", until - timedelta(days=_DAYS - 1)), until)
    return max(since, until - timedelta(days=_DAYS_MAX)), until


def _day(request: HttpRequest, name: str, otherwise: date) -> date:
    try:
        day = date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return otherwise
    return day if day.year >= 2000 else otherwise


def _figures(whole: api.AdviceFigures) -> list[tuple[object, object]]:
    advised, control = whole.advised, whole.control
    return [
        (_("Baskets with advice"), number(advised.baskets)),
        (_("Took advice"), _rate(advised)),
        (_("Bought what was advised"), percent(advised.bought_bp) if advised.baskets else NOTHING),
        (_("The same without advice"), percent(control.bought_bp) if control.baskets else NOTHING),
    ]


def _compared(whole: api.AdviceFigures) -> Table:
    columns = [
        Column(""),
        Column(_("Baskets"), is_number=True),
        Column(_("Took advice"), is_number=True),
        Column(_("Bought what was advised"), is_number=True),
        Column(_("Lines of a basket"), is_number=True),
        Column(_("Amount of a basket"), is_number=True),
    ]
    rows = [
        (title, number(one.baskets), took, *_of(one))
        for title, one, took in (
            (_("With advice"), whole.advised, _rate(whole.advised)),
            (_("Without advice"), whole.control, NOTHING),
        )
    ]
    note = _(
        "Some baskets are left without advice by chance. Both rows are baskets for which there was something to "
        "advise, so the difference is what advice did. Few baskets without it say little."
    )
    return Table(_("With advice and without"), columns, rows, note=note)


def _of(share: api.Share) -> tuple[str, str, str]:
    if not share.baskets:
        return NOTHING, NOTHING, NOTHING
    return percent(share.bought_bp), f"{share.lines_hundredths / 100:.2f}", yuan(share.basket_fen)


def _rate(share: api.Share) -> str:
    return percent(share.attach_bp) if share.baskets else NOTHING


def _bars(by_day: Mapping[date, api.AdviceFigures]) -> list[Bar]:
    shares = {day: one.advised for day, one in by_day.items() if one.advised.baskets}
    highest = max((share.attach_bp for share in shares.values()), default=0) or 1
    bars = []
    for place, (day, share) in enumerate(shares.items()):
        height = max(share.attach_bp * _CHART_HEIGHT // highest, 2)
        values = {
            "day": day.isoformat(),
            "rate": percent(share.attach_bp),
            "added": number(share.added),
            "baskets": number(share.baskets),
        }
        bars.append(
            Bar(
                label=f"{day:%m-%d}",
                text=gettext("%(day)s: %(rate)s, %(added)s of %(baskets)s baskets") % values,
                x=_STEP * place,
                y=_CHART_HEIGHT - height,
                height=height,
            )
        )
    return bars


def _by_store(figures: Mapping[int, api.AdviceFigures]) -> Table:
    units = organization.units(ids=list(figures))
    names = {unit.id: in_language(unit.name, unit.name_en) for unit in units.values()}
    return _table(_("By store"), _("Store"), figures, names)


def _by_staff(figures: Mapping[int, api.AdviceFigures]) -> Table:
    people = identity.staff(ids=list(figures))
    return _table(_("By person"), _("Cashier"), figures, {id_: one.name for id_, one in people.items()})


def _table(title: object, first: object, figures: Mapping[int, api.AdviceFigures], names: Mapping[int, str]) -> Table:
    columns = [
        Column(first),
        Column(_("Baskets with advice"), is_number=True),
        Column(_("Took advice"), is_number=True),
        Column(_("Amount of a basket"), is_number=True),
    ]
    ranked = sorted(figures.items(), key=lambda one: (-one[1].advised.attach_bp, -one[1].advised.baskets, one[0]))
    rows = [
        (names.get(id_, NOTHING), number(one.advised.baskets), _rate(one.advised), yuan(one.advised.basket_fen))
        for id_, one in ranked
        if one.advised.baskets
    ]
    return Table(title, columns, rows, empty=_("No advice was shown in these days."))


def _pairs(report: api.AdviceReport) -> Table:
    skus = catalog.skus(ids={id_ for pair in report.pairs for id_ in (pair.because_sku_id, pair.sku_id)})
    names = {id_: in_language(sku.name, sku.name_en) for id_, sku in skus.items()}
    columns = [
        Column(_("In the basket")),
        Column(_("Advised")),
        Column(_("Shown"), is_number=True),
        Column(_("Times taken"), is_number=True),
        Column(_("Took advice"), is_number=True),
    ]
    rows = [
        (
            names.get(pair.because_sku_id, NOTHING),
            names.get(pair.sku_id, NOTHING),
            number(pair.shown),
            number(pair.added),
            percent((20_000 * pair.added + pair.shown) // (2 * pair.shown)),
        )
        for pair in report.pairs
    ]
    return Table(_("Best pairs"), columns, rows, empty=_("No advice was shown in these days."))


add_page(SitePage("pos_advice", "advice", _("Advice at tills"), VIEW, view))
