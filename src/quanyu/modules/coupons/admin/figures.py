"""What came of all offers, side by side: the figures head office and stores look at before the next one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.money import divide_half_up
from quanyu.modules.coupons import api
from quanyu.modules.coupons.admin import bars, texts
from quanyu.modules.coupons.contracts import Figures, Template, TemplateState
from quanyu.platform.console import access, registry
from quanyu.platform.console.content import Column, Page, Table
from quanyu.platform.console.formats import NOTHING, in_language, link, number, yuan
from quanyu.platform.console.registry import SitePage

VIEW = "coupons.view"
TITLE = _("Coupon figures")
_SHOWN = 200
_STATES = (TemplateState.LIVE, TemplateState.STOPPED, TemplateState.FORCED_OFF)


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show every offer that was ever live, the one used most first; a store sees what concerns its stores."""
    units = access.units_of(request, VIEW)
    offers = api.templates(states=_STATES)[:_SHOWN]
    figures = api.totals(template_ids=[offer.id for offer in offers], unit_ids=units)
    shown = [offer for offer in offers if units is None or figures[offer.id] != Figures()]
    shown.sort(key=lambda offer: (-figures[offer.id].used, -figures[offer.id].claimed, -offer.id))
    total = [figures[offer.id] for offer in shown]
    claimed, used = sum(one.claimed for one in total), sum(one.used for one in total)
    cost, sales = sum(one.cost_fen for one in total), sum(one.sales_fen for one in total)
    columns = (
        Column(_("Coupon offer")),
        Column(_("State")),
        Column(_("Gives")),
        *bars.COLUMNS,
        Column(_("Sales per yuan"), is_number=True),
    )
    table = Table("", columns, [_row(offer, figures[offer.id]) for offer in shown], empty=_("No offer was live yet."))
    page = Page(
        title=TITLE,
        figures=[
            (_("Claimed"), number(claimed)),
            (_("Used"), number(used)),
            (_("Share used"), f"{used / claimed:.0%}" if claimed else NOTHING),
            (_("Sales with it"), yuan(sales)),
            (_("Taken off"), yuan(cost)),
        ],
        main=[table],
    )
    return TemplateResponse(request, "console/detail.html", {**context, "title": TITLE, "page": page, "buttons": []})


def _row(offer: Template, figures: Figures) -> tuple[object, ...]:
    name = link("coupons_template_change", offer.id, in_language(offer.name, offer.name_en))
    per_yuan = NOTHING
    if figures.cost_fen:
        # In fen for one yuan taken off, shown as yuan.
        per_yuan = yuan(divide_half_up(100 * figures.sales_fen, figures.cost_fen))
    return (name, texts.template_badge(offer.state), texts.gives_of(offer.terms), *bars.cells(figures), per_yuan)


registry.add_page(SitePage("coupon_figures", "coupon-figures", TITLE, VIEW, view))
