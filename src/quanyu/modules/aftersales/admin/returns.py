"""Console screens of returns, and the return of lines offered on the page of an order."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.ids import uuid7
from quanyu.modules.aftersales import api
from quanyu.modules.aftersales.contracts import ReturnCommand, ReturnedLine, ReturnResult
from quanyu.modules.aftersales.models import REASON_LABELS, RESTOCK_LABELS, Return
from quanyu.modules.identity.contracts import SecondPersonNeeded
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import State
from quanyu.platform.console import access
from quanyu.platform.console.content import Card, Column, Facts, Page, Table
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.formats import (
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
from quanyu.platform.console.forms import DeedForm, QuantityField
from quanyu.platform.console.registry import hang_cards, hang_deed
from quanyu.platform.console.scoped_admin import ScopedAdmin, unit_filter

PLACE = "orders.order"
# Requests for a second person of this kind are ours.
KIND = "aftersales.return"
# Reasons that faces send for the customer; what a person wrote is shown as it is.
_REASON_LABELS = REASON_LABELS


class ReturnForm(DeedForm):
    """Asks per line how much comes back and what becomes of it, and why."""

    is_grid = True

    def prepare(self) -> None:
        """Make the fields of each line that something can still come back of."""
        # The id is made with the form, so that sending it twice is one return.
        self.fields["return_id"] = forms.UUIDField(initial=uuid7, widget=forms.HiddenInput)
        for line in self.returnable():
            left = line.quantity - line.returned_quantity
            shown = quantity(left, line.quantity_scale, line.sku.product.unit_name)
            name = in_language(line.name, line.sku.name_en)
            field = QuantityField(
                label=f"{line.number}. {name}", required=False, help_text=gettext("At most %(left)s") % {"left": shown}
            )
            field.scale = line.quantity_scale
            self.fields[f"quantity_{line.number}"] = field
            self.fields[f"restock_{line.number}"] = forms.ChoiceField(
                label=_("What becomes of the goods"), choices=list(RESTOCK_LABELS.items())
            )
        self.fields["reason"] = forms.CharField(label=_("Reason"), min_length=2, max_length=40)
        self.fields["note"] = forms.CharField(label=_("Note"), max_length=200, required=False)

    def returnable(self) -> list[Any]:
        """Return the lines of which something was not returned yet."""
        lines = self.subject.lines.select_related("sku__product").order_by("number")
        return [line for line in lines if line.returned_quantity < line.quantity]


class WholeForm(DeedForm):
    """Asks what becomes of the goods, and why everything comes back."""

    restock = forms.ChoiceField(label=_("What becomes of the goods"), choices=list(RESTOCK_LABELS.items()))
    reason = forms.CharField(label=_("Reason"), min_length=2, max_length=40)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def prepare(self) -> None:
        """Make the id with the form, so that sending it twice is one return."""
        self.fields["return_id"] = forms.UUIDField(initial=uuid7, widget=forms.HiddenInput)


def _return(call: Call) -> Done:
    numbers = [name.removeprefix("quantity_") for name in call.values if name.startswith("quantity_")]
    lines = tuple(
        ReturnedLine(int(line), call.values[f"quantity_{line}"], call.values[f"restock_{line}"])
        for line in numbers
        if call.values[f"quantity_{line}"]
    )
    command = ReturnCommand(
        id=call.values["return_id"],
        order_id=call.subject.pk,
        lines=lines,
        reason=call.values["reason"],
        location_id=call.subject.selling_store_id,
        note=call.values["note"],
    )
    return _booked(call, command)


def _refund_whole(call: Call) -> Done:
    command = api.whole_order(
        order_id=call.subject.pk,
        return_id=call.values["return_id"],
        restock=call.values["restock"],
        reason=call.values["reason"],
        note=call.values["note"],
    )
    return _booked(call, command)


def _booked(call: Call, command: ReturnCommand) -> Done:
    try:
        done = api.return_lines(command=command, actor=call.actor, now=call.now)
    except SecondPersonNeeded as waits:
        seen = access.may(call.request, "approvals.view")
        address = reverse("admin:identity_approval_change", args=[waits.params["approval_id"]]) if seen else ""
        return Done(gettext("%(title)s Nothing has moved yet.") % {"title": gettext(waits.title)}, go_to=address)
    shown = {"number": done.number, "amount": yuan(done.amount_fen)}
    told = [gettext("Return %(number)s is booked: %(amount)s goes back.") % shown]
    told += [f"{label}: {value}." for label, value in _rights(done)]
    return Done(" ".join(told))


def whole_facts(order: Any) -> list[tuple[object, object]]:
    """Return what a refund of all that is left would bring, to the fen and the point."""
    command = api.whole_order(order_id=order.pk, return_id=uuid7(), restock="sellable", reason="-", note="")
    shown = api.preview(command=command)
    return [
        (_("Goes back"), yuan(shown.amount_fen)),
        (_("Of it freight"), yuan(shown.freight_fen)),
        (_("Points restored"), number(shown.points_restored)),
        (_("Coupons returned"), number(shown.coupons_returned)),
    ]


def approval_cards(approval: Any) -> list[Card]:
    """Return the lines that a request for a second person is about."""
    if approval.kind != KIND:
        return []
    command = api.command_of(approval=approval)
    wanted = {line.line_number: line for line in command.lines}
    lines = [line for line in orders.order(id=command.order_id).lines if line.number in wanted]
    columns = [
        Column(_("Line"), is_number=True),
        Column(_("Item")),
        Column(_("Quantity"), is_number=True),
        Column(_("Net"), is_number=True),
        Column(_("What becomes of the goods")),
    ]
    rows = [
        (
            line.number,
            line.name,
            quantity(wanted[line.number].quantity, line.quantity_scale),
            yuan(line.net_fen),
            RESTOCK_LABELS[wanted[line.number].restock],
        )
        for line in lines
    ]
    return [Table(_("Lines to come back"), columns, rows, note=command.note)]


hang_cards("identity.approval", approval_cards)


def _rights(one: ReturnResult | Return) -> list[tuple[str, object]]:
    """Return what a return did beside the money of its lines; nothing for most returns."""
    withheld_fen = one.withheld_fen
    facts = [
        (gettext("Withheld for lost discounts"), withheld_fen and minus(withheld_fen)),
        (gettext("Freight refunded"), one.freight_fen and yuan(one.freight_fen)),
        (gettext("Points restored"), one.points_restored and number(one.points_restored)),
        (gettext("Earned points taken back"), one.points_taken_back and number(one.points_taken_back)),
        (gettext("Coupons returned"), one.coupons_returned and number(one.coupons_returned)),
    ]
    return [(label, value) for label, value in facts if value]


def _something_left(order: Any) -> bool:
    """Tell whether goods of the order (a row of the order book) are still with the customer."""
    # Several deeds of one page ask, so the row remembers.
    if not hasattr(order, "something_left"):
        order.something_left = order.lines.filter(returned_quantity__lt=F("quantity")).exists()
    return bool(order.something_left)


hang_deed(
    PLACE,
    Deed(
        "refund-whole",
        _("Refund the whole order"),
        "aftersales.return",
        _refund_whole,
        form=WholeForm,
        icon="currency_exchange",
        text=_("Everything that is still with the customer comes back; the money goes back the way it came."),
        facts=whole_facts,
        when=lambda order: order.state == State.COMPLETED and _something_left(order),
    ),
)
hang_deed(
    PLACE,
    Deed(
        "return",
        _("Take goods back"),
        "aftersales.return",
        _return,
        form=ReturnForm,
        icon="assignment_return",
        text=_("Leave lines empty that do not come back. The refund follows from what each line cost, to the fen."),
        # Not by the money: goods that points paid, or a gift, may be all that is left to come back.
        when=lambda order: order.state == State.COMPLETED and _something_left(order),
    ),
)


@admin.register(Return)
class ReturnAdmin(ScopedAdmin[Return]):
    """Returns of all channels."""

    view_permission = "aftersales.view"
    unit_lookups = ("location_id",)
    list_display = ("number", "order_number", "received_at", "why", "amount", "by", "made")
    list_filter = (unit_filter("location", kind="store"), ("created_at", admin.DateFieldListFilter))
    link_lookups = ("order__channel__exact",)
    search_fields = ("number__startswith", "order__number__startswith")
    search_help_text = _("Return or order number, from its beginning")
    list_select_related = ("order", "location")
    ordering = ("-created_at", "-id")

    order_number = column(_("Order"), lambda row: row.order.number)
    received_at = name_column("location", _("Returned to"))
    why = column(_("Reason"), lambda row: _REASON_LABELS.get(row.reason, row.reason), order="reason")
    amount = yuan_column("amount_fen", _("Refund"))
    by = column(_("By"), lambda row: access.person(row.actor))
    made = moment_column("created_at", _("Created at"))

    def page(self, request: HttpRequest, row: Return) -> Page:
        """Return what came back, line by line."""
        lines = row.lines.select_related("order_line__sku__product").order_by("order_line__number")
        columns = [
            Column(_("Line"), is_number=True),
            Column(_("Item")),
            Column(_("Quantity"), is_number=True),
            Column(_("Refund"), is_number=True),
            Column(_("What becomes of the goods")),
        ]
        rows = [
            (
                line.order_line.number,
                in_language(line.order_line.name, line.order_line.sku.name_en),
                quantity(line.quantity, line.order_line.quantity_scale, line.order_line.sku.product.unit_name),
                yuan(line.amount_fen),
                line.get_restock_display(),
            )
            for line in lines
        ]
        facts: list[tuple[object, object]] = [
            (_("Order"), link("orders_order_change", row.order_id, row.order.number)),
            (_("Returned to"), name_of(row.location)),
            (_("Reason"), _REASON_LABELS.get(row.reason, row.reason)),
            (_("Note"), row.note or "–"),
            (_("By"), access.person(row.actor)),
            (_("Created at"), moment(row.created_at)),
            *_rights(row),
        ]
        lines_fen = sum(line.amount_fen for line in lines)
        sums = {
            "lines": yuan(lines_fen),
            "withheld": yuan(row.withheld_fen),
            "freight": yuan(row.freight_fen),
            "refund": yuan(row.amount_fen),
        }
        text = gettext("Lines %(lines)s - withheld %(withheld)s + freight %(freight)s = refund %(refund)s") % sums
        note = text if row.withheld_fen or row.freight_fen else ""
        foot = ("", _("Sum"), "", yuan(lines_fen), "")
        table = Table(_("Returned lines"), columns, rows, foot=foot, note=note)
        title = gettext("Return %(number)s") % {"number": row.number}
        return Page(title=title, main=[table, *_withheld_table(row)], aside=[Facts(_("Return"), facts)])


def _withheld_table(row: Return) -> list[Table]:
    """Return which offers the kept goods do not reach any more, where there are any."""
    withheld = list(row.withheld.order_by("id"))
    columns = [
        Column(_("Offer")),
        Column(_("From an amount of"), is_number=True),
        Column(_("Goods kept"), is_number=True),
        Column(_("Withheld"), is_number=True),
    ]
    rows = [(one.label, yuan(one.threshold_fen), yuan(one.kept_fen), yuan(one.amount_fen)) for one in withheld]
    foot = (_("Sum"), "", "", yuan(row.withheld_fen))
    return [Table(_("Discounts lost by the return"), columns, rows, foot=foot)] if withheld else []
