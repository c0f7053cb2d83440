"""Console screens of returns, and the return of lines offered on the page of an order."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.ids import uuid7
from quanyu.modules.aftersales import api
from quanyu.modules.aftersales.contracts import ReturnCommand, ReturnedLine
from quanyu.modules.aftersales.models import RESTOCK_LABELS, Return
from quanyu.modules.orders.contracts import State
from quanyu.platform.console import access
from quanyu.platform.console.content import Column, Facts, Page, Table
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.formats import (
    column,
    in_language,
    link,
    moment,
    moment_column,
    name_column,
    name_of,
    quantity,
    yuan,
    yuan_column,
)
from quanyu.platform.console.forms import DeedForm, QuantityField
from quanyu.platform.console.registry import hang_deed
from quanyu.platform.console.scoped_admin import ScopedAdmin, unit_filter


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
    done = api.return_lines(command=command, actor=call.actor, now=call.now)
    shown = {"number": done.number, "amount": yuan(done.amount_fen)}
    return Done(gettext("Return %(number)s is booked: %(amount)s goes back.") % shown)


hang_deed(
    "orders.order",
    Deed(
        "return",
        _("Take goods back"),
        "aftersales.return",
        _return,
        form=ReturnForm,
        icon="assignment_return",
        text=_("Leave lines empty that do not come back. The refund follows from what each line cost, to the fen."),
        when=lambda order: order.state == State.COMPLETED and order.refunded_fen < order.paid_fen,
    ),
)


@admin.register(Return)
class ReturnAdmin(ScopedAdmin[Return]):
    """Returns of all channels."""

    view_permission = "aftersales.view"
    unit_lookups = ("location_id",)
    list_display = ("number", "order_number", "received_at", "reason", "amount", "by", "made")
    list_filter = (unit_filter("location", kind="store"), ("created_at", admin.DateFieldListFilter))
    search_fields = ("number__startswith", "order__number__startswith")
    search_help_text = _("Return or order number, from its beginning")
    list_select_related = ("order", "location")
    ordering = ("-created_at", "-id")

    order_number = column(_("Order"), lambda row: row.order.number)
    received_at = name_column("location", _("Returned to"))
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
            (_("Reason"), row.reason),
            (_("Note"), row.note or "–"),
            (_("By"), access.person(row.actor)),
            (_("Created at"), moment(row.created_at)),
        ]
        foot = ("", _("Sum"), "", yuan(row.amount_fen), "")
        table = Table(_("Returned lines"), columns, rows, foot=foot)
        title = gettext("Return %(number)s") % {"number": row.number}
        return Page(title=title, main=[table], aside=[Facts(_("Return"), facts)])
