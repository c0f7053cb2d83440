"""Console screens of the order book: the list, and one page per order with every fen and every step of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.orders.contracts import Channel, Delivery, State
from quanyu.modules.orders.models import CHANNEL_LABELS, STATE_LABELS, Line, LineDiscount, Order
from quanyu.platform.console import access
from quanyu.platform.console.access import Units
from quanyu.platform.console.content import Column, Facts, Page, Step, Table, Timeline
from quanyu.platform.console.formats import (
    NOTHING,
    badge,
    column,
    in_language,
    link,
    minus,
    moment,
    moment_column,
    name_column,
    name_of,
    number,
    quantity,
    yuan,
    yuan_column,
)
from quanyu.platform.console.registry import Figure, Tile, add_tile
from quanyu.platform.console.scoped_admin import ScopedAdmin, unit_filter

VIEW = "orders.view"
# What goods cost the chain is for those who read its reports.
COST = "reports.view"
STATE_TONES = {State.PLACED: "warn", State.PAID: "info", State.COMPLETED: "good", State.CANCELLED: "plain"}
REASON_LABELS = {
    "expired": _("Not paid in time"),
    "sold_out": _("Sold out before it was paid"),
    "changed_mind": _("Changed their mind"),
    "given_up": _("Given up at the till"),
}
OPTIONAL_FIGURES = ("coupon_fen", "points_fen", "freight_fen", "refunded_fen")
DISCOUNT_LABELS = {
    "points_mall": _("Points mall"),
    "member": _("Member price"),
    "timed": _("Timed price"),
    "tier": _("Tier discount"),
    "manual": _("At the till"),
    "threshold": _("Threshold discount"),
    "nth": _("Nth piece"),
    "bundle": _("Bundle"),
    "new_customer": _("New customer"),
    "gift": _("Gift"),
    "coupon": _("Coupon"),
}
COUPON_LABELS = {
    "amount": _("Amount off"),
    "percent": _("Percentage off"),
    "gift": _("Gift"),
    "freight": _("Free delivery"),
}


def state_badge(order: Order) -> SafeString:
    """Return the order's state in its colour."""
    state = State(order.state)
    return badge(STATE_LABELS[state], STATE_TONES[state])


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
    search_fields = ("number__startswith", "source__exact")
    search_help_text = _("Order number, from its beginning")
    list_select_related = ("selling_store", "member")
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
        """Return header, line economics, discounts by bearer, and the history."""
        lines, shows_cost = list(_lines(row)), access.may(request, COST)
        discounts = list(LineDiscount.objects.filter(line__order=row).select_related("line").order_by("line__number"))
        return Page(
            title=gettext("Order %(number)s") % {"number": row.number},
            badges=[state_badge(row), badge(row.get_channel_display()), badge(row.get_delivery_display())],
            figures=_figures(row, lines, shows_cost=shows_cost),
            main=[
                line_table(row, lines, shows_cost=shows_cost),
                *right_tables(row, lines),
                discount_table(discounts),
            ],
            aside=[_header(row), _history(row)],
        )


def _lines(order: Order) -> QuerySet[Line]:
    related = ("sku", "sku__product", "location", "owner", "credited_store", "credited_staff")
    return order.lines.select_related(*related).order_by("number")


def _figures(order: Order, lines: Sequence[Line], *, shows_cost: bool) -> list[tuple[object, object]]:
    margin_fen = sum(line.net_fen - line.cost_fen for line in lines)
    figures: list[tuple[object, object]] = [
        (_("Goods"), yuan(order.goods_fen)),
        (_("Discounts"), minus(order.discount_fen)),
        *([(_("Coupons"), minus(order.coupon_fen))] if order.coupon_fen else []),
        *([(_("Points"), minus(order.points_fen))] if order.points_fen else []),
        (_("Freight"), yuan(order.freight_fen)),
        (_("Payable"), yuan(order.payable_fen)),
        (_("Paid"), yuan(order.paid_fen)),
        (_("Refunded"), minus(order.refunded_fen)),
    ]
    return [*figures, (_("Gross margin"), yuan(margin_fen))] if shows_cost else figures


def line_table(order: Order, lines: Sequence[Line], *, shows_cost: bool) -> Table:
    """Return the economics of the lines: net = list - discounts - coupons - points, and the sums are the order's.

    Coupons, points, freight and refunds have columns where an order has any.
    """
    figures: list[tuple[object, str, Callable[[int], str]]] = [
        (_("List"), "list_fen", yuan),
        (_("Discounts"), "discount_fen", minus),
        (_("Coupons"), "coupon_fen", minus),
        (_("Points"), "points_fen", minus),
        (_("Net"), "net_fen", yuan),
        (_("Freight"), "freight_fen", yuan),
        (_("Cost"), "cost_fen", yuan),
        (_("Refunded"), "refunded_fen", minus),
    ]
    sums = {field: sum(getattr(line, field) for line in lines) for _title, field, _look in figures}
    left_out = {field for field in OPTIONAL_FIGURES if not sums[field]} | (set() if shows_cost else {"cost_fen"})
    figures = [figure for figure in figures if figure[1] not in left_out]
    columns = [
        Column("#", is_number=True),
        Column(_("Item")),
        Column(_("Quantity"), is_number=True),
        *(Column(title, is_number=True) for title, _field, _look in figures),
    ]
    rows = [
        (
            line.number,
            _item(order, line),
            _quantity(line),
            *(look(getattr(line, field)) for _title, field, look in figures),
        )
        for line in lines
    ]
    foot = ("", _("Sum"), "", *(look(sums[field]) for _title, field, look in figures))
    note = " · ".join(_sums(order, net_fen=sums["net_fen"], refunded_fen=sums["refunded_fen"]))
    return Table(_("Lines"), columns, rows, foot=foot, note=note)


def _quantity(line: Line) -> SafeString:
    """Return how much at which price; in one cell, as coupons and points need the room."""
    much = quantity(line.quantity, line.quantity_scale, line.sku.product.unit_name)
    each = f"× {yuan(line.unit_price_fen)}"
    return format_html('{}<span class="qy-small">{}</span>', much, each)


def _sums(order: Order, *, net_fen: int, refunded_fen: int) -> list[str]:
    """Return how the sums of the lines make what the order says."""
    paid = {"net": yuan(net_fen), "freight": yuan(order.freight_fen), "payable": yuan(order.payable_fen)}
    sums = [gettext("Net %(net)s + freight %(freight)s = payable %(payable)s") % paid]
    if order.withheld_fen or order.freight_refunded_fen:
        back = {
            "lines": yuan(refunded_fen),
            "withheld": yuan(order.withheld_fen),
            "freight": yuan(order.freight_refunded_fen),
            "refunded": yuan(order.refunded_fen),
        }
        text = gettext("Lines %(lines)s - withheld %(withheld)s + freight %(freight)s = refunded %(refunded)s")
        sums.append(text % back)
    return sums


def right_tables(order: Order, lines: Sequence[Line]) -> list[Table]:
    """Return the coupons that the order used (those on freight and gifts take nothing off lines), and its points."""
    tables = []
    if order.coupons:
        columns = [Column(_("Coupon")), Column(_("Offer")), Column(_("Kind")), Column(_("Worth"), is_number=True)]
        rows: list[tuple[object, ...]] = [
            (one["label"], one["code"], COUPON_LABELS.get(one["kind"], one["kind"]), minus(one["amount_fen"]))
            for one in order.coupons
        ]
        tables.append(Table(_("Coupons used"), columns, rows))
    if order.points_spent:
        columns = [
            Column(_("Line"), is_number=True),
            Column(_("Item")),
            Column(_("Points spent"), is_number=True),
            Column(_("Worth"), is_number=True),
            Column(_("Points restored"), is_number=True),
        ]
        rows = [
            (
                line.number,
                in_language(line.name, line.sku.name_en),
                number(line.points_spent),
                minus(line.points_fen),
                number(line.points_restored),
            )
            for line in lines
            if line.points_spent
        ]
        foot = ("", _("Sum"), number(order.points_spent), minus(order.points_fen), number(order.points_restored))
        tables.append(Table(_("Points"), columns, rows, foot=foot))
    return tables


def _item(order: Order, line: Line) -> SafeString:
    """Return the item with what is not the rule: another place, another store's credit, an associate, a return."""
    store = order.selling_store_id
    places = [gettext("stock of %(owner)s") % {"owner": name_of(line.owner)}]
    if line.gift_of:
        places.insert(0, gettext("gift"))
    if line.location_id != store:
        places.insert(0, gettext("from %(place)s") % {"place": name_of(line.location)})
    if line.credited_store_id != store:
        places.append(gettext("credited to %(store)s") % {"store": name_of(line.credited_store)})
    if line.credited_staff is not None:
        places.append(line.credited_staff.name)
    if line.returned_quantity:
        back = quantity(line.returned_quantity, line.quantity_scale, line.sku.product.unit_name)
        places.append(gettext("returned %(quantity)s") % {"quantity": back})
    name = link("catalog_sku_change", line.sku_id, in_language(line.name, line.sku.name_en))
    about = " · ".join([line.sku.code, *places])
    return format_html('<span class="qy-item">{}<span class="qy-small">{}</span></span>', name, about)


def discount_table(discounts: Sequence[LineDiscount]) -> Table:
    """Return each discount with who bears it; the three parts make the amount."""
    columns = [
        Column(_("Line"), is_number=True),
        Column(_("Kind")),
        Column(_("Offer")),
        Column(_("Amount"), is_number=True),
        Column(_("Brand"), is_number=True),
        Column(_("Store"), is_number=True),
        Column(_("Supplier"), is_number=True),
    ]
    rows = [
        (
            discount.line.number,
            DISCOUNT_LABELS.get(discount.kind, discount.kind),
            gettext(discount.label) if discount.label else NOTHING,
            minus(discount.amount_fen),
            minus(discount.brand_fen),
            minus(discount.store_fen),
            minus(discount.supplier_fen),
        )
        for discount in discounts
    ]
    names = ("amount_fen", "brand_fen", "store_fen", "supplier_fen")
    sums = [minus(sum(getattr(discount, name) for discount in discounts)) for name in names]
    foot = ("", _("Sum"), "", *sums) if rows else ()
    return Table(_("Discounts and who bears them"), columns, rows, foot=foot, empty=_("No discounts."))


def _header(order: Order) -> Facts:
    items: list[tuple[object, object]] = [
        (_("Selling store"), link("organization_unit_change", order.selling_store_id, name_of(order.selling_store))),
        (_("Member"), link("members_member_change", order.member_id, order.member) if order.member_id else NOTHING),
        (_("Cashier"), order.staff.name if order.staff else NOTHING),
        (_("Placed at"), moment(order.placed_at)),
    ]
    optional = [
        (_("To be paid before"), moment(order.pay_before) if order.state == State.PLACED else ""),
        (_("Delivery address"), order.address_masked),
        (_("Note"), order.note),
        (_("Source"), order.source),
        (_("Reason of cancellation"), reason_text(order.cancel_reason)),
    ]
    return Facts(_("Order"), items + [(label, value) for label, value in optional if value])


def _history(order: Order) -> Timeline:
    steps = []
    for event in order.history.order_by("id"):
        label = _("Placed") if event.to_state == State.PLACED else STATE_LABELS[State(event.to_state)]
        about = " · ".join(part for part in (access.person(event.actor), reason_text(event.reason)) if part)
        tone = {"placed": "warn", "completed": "good", "paid": "good", "cancelled": "bad"}.get(event.to_state, "plain")
        steps.append(Step(moment(event.at), label, about, tone))
    return Timeline(_("History"), steps)


def reason_text(reason: str) -> str:
    """Return a reason as a person reads it; the machine's own ones are translated."""
    return str(REASON_LABELS.get(reason, reason))


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
