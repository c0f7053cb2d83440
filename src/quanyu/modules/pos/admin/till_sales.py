"""What tills sold by themselves: sales that could not be booked, and sales at another price than the server's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Min, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.catalog import api as catalog
from quanyu.modules.identity import api as identity
from quanyu.modules.pos import api
from quanyu.modules.pos.models import TillSale
from quanyu.platform.console.access import Units
from quanyu.platform.console.content import Card, Column, Facts, Page, Table
from quanyu.platform.console.deeds import Call, Deed, Done, refusal_text
from quanyu.platform.console.formats import (
    NOTHING,
    badge,
    column,
    in_language,
    link,
    moment,
    moment_column,
    name_of,
    number,
    yuan,
    yuan_column,
)
from quanyu.platform.console.forms import DeedForm
from quanyu.platform.console.registry import Figure, Tile, add_tile, waiting
from quanyu.platform.console.scoped_admin import ScopedAdmin, unit_filter

VIEW, SELL, DISCOUNT = "pos.view", "pos.sell", "pos.discount"
TENDERS = {"cash": _("Cash"), "card": _("Bank card")}
KEPT, UNLOOKED, SHORT = "kept", "price", "short"
# What keeps a sale, in words; the till shows the server's whole answer.
REASONS = {
    "inventory.stock_short": _("Not enough stock"),
    "pos.shift_not_open": _("The till has no open shift"),
    "checkout.sku_unknown": _("Goods that are not sold here"),
    "pos.key_reused": _("Its number stands for another sale"),
}


# Why somebody at a till takes something off (rules/discounts.py).
DISCOUNT_REASONS = {
    "damaged": _("Damaged or imperfect"),
    "expiring": _("About to expire"),
    "shelf_price": _("Price on the shelf"),
    "regular": _("Regular customer"),
    "goodwill": _("Goodwill"),
    "other": _("Other reason"),
}


def is_kept(row: TillSale) -> bool:
    """Tell whether the sale is not booked yet."""
    return row.state == KEPT


def needs_look(row: TillSale) -> bool:
    """Tell whether nobody has looked yet at a price that is not the server's, or at goods beyond the books."""
    return row.state == "booked" and (row.gap_fen != 0 or row.is_short) and row.looked_at is None


def state_badge(row: TillSale) -> SafeString:
    """Return what became of the sale, and whether somebody is needed."""
    if is_kept(row):
        return badge(_("Not booked"), "bad")
    if needs_look(row):
        return badge(_("Booked, shelf to count") if row.is_short else _("Booked, price to look at"), "warn")
    return badge(_("Booked, looked at") if row.looked_at else _("Booked"), "good")


def gap_text(row: TillSale) -> str:
    """Return how much more or less was paid than by the server's prices."""
    if row.gap_fen is None:
        return NOTHING if is_kept(row) else gettext("unknown")
    if row.gap_fen == 0:
        return gettext("none")
    text = gettext("%(amount)s more") if row.gap_fen > 0 else gettext("%(amount)s less")
    return text % {"amount": yuan(abs(row.gap_fen))}


def reason_text(row: TillSale) -> str:
    """Return why a sale is not booked: in words where it is a common one, else its code."""
    return str(REASONS.get(row.problem, row.problem)) if row.problem else NOTHING


class LookForm(DeedForm):
    """Asks what was found."""

    note = forms.CharField(label=_("What was found"), min_length=2, max_length=200)


def _try_again(call: Call) -> Done:
    taken, problem = api.try_again(sale_id=call.subject.pk, actor=call.actor, now=call.now)
    if problem is not None:
        return Done(gettext("Still not booked: %(why)s") % {"why": refusal_text(problem)})
    return Done(gettext("Booked as order %(number)s.") % {"number": taken.number})


def _look(call: Call) -> Done:
    api.look_at(sale_id=call.subject.pk, note=call.values["note"], actor=call.actor, now=call.now)
    return Done(gettext("Noted; it waits for nobody any more."))


def _facts(row: TillSale) -> list[tuple[object, object]]:
    return [
        (_("Till"), f"{name_of(row.terminal.store)} · {row.terminal.code}"),
        (_("Number"), number(row.seq)),
        (_("Paid"), yuan(row.payable_fen)),
        (_("Against the server's price"), gap_text(row)),
        *([(_("Not booked because"), reason_text(row))] if row.problem else []),
    ]


class NeedFilter(admin.SimpleListFilter):
    """Sales that somebody has to do something about."""

    title = _("what it waits for")
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        return [
            ("any", _("Somebody")),
            (KEPT, _("To be booked")),
            (UNLOOKED, _("A look at its price")),
            (SHORT, _("A count of the shelf")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[TillSale]) -> QuerySet[TillSale]:
        """Return the rows that fit."""
        wanted = {
            "any": _kept() | _unlooked(),
            KEPT: _kept(),
            UNLOOKED: _unlooked() & ~Q(gap_fen=0),
            SHORT: _unlooked() & Q(is_short=True),
        }.get(str(self.value()))
        return queryset if wanted is None else queryset.filter(wanted)


def _kept() -> Q:
    return Q(state=KEPT)


def _unlooked() -> Q:
    return Q(state="booked", looked_at=None) & (~Q(gap_fen=0) | Q(is_short=True))


@admin.register(TillSale)
class TillSaleAdmin(ScopedAdmin[TillSale]):
    """Sales that tills made by themselves, with or without a connection."""

    view_permission = VIEW
    unit_lookups = ("terminal__store_id",)
    list_display = ("sold", "at_store", "till", "numbered", "paid", "gap", "state_shown", "why", "received")
    list_filter = (NeedFilter, "state", unit_filter("terminal__store", kind="store"))
    search_fields = ("number__startswith",)
    search_help_text = _("Order number, from its beginning")
    list_select_related = ("terminal__store",)
    ordering = ("-received_at", "-id")
    list_note = _("What was paid stands. Who works here books what waits, or looks at a price the server has not.")
    deeds = (
        Deed(
            "try_again",
            _("Try again"),
            SELL,
            _try_again,
            icon="refresh",
            tone="primary",
            text=_("Once the goods are counted or the shift is open, it becomes an order at the prices paid."),
            when=is_kept,
            facts=_facts,
        ),
        Deed(
            "look",
            _("Looked at"),
            DISCOUNT,
            _look,
            LookForm,
            "visibility",
            "primary",
            text=_("The order stays as it was paid; what you write goes to the audit trail."),
            when=needs_look,
            facts=_facts,
        ),
    )

    sold = moment_column("sold_at", _("Sold at"))
    at_store = column(_("Store"), lambda row: name_of(row.terminal.store))
    till = column(_("Till"), lambda row: row.terminal.code)
    numbered = column(_("Number"), lambda row: number(row.seq), numeric=True)
    paid = yuan_column("payable_fen", _("Paid"))
    gap = column(_("Against the server's price"), gap_text, numeric=True)
    state_shown = column(_("State"), state_badge, order="state")
    why = column(_("Not booked because"), reason_text)
    received = moment_column("received_at", _("Received at"))

    def name_of_row(self, row: TillSale) -> str:
        """Return till, number and amount."""
        return f"{row.terminal.code} · {row.seq} · {yuan(row.payable_fen)}"

    def page(self, request: HttpRequest, row: TillSale) -> Page:
        """Return the sale as the till said it, and what became of it."""
        seller = identity.staff(ids=[row.staff_id]).get(row.staff_id)
        facts: list[tuple[object, object]] = [
            *_facts(row),
            (_("Order"), link("orders_order_change", row.pk, row.number) if row.number else NOTHING),
            (_("Sold by"), seller.name if seller else NOTHING),
            (_("Sold at"), moment(row.sold_at)),
            (_("Received at"), moment(row.received_at)),
            (_("Looked at by"), row.looked_by.name if row.looked_by else NOTHING),
            (_("Looked at"), moment(row.looked_at)),
            (_("What was found"), row.look_note or NOTHING),
        ]
        main: list[Card] = [Facts("", facts), _lines(row), *([_beyond(row)] if row.is_short else []), _paid(row)]
        return Page(title=self.name_of_row(row), badges=[state_badge(row)], main=main)


def _lines(row: TillSale) -> Table:
    said = row.content.get("lines", [])
    known = catalog.skus(ids=[line["sku_id"] for line in said])
    rows = []
    for line in said:
        sku = known.get(line["sku_id"])
        name: object = in_language(sku.name, sku.name_en) if sku else line["sku_id"]
        rows.append((name, number(line["quantity"]), yuan(line["unit_price_fen"]), _hand(line), yuan(line["net_fen"])))
    columns = [
        Column(_("Product")),
        Column(_("Quantity"), is_number=True),
        Column(_("Unit price"), is_number=True),
        Column(_("Discount by hand")),
        Column(_("Paid"), is_number=True),
    ]
    foot = (_("Sum"), "", "", "", yuan(row.payable_fen))
    return Table(_("Goods"), columns, rows, foot=foot, empty=NOTHING)


def _beyond(row: TillSale) -> Table:
    """Return what made the sale bookable: the orders whose goods these were, and units that no book had."""
    found = list(row.shortages.select_related("order").order_by("id"))
    known = catalog.skus(ids=[one.sku_id for one in found])
    rows = []
    for one in found:
        sku = known[one.sku_id]
        if one.order is None:
            done: object = gettext("Booked as a shortage: count the shelf")
        elif one.order.state == "cancelled":
            done = link(
                "orders_order_change", one.order.pk, gettext("Given up: %(number)s") % {"number": one.order.number}
            )
        else:
            done = link(
                "orders_order_change", one.order.pk, gettext("Stands: %(number)s") % {"number": one.order.number}
            )
        rows.append((in_language(sku.name, sku.name_en), number(one.quantity), done))
    columns = [Column(_("Product")), Column(_("Quantity"), is_number=True), Column(_("What became of it"))]
    return Table(_("Sold beyond the books"), columns, rows, empty=NOTHING)


def _hand(line: dict[str, Any]) -> str:
    """Return what the cashier took off the line, and why."""
    fen = line.get("discount_fen", 0)
    if not fen:
        return NOTHING
    reason = line.get("discount_reason", "other")
    return f"{yuan(fen)} · {DISCOUNT_REASONS.get(reason, reason)}"


def _paid(row: TillSale) -> Table:
    rows = [
        (TENDERS.get(one["tender"], one["tender"]), one.get("reference") or NOTHING, yuan(one["amount_fen"]))
        for one in row.content.get("tenders", [])
    ]
    columns = [Column(_("Tender")), Column(_("Reference")), Column(_("Amount"), is_number=True)]
    return Table(_("Paid"), columns, rows, empty=_("Nothing was paid."))


def _waiting(units: Units, now: datetime) -> Figure:
    rows = TillSale.objects.all()
    if units is not None:
        rows = rows.filter(terminal__store_id__in=units)
    found = rows.filter(_kept() | _unlooked()).aggregate(
        kept=Count("pk", filter=_kept()), unlooked=Count("pk", filter=_unlooked()), oldest=Min("received_at")
    )
    parts = ((_("Not booked"), number(found["kept"])), (_("To look at"), number(found["unlooked"])))
    tone = "bad" if found["kept"] else "warn"
    return waiting(found["kept"] + found["unlooked"], found["oldest"], parts=parts, tone=tone)


add_tile(
    Tile(
        "till_sales",
        _("Sales made by tills"),
        "cloud_off",
        VIEW,
        _waiting,
        lambda _now: f"{reverse('admin:pos_tillsale_changelist')}?waits=any",
        86,
        is_todo=True,
    )
)
