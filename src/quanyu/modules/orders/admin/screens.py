"""Console screens of the order book: the list, and one page per order with every fen and every step of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.orders.admin import economics, head
from quanyu.modules.orders.admin.labels import STATE_TONES, state_badge
from quanyu.modules.orders.contracts import Channel, Delivery, State
from quanyu.modules.orders.models import CHANNEL_LABELS, Line, Order
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
    number,
    yuan,
    yuan_column,
)
from quanyu.platform.console.registry import Figure, Tile, add_tile
from quanyu.platform.console.scoped_admin import ScopedAdmin, unit_filter

__all__ = ["STATE_TONES", "OrderAdmin"]
VIEW = "orders.view"
# What goods cost the chain is for those who read its reports.
COST = "reports.view"


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
        ("placed_at", admin.DateFieldListFilter),
    )
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
        fulfilled = Line.objects.filter(order=OuterRef("pk"), location_id__in=units)
        return Q(selling_store_id__in=units) | Q(Exists(fulfilled))

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


def _midnight(now: datetime) -> datetime:
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)


def _sold(units: Units) -> QuerySet[Order]:
    orders = Order.objects.all()
    return orders if units is None else orders.filter(selling_store_id__in=units)


def _list(**lookups: Any) -> str:
    return f"{reverse('admin:orders_order_changelist')}?{urlencode(lookups)}"


def _today(now: datetime) -> dict[str, str]:
    start = _midnight(now)
    return {"placed_at__gte": start.isoformat(sep=" "), "placed_at__lt": (start + timedelta(days=1)).isoformat(sep=" ")}


def _orders_today(units: Units, now: datetime) -> Figure:
    found = _sold(units).filter(placed_at__gte=_midnight(now)).values("channel").annotate(found=Count("id"))
    by_channel = {row["channel"]: row["found"] for row in found.order_by("channel")}
    parts = tuple((CHANNEL_LABELS[Channel(channel)], number(count)) for channel, count in by_channel.items())
    return Figure(number(sum(by_channel.values())), parts)


def _sales_today(units: Units, now: datetime) -> Figure:
    found = _sold(units).filter(paid_at__gte=_midnight(now)).values("channel").annotate(fen=Sum("paid_fen"))
    by_channel = {row["channel"]: row["fen"] for row in found.order_by("channel")}
    parts = tuple((CHANNEL_LABELS[Channel(channel)], yuan(fen)) for channel, fen in by_channel.items())
    return Figure(yuan(sum(by_channel.values())), parts)


def _waiting(units: Units, now: datetime) -> Figure:
    count = _sold(units).filter(state=State.PAID, delivery=Delivery.PICKUP).count()
    return Figure(number(count), tone="warn" if count else "plain")


def _to_ship(units: Units, now: datetime) -> Figure:
    count = _sold(units).filter(state=State.PAID, delivery__in=[Delivery.EXPRESS, Delivery.INSTANT]).count()
    return Figure(number(count), tone="warn" if count else "plain")


def _unpaid(units: Units, now: datetime) -> Figure:
    return Figure(number(_sold(units).filter(state=State.PLACED).count()))


for tile in (
    Tile("orders_today", _("Orders today"), "receipt_long", VIEW, _orders_today, lambda now: _list(**_today(now)), 10),
    Tile("sales_today", _("Sales today"), "payments", VIEW, _sales_today, lambda now: _list(**_today(now)), 20),
    Tile(
        "pickup",
        _("Paid, waiting for pickup"),
        "shopping_bag",
        VIEW,
        _waiting,
        lambda _now: _list(state__exact="paid", delivery__exact="pickup"),
        30,
    ),
    Tile(
        "to_ship", _("Paid, to be sent"), "local_shipping", VIEW, _to_ship, lambda _now: _list(state__exact="paid"), 40
    ),
    Tile("unpaid", _("Waiting for payment"), "hourglass", VIEW, _unpaid, lambda _now: _list(state__exact="placed"), 50),
):
    add_tile(tile)
