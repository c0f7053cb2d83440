"""The orders that are coming in: the newest ones, asked for again every few seconds by home.js."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from quanyu.entrypoints.console import home_scope, trade_board
from quanyu.kernel.clock import system_clock
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.models import CHANNEL_LABELS, STATE_LABELS
from quanyu.modules.organization import api as organization
from quanyu.platform.console.access import Units
from quanyu.platform.console.formats import badge, in_language, link, yuan
from quanyu.platform.console.registry import SitePage

SHOWN = 8


def view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Answer the list alone."""
    scope = home_scope.of(request, system_clock.now())
    if scope is None:
        # Whoever has a warehouse and no store has orders to see, and no trade of his own.
        return HttpResponse()
    answer = TemplateResponse(request, "console/stream.html", {"stream": newest(scope.units)})
    answer["Cache-Control"] = "no-store"
    return answer


def figures_view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Answer the figures alone."""
    scope = home_scope.of(request, system_clock.now())
    if scope is None:
        # Whoever has a warehouse and no store has orders to see, and no trade of his own.
        return HttpResponse()
    answer = TemplateResponse(request, "console/home_figures.html", {"board": trade_board.figures(request, scope)})
    answer["Cache-Control"] = "no-store"
    return answer


def newest(units: Units) -> list[dict[str, Any]]:
    """Return the newest orders of these stores, never more than ``SHOWN``."""
    # Here, not above: the site imports this page, and a module's screens need the site.
    from quanyu.modules.orders.admin import STATE_TONES

    found = orders.of_units(unit_ids=units, limit=SHOWN)
    stores = organization.units(ids={order.selling_store_id for order in found})
    return [
        {
            "id": order.id,
            "number": link("orders_order_change", order.id, order.number),
            "store": in_language(stores[order.selling_store_id].name, stores[order.selling_store_id].name_en),
            "channel": CHANNEL_LABELS[order.channel],
            "state": badge(STATE_LABELS[order.state], STATE_TONES[order.state]),
            "payable": yuan(order.payable_fen),
            "at": timezone.localtime(order.placed_at).strftime("%H:%M:%S"),
        }
        for order in found
    ]


STREAM_PAGE = SitePage("order_stream", "order-stream", _("Newest orders"), orders.VIEW, view)
FIGURES_PAGE = SitePage("home_figures", "home-figures", _("Figures"), orders.VIEW, figures_view)
