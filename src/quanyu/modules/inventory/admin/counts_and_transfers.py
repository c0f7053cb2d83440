"""What else can be done with a stock row: enter a count, send goods to another location, book what arrived."""

from __future__ import annotations

import secrets

from django import forms
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.ids import uuid7
from quanyu.modules.identity import api as identity
from quanyu.modules.inventory import api
from quanyu.modules.inventory.admin import addresses
from quanyu.modules.inventory.admin.sheet_rows import name_of_unit
from quanyu.modules.inventory.contracts import Arrival, Figure, Goods, MovementKind, Transfer, TransferLine
from quanyu.modules.inventory.models import Stock
from quanyu.modules.organization import api as organization
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.formats import quantity
from quanyu.platform.console.forms import DeedForm, QuantityField, unit_choices

CAUSE = "console"


def count_as(form: DeedForm, name: str) -> QuantityField:
    """Let a field of a form count as the SKU of its row is counted."""
    field = form.fields[name]
    assert isinstance(field, QuantityField)
    field.scale = form.subject.sku.quantity_scale
    field.help_text = gettext("In %(unit)s") % {
        "unit": gettext("kg") if field.scale != 1 else form.subject.sku.product.unit_name
    }
    return field


class CountForm(DeedForm):
    """Asks how many were counted. What the books said when the form was opened goes along: a sale after it counts."""

    cause_id = forms.CharField(widget=forms.HiddenInput)
    seen = forms.IntegerField(widget=forms.HiddenInput)
    counted = QuantityField(label=_("Counted"))
    reason = forms.CharField(label=_("Reason"), min_length=2, max_length=200)

    def prepare(self) -> None:
        """Say what the books say."""
        self.fields["cause_id"].initial = str(uuid7())
        self.fields["seen"].initial = self.subject.on_hand
        self.fields["reason"].initial = gettext("Stocktaking")
        field = count_as(self, "counted")
        sku = self.subject.sku
        field.help_text = gettext("The books say %(quantity)s") % {
            "quantity": quantity(self.subject.on_hand, sku.quantity_scale, sku.product.unit_name)
        }


class SendForm(DeedForm):
    """Asks where goods are sent; the number of the transfer is written on the parcel."""

    number = forms.CharField(label=_("Number of the transfer"), max_length=60)
    to = forms.ChoiceField(label=_("Where to"))
    quantity = QuantityField(label=_("Quantity"))

    def prepare(self) -> None:
        """Offer the other locations."""
        count_as(self, "quantity")
        self.fields["number"].initial = f"T{timezone.localdate():%y%m%d}-{secrets.token_hex(3).upper()}"
        places = [
            place.unit for place in organization.locations().values() if place.unit.id != self.subject.location_id
        ]
        self.fields["to"].choices = unit_choices(places)  # type: ignore[attr-defined]


class ArriveForm(DeedForm):
    """Asks which line of a transfer arrived, and how much of it."""

    line = forms.ChoiceField(label=_("Transfer"))
    arrived = QuantityField(
        label=_("Arrived"),
        required=False,
        help_text=_("Leave empty when all of it arrived; what is missing is booked."),
    )

    def prepare(self) -> None:
        """Offer the lines on their way to this row."""
        count_as(self, "arrived")
        self.fields["arrived"].help_text = _("Leave empty when all of it arrived; what is missing is booked.")
        sku = self.subject.sku
        self.coming = coming_to(self.subject)
        self.fields["line"].choices = [  # type: ignore[attr-defined]
            (key, f"{told.id} · {quantity(line.underway, sku.quantity_scale, sku.product.unit_name)}")
            for key, (told, line) in self.coming.items()
        ]


class ArriveAllForm(DeedForm):
    """Asks which transfer arrived as it was sent."""

    transfer = forms.ChoiceField(label=_("Transfer"), help_text=_("All that is still on its way is booked as arrived."))

    def prepare(self) -> None:
        """Offer the transfers on their way to places within reach."""
        reach = identity.visible_unit_ids(actor=self.actor, permission=api.TRANSFER)
        found = api.transfers(units=reach, only_open=True, limit=200)
        within = [told for told in found if reach is None or told.to_location_id in reach]
        places = organization.units(ids={told.to_location_id for told in within})
        self.coming = {told.id: told for told in within}
        self.fields["transfer"].choices = [  # type: ignore[attr-defined]
            (told.id, " · ".join((told.id, name_of_unit(places, told.to_location_id), _goods(told)))) for told in within
        ]


def coming_to(stock: Stock) -> dict[str, tuple[Transfer, TransferLine]]:
    """Return the lines of transfers that are on their way to a row."""
    found = api.transfers(
        units=None, only_open=True, sku_id=stock.sku_id, to_location_id=stock.location_id, limit=200, with_lines=True
    )
    return {
        f"{told.id}|{line.line}": (told, line)
        for told in found
        for line in told.lines
        if line.underway and (line.sku_id, line.owner_id) == (stock.sku_id, stock.owner_id)
    }


def _goods(told: Transfer) -> str:
    return ngettext("%(count)s line", "%(count)s lines", told.line_count) % {"count": told.line_count}


def _count(call: Call) -> Done:
    stock: Stock = call.subject
    values = call.values
    difference = values["counted"] - values["seen"]
    back = addresses.why(stock, Figure.ON_HAND)
    if not difference:
        return Done(gettext("The count agrees with the books."), go_to=back)
    api.adjust(
        location_id=stock.location_id,
        owner_id=stock.owner_id,
        lines=[Goods(stock.sku_id, abs(difference))],
        cause_kind=CAUSE,
        cause_id=values["cause_id"],
        reason=values["reason"],
        kind=MovementKind.COUNT_GAIN if difference > 0 else MovementKind.COUNT_LOSS,
        actor=call.actor,
        now=call.now,
    )
    return Done(gettext("The count is booked."), go_to=back)


def _send(call: Call) -> Done:
    stock: Stock = call.subject
    values = call.values
    api.transfer_out(
        transfer_id=values["number"],
        from_location_id=stock.location_id,
        to_location_id=int(values["to"]),
        owner_id=stock.owner_id,
        lines=[Goods(stock.sku_id, values["quantity"])],
        actor=call.actor,
        now=call.now,
    )
    return Done(gettext("The goods are on their way."), go_to=addresses.transfers(transfer=values["number"]))


def _arrive(call: Call) -> Done:
    stock: Stock = call.subject
    number, _bar, line = call.values["line"].rpartition("|")
    arrived = call.values["arrived"]
    if arrived is None:
        arrived = coming_to(stock)[call.values["line"]][1].sent
    api.transfer_in(
        transfer_id=number,
        to_location_id=stock.location_id,
        arrivals=[Arrival(line, arrived)],
        actor=call.actor,
        now=call.now,
    )
    return Done(gettext("The arrival is booked."), go_to=addresses.transfers(transfer=number))


def _arrive_all(call: Call) -> Done:
    (told,) = api.transfers(units=None, transfer_id=call.values["transfer"])
    api.transfer_in(transfer_id=told.id, to_location_id=told.to_location_id, actor=call.actor, now=call.now)
    return Done(gettext("The arrival is booked."), go_to=addresses.transfers(transfer=told.id))


ROW_DEEDS = (
    Deed("count", _("Enter a count"), api.COUNT, _count, CountForm, "checklist"),
    Deed(
        "send",
        _("Send to another location"),
        api.TRANSFER,
        _send,
        SendForm,
        "local_shipping",
        when=lambda stock: stock.on_hand > stock.reserved,
    ),
    Deed(
        "arrive",
        _("Book an arrival"),
        api.TRANSFER,
        _arrive,
        ArriveForm,
        "move_to_inbox",
        when=lambda stock: stock.in_transit > 0,
    ),
)
ARRIVE_ALL = Deed("arrive", _("Book an arrival"), api.TRANSFER, _arrive_all, ArriveAllForm, "move_to_inbox")
