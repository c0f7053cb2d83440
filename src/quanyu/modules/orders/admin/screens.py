"""Console screens of the order book: the list, and one page per order with every fen and every step of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields.array import ArrayOverlap  # type: ignore[attr-defined]
from django.db.models import Count, Min, OuterRef, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.orders.admin import economics, head
from quanyu.modules.orders.admin.labels import STATE_TONES, state_badge
from quanyu.modules.orders.contracts import Delivery, State
from quanyu.modules.orders.models import Line, Order
from quanyu.platform.console import access
from quanyu.platform.console.access import Units
from quanyu.platform.console.content import Page
from quanyu.platform.console.formats import (
    NOTHING,
    badge,
    column,
    minus,
    moment_column,
    name_column,
    yuan_column,
)
from quanyu.platform.console.registry import Figure, Tile, add_tile, waiting
from quanyu.platform.console.scoped_admin import ScopedAdmin, unit_filter

__all__ = ["STATE_TONES", "OrderAdmin"]
VIEW = "orders.view"
# What goods cost the chain is for those who read its reports.
COST = "reports.view"
SHIPPED = (Delivery.EXPRESS.value, Delivery.INSTANT.value)
OVERDUE = timedelta(days=3)


def within(units: frozenset[int]) -> Q:
    """Return which orders belong to units: what they sell, and what they fulfil a line of."""
    lines = Line.objects.order_by()
    if not Order.objects.filter(selling_store_id__in=units).exists():
        # A warehouse sells nothing: what it fulfils is found from the lines.
        return Q(pk__in=lines.filter(location_id__in=units).values("order_id"))
    # Asked order by order, the newest first: an "exists" would have every line of the chain read for one page.
    places = ArraySubquery(lines.filter(order=OuterRef("pk")).values("location_id"))
    return Q(selling_store_id__in=units) | Q(ArrayOverlap(places, sorted(units)))


@admin.register(Order)
class OrderAdmin(ScopedAdmin[Order]):
    """Orders of all channels; rows change by checkout and aftersales only."""

    view_permission = VIEW
    unit_lookups = ("selling_store_id",)
    list_display = ("number", "channel", "store", "state_shown", "way", "customer", "payable", "refunded", "placed")
    list_filter = (
        "state",
        "channel",
        "delivery",
        unit_filter("selling_store", kind="store"),
        ("member", admin.EmptyFieldListFilter),
        ("placed_at", admin.DateFieldListFilter),
    )
    # The figures of the home page link to the orders behind them.
    link_lookups = ("paid_at__lt",)
    search_fields = ("number__startswith",)
    search_help_text = _("Order number, from its beginning")
    list_select_related = ("selling_store", "member")
    detail_template = "orders/order.html"
    ordering = ("-placed_at", "-id")

    store = name_column("selling_store", _("Store"))
    state_shown = column(_("State"), state_badge, order="state")
    way = column(_("Delivery"), lambda order: order.get_delivery_display(), order="delivery")
    customer = column(_("Member"), lambda order: order.member or NOTHING)
    payable = yuan_column("payable_fen", _("Payable"))
    refunded = column(_("Refunded"), lambda order: minus(order.refunded_fen), numeric=True)
    placed = moment_column("placed_at", _("Placed at"))

    def reach(self, units: frozenset[int]) -> Q:
        """Let the selling store see an order, and the places that fulfil a line of it."""
        return within(units)

    def units_of_row(self, row: Order) -> set[int]:
        """Return the selling store and the places that fulfil."""
        return {row.selling_store_id, *row.lines.values_list("location_id", flat=True)}

    def page(self, request: HttpRequest, row: Order) -> Page:
        """Return how far the order is, whose it is, and every fen of its lines; what happened is hung below."""
        lines, shows_cost = list(economics.lines_of(row)), access.may(request, COST)
        discounts = economics.discounts_of(row)
        return Page(
            title=gettext("Order %(number)s") % {"number": row.number},
            badges=[state_badge(row), badge(row.get_channel_display()), badge(row.get_delivery_display())],
            figures=economics.figures(row, lines, shows_cost=shows_cost),
            main=[
                economics.economics(row, lines, discounts, shows_cost=shows_cost),
                *economics.right_tables(row, lines),
            ],
            aside=[head.header(row, lines)],
            extra={"progress": head.progress(row), "print_address": f"{reverse('admin:order_print')}?order={row.pk}"},
        )


def _list(**lookups: Any) -> str:
    return f"{reverse('admin:orders_order_changelist')}?{urlencode(lookups)}"


def _waiting(units: Units, since: str, **lookups: Any) -> Figure:
    """Return the orders that wait, those that a place within reach fulfils for another store included."""
    rows = Order.objects.filter(**lookups)
    if units is not None:
        rows = rows.filter(within(units))
    found = rows.aggregate(count=Count("pk"), oldest=Min(since))
    return waiting(found["count"], found["oldest"])


def _to_collect(units: Units, now: datetime) -> Figure:
    return _waiting(units, "paid_at", state=State.PAID, delivery=Delivery.PICKUP)


def _not_collected(units: Units, now: datetime) -> Figure:
    return _waiting(units, "paid_at", state=State.PAID, delivery=Delivery.PICKUP, paid_at__lt=_overdue(now))


def _to_ship(units: Units, now: datetime) -> Figure:
    return _waiting(units, "paid_at", state=State.PAID, delivery__in=SHIPPED)


def _unpaid(units: Units, now: datetime) -> Figure:
    return _waiting(units, "placed_at", state=State.PLACED)


def _overdue(now: datetime) -> datetime:
    """Return before when orders were paid that should have been collected by now, in whole days."""
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0) - OVERDUE


TODOS: tuple[tuple[str, Any, str, Callable[[Units, datetime], Figure], Callable[[datetime], str]], ...] = (
    (
        "pickup_overdue",
        _("Not collected for three days"),
        "assignment_late",
        _not_collected,
        lambda now: _list(state__exact="paid", delivery__exact="pickup", paid_at__lt=_overdue(now).isoformat(sep=" ")),
    ),
    (
        "pickup",
        _("Paid, waiting for pickup"),
        "shopping_bag",
        _to_collect,
        lambda _now: _list(state__exact="paid", delivery__exact="pickup"),
    ),
    (
        "to_ship",
        _("Paid, to be sent"),
        "local_shipping",
        _to_ship,
        lambda _now: _list(state__exact="paid", delivery__in=",".join(SHIPPED)),
    ),
    (
        "unpaid",
        _("Waiting for payment"),
        "hourglass",
        _unpaid,
        lambda _now: _list(state__exact="placed"),
    ),
)
for place, (name, title, icon, figure, to) in enumerate(TODOS):
    add_tile(Tile(name, title, icon, VIEW, figure, to, 30 + place, is_todo=True))
