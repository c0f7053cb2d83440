"""The money of an order: a table whose rows add up to the order, every discount with who bears it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.orders.admin import served
from quanyu.modules.orders.admin.labels import COUPON_LABELS, DISCOUNT_LABELS
from quanyu.modules.orders.contracts import Delivery
from quanyu.modules.orders.models import Line, LineDiscount, Order
from quanyu.platform.console.content import Block, Column, Table
from quanyu.platform.console.formats import in_language, link, minus, name_of, number, quantity, yuan

_COLUMNS: tuple[tuple[Any, str, Callable[[int], str]], ...] = (
    (_("List"), "list_fen", yuan),
    (_("Discounts"), "discount_fen", minus),
    (_("Coupons"), "coupon_fen", minus),
    (_("Points"), "points_fen", minus),
    (_("Net"), "net_fen", yuan),
    (_("Freight"), "freight_fen", yuan),
    (_("Refunded"), "refunded_fen", minus),
    (_("Cost"), "cost_fen", yuan),
    (_("Margin"), "margin_fen", yuan),
)
_OPTIONAL = frozenset({"coupon_fen", "points_fen", "freight_fen", "refunded_fen"})
_COSTS = frozenset({"cost_fen", "margin_fen"})
_BEARERS = ((_("Brand"), "brand_fen"), (_("Store"), "store_fen"), (_("Supplier"), "supplier_fen"))
_SENT = frozenset({Delivery.EXPRESS, Delivery.INSTANT})
# What of the order each column must come to; the rest is told by the lines alone.
_OF_ORDER = {
    "list_fen": "goods_fen",
    "discount_fen": "discount_fen",
    "coupon_fen": "coupon_fen",
    "points_fen": "points_fen",
    "freight_fen": "freight_fen",
}


@dataclass(frozen=True, slots=True)
class Sub:
    """One discount of a line, shown below it: what, whose offer, how much, and who bears it."""

    kind: str
    offer: str
    amount: str
    column: str
    bearers: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: its cells by column, and the discounts that open below it."""

    number: int
    item: SafeString
    quantity: SafeString
    cells: list[str]
    subs: list[Sub]


def lines_of(order: Order) -> QuerySet[Line]:
    """Return the lines with all that a row names. One query, and one for those whom several served for."""
    related = ("sku", "sku__product", "location", "owner", "credited_store", "credited_staff")
    return order.lines.select_related(*related).prefetch_related("shares__staff").order_by("number")


def discounts_of(order: Order) -> dict[int, list[LineDiscount]]:
    """Return the discounts by the number of their line. One query."""
    found: dict[int, list[LineDiscount]] = defaultdict(list)
    for row in LineDiscount.objects.filter(line__order=order).select_related("line").order_by("line__number", "id"):
        found[row.line.number].append(row)
    return found


def figures(order: Order, lines: Sequence[Line], *, shows_cost: bool) -> list[tuple[object, object]]:
    """Return the sums of the order as figures, those that it has; freight is told of what is sent, even if free."""
    margin_fen = sum(line.net_fen - line.cost_fen for line in lines)
    found: list[tuple[object, object]] = [
        (_("Goods"), yuan(order.goods_fen)),
        (_("Discounts"), minus(order.discount_fen)),
        *([(_("Coupons"), minus(order.coupon_fen))] if order.coupon_fen else []),
        *([(_("Points"), minus(order.points_fen))] if order.points_fen else []),
        *([(_("Freight"), yuan(order.freight_fen))] if order.freight_fen or order.delivery in _SENT else []),
        (_("Payable"), yuan(order.payable_fen)),
        (_("Paid"), yuan(order.paid_fen)),
        *([(_("Refunded"), minus(order.refunded_fen))] if order.refunded_fen else []),
    ]
    return [*found, (_("Gross margin"), yuan(margin_fen))] if shows_cost else found


def economics(
    order: Order, lines: Sequence[Line], discounts: dict[int, list[LineDiscount]], *, shows_cost: bool
) -> Block:
    """Return the table: net = list - discounts - coupons - points, and the sums of the rows are the order's.

    Coupons, points, freight and refunds have columns where an order has any; cost and margin for who reads reports.
    """
    sums = {field: sum(_fen(line, field) for line in lines) for _title, field, _look in _COLUMNS}
    left_out = {field for field in _OPTIONAL if not sums[field]} | (set() if shows_cost else _COSTS)
    columns = [one for one in _COLUMNS if one[1] not in left_out]
    rows = [
        Row(
            number=line.number,
            item=_item(order, line),
            quantity=_quantity(line),
            cells=[look(_fen(line, field)) for _title, field, look in columns],
            subs=[_sub(one) for one in discounts.get(line.number, ())],
        )
        for line in lines
    ]
    content = {
        "columns": [title for title, _field, _look in columns],
        "width": 3 + len(columns),
        "rows": rows,
        "sums": [look(sums[field]) for _title, field, look in columns],
        "adds_up": all(sums[field] == getattr(order, name) for field, name in _OF_ORDER.items())
        and sums["net_fen"] + sums["freight_fen"] == order.payable_fen,
        "notes": _sums(order, net_fen=sums["net_fen"], refunded_fen=sums["refunded_fen"]),
        "bearers": _borne([one for found in discounts.values() for one in found]),
    }
    return Block(_("Lines"), "orders/economics.html", content)


def _fen(line: Line, field: str) -> int:
    return line.net_fen - line.cost_fen if field == "margin_fen" else int(getattr(line, field))


def _sub(one: LineDiscount) -> Sub:
    return Sub(
        kind=str(DISCOUNT_LABELS.get(one.kind, one.kind)),
        offer=gettext(one.label) if one.label else "",
        amount=minus(one.amount_fen),
        column=str(_("Coupons") if one.kind == "coupon" else _("Discounts")),
        bearers=" · ".join(
            f"{who} {minus(fen)}"
            for who, fen in (
                (_("Brand"), one.brand_fen),
                (_("Store"), one.store_fen),
                (_("Supplier"), one.supplier_fen),
            )
            if fen
        ),
    )


def _borne(discounts: Sequence[LineDiscount]) -> list[tuple[object, str]]:
    """Return who bears how much of all discounts and coupons; nothing when there are none."""
    if not discounts:
        return []
    borne = [(who, sum(getattr(one, field) for one in discounts)) for who, field in _BEARERS]
    return [(who, minus(fen)) for who, fen in borne]


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
    places.extend(served.by_line(line))
    if line.returned_quantity:
        back = quantity(line.returned_quantity, line.quantity_scale, line.sku.product.unit_name)
        places.append(gettext("returned %(quantity)s") % {"quantity": back})
    name = link("catalog_sku_change", line.sku_id, in_language(line.name, line.sku.name_en))
    about = " · ".join([line.sku.code, *places])
    return format_html('<span class="qy-item">{}<span class="qy-small">{}</span></span>', name, about)
