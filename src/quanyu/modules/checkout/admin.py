"""What checkout offers on the page of an order: cancel, hand over, give to a carrier."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.clock import system_clock
from quanyu.modules.checkout import api
from quanyu.modules.checkout.contracts import ReassignmentRefused
from quanyu.modules.fulfilment import api as fulfilment
from quanyu.modules.fulfilment.contracts import ParcelState
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.contracts import SecondPersonNeeded
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import Shortage, StockShort
from quanyu.modules.orders.contracts import Delivery, State
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Unit
from quanyu.platform.console import access
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.formats import clauses, in_language, name_of, quantity, yuan
from quanyu.platform.console.forms import DeedForm
from quanyu.platform.console.registry import hang_deed

PLACE = "orders.order"


class CancelForm(DeedForm):
    """Asks why."""

    reason = forms.CharField(label=_("Reason"), min_length=2, max_length=40)


class ReassignForm(DeedForm):
    """Asks which place, and why."""

    location_id = forms.ChoiceField(label=_("Fulfilled from"))
    reason = forms.CharField(label=_("Reason"), min_length=2, max_length=40)

    def prepare(self) -> None:
        """Offer the stores and warehouses within reach, with what they have of the order's goods."""
        lines = list(self.subject.lines.all())
        reach = identity.visible_unit_ids(actor=self.actor, permission="orders.reassign")
        places = {
            place.unit.id: place
            for place in organization.locations().values()
            if place.unit.active and place.unit.id != lines[0].location_id and (reach is None or place.unit.id in reach)
        }
        store = organization.locations(ids=[self.subject.selling_store_id])[self.subject.selling_store_id]
        free = inventory.availability(
            sku_ids={line.sku_id for line in lines},
            location_ids=places,
            channel=self.subject.channel,
            seller_owner_id=store.owner_id,
            now=system_clock.now(),
        )
        wanted: Counter[int] = Counter()
        for line in lines:
            wanted[line.sku_id] += line.quantity
        able = {
            unit_id: all(free.get((unit_id, sku_id), 0) >= much for sku_id, much in wanted.items())
            for unit_id in places
        }
        # Those that have everything come first.
        ordered = sorted(places.values(), key=lambda place: (not able[place.unit.id], place.unit.code))
        self.fields["location_id"].choices = [  # type: ignore[attr-defined]
            (str(place.unit.id), _choice(place.unit, has_all=able[place.unit.id])) for place in ordered
        ]


def _choice(unit: Unit, *, has_all: bool) -> str:
    name = in_language(unit.name, unit.name_en)
    return gettext("%(name)s: has everything") % {"name": name} if has_all else name


class CodeForm(DeedForm):
    """Asks for the code that the customer shows."""

    code = forms.CharField(label=_("Pickup code"), max_length=12)


class CarrierForm(DeedForm):
    """Asks who carries the goods."""

    carrier = forms.ChoiceField(label=_("Carrier"))
    tracking = forms.CharField(label=_("Tracking number"), max_length=60, required=False)

    def prepare(self) -> None:
        """Offer the carriers in use."""
        self.fields["carrier"].choices = [  # type: ignore[attr-defined]
            (carrier.code, in_language(carrier.name, carrier.name_en)) for carrier in fulfilment.carriers()
        ]


def _cancel(call: Call) -> Done:
    try:
        api.cancel_order(order_id=call.subject.pk, reason=call.values["reason"], actor=call.actor, now=call.now)
    except SecondPersonNeeded as waits:
        seen = access.may(call.request, "approvals.view")
        address = reverse("admin:identity_approval_change", args=[waits.params["approval_id"]]) if seen else ""
        return Done(gettext("%(title)s Nothing has moved yet.") % {"title": gettext(waits.title)}, go_to=address)
    return Done(gettext("The order is cancelled; what was paid goes back."))


def _reassign(call: Call) -> Done:
    place = int(call.values["location_id"])
    try:
        api.reassign_order(
            order_id=call.subject.pk, location_id=place, reason=call.values["reason"], actor=call.actor, now=call.now
        )
    except StockShort as short:
        # Every line that is missing there, not only the first.
        names = {line.sku_id: line for line in call.subject.lines.select_related("sku__product")}
        raise ReassignmentRefused(
            field="location_id", reason=clauses(_missing(one, names) for one in short.shortages)
        ) from None
    return Done(gettext("The order is fulfilled from the other place; its goods are held there."))


def _missing(one: Shortage, lines: dict[int, Any]) -> str:
    line = lines[one.sku_id]
    scale, unit = line.quantity_scale, line.sku.product.unit_name
    return gettext("%(name)s: %(wanted)s wanted, %(available)s there") % {
        "name": in_language(line.name, line.sku.name_en),
        "wanted": quantity(one.wanted, scale, unit),
        "available": quantity(one.available, scale, unit),
    }


def _hand_over(call: Call) -> Done:
    api.hand_over(
        order_id=call.subject.pk,
        code=call.values["code"],
        store_id=call.subject.selling_store_id,
        actor=call.actor,
        now=call.now,
    )
    return Done(gettext("The goods are handed over; the order is completed."))


def _ship(call: Call) -> Done:
    api.ship(
        order_id=call.subject.pk,
        carrier=call.values["carrier"],
        tracking=call.values["tracking"],
        actor=call.actor,
        now=call.now,
    )
    return Done(gettext("The goods are with the carrier; the order is completed."))


def _ready(call: Call) -> Done:
    api.note_ready(order_id=call.subject.pk, actor=call.actor, now=call.now)
    return Done(gettext("The customer sees that the goods lie ready."))


def _delivered(call: Call) -> Done:
    api.note_delivered(order_id=call.subject.pk, actor=call.actor, now=call.now)
    return Done(gettext("The parcel is noted as delivered."))


def _is_under_way(order: Any) -> bool:
    parcels = fulfilment.parcels_of(order_ids=[order.pk]).get(order.pk, ())
    return any(parcel.state is ParcelState.MOVING for parcel in parcels)


hang_deed(
    PLACE,
    Deed(
        "hand-over",
        _("Hand over"),
        "orders.hand_over",
        _hand_over,
        form=CodeForm,
        icon="shopping_bag",
        tone="primary",
        text=_("Ask the customer for the pickup code and hand over the goods."),
        when=lambda order: order.state == State.PAID and order.delivery in (Delivery.PICKUP, Delivery.IN_STORE),
    ),
)
hang_deed(
    PLACE,
    Deed(
        "ready",
        _("Lies ready"),
        "orders.hand_over",
        _ready,
        icon="inventory",
        text=_("The customer sees that the goods can be fetched."),
        when=lambda order: (
            order.state == State.PAID
            and order.delivery in (Delivery.PICKUP, Delivery.IN_STORE)
            and not fulfilment.ready_since(order_ids=[order.pk])
        ),
    ),
)
hang_deed(
    PLACE,
    Deed(
        "delivered",
        _("Was delivered"),
        "orders.ship",
        _delivered,
        icon="task_alt",
        text=_("For parcels of which nobody tells us: the customer has the goods."),
        when=lambda order: (
            order.state == State.COMPLETED
            and order.delivery in (Delivery.EXPRESS, Delivery.INSTANT)
            and _is_under_way(order)
        ),
    ),
)
hang_deed(
    PLACE,
    Deed(
        "ship",
        _("Give to a carrier"),
        "orders.ship",
        _ship,
        form=CarrierForm,
        icon="local_shipping",
        tone="primary",
        text=_("The stock leaves the house and the order is completed."),
        when=lambda order: order.state == State.PAID and order.delivery in (Delivery.EXPRESS, Delivery.INSTANT),
    ),
)
hang_deed(
    PLACE,
    Deed(
        "reassign",
        _("Give to another store"),
        "orders.reassign",
        _reassign,
        form=ReassignForm,
        icon="move_down",
        text=_("Its goods are held at the other place at the same moment as they are let go here, or nothing changes."),
        when=lambda order: order.state == State.PAID and order.delivery in (Delivery.EXPRESS, Delivery.INSTANT),
        facts=lambda order: [(_("Fulfilled now from"), name_of(order.lines.select_related("location")[0].location))],
    ),
)
hang_deed(
    PLACE,
    Deed(
        "cancel",
        _("Cancel order"),
        "orders.cancel",
        _cancel,
        form=CancelForm,
        icon="cancel",
        tone="danger",
        text=_("Reserved goods become available again; what was paid goes back the way it came, once."),
        when=lambda order: order.state in (State.PLACED, State.PAID),
        is_batch=True,
        facts=lambda order: [
            (_("State"), order.get_state_display()),
            (_("Payable"), yuan(order.payable_fen)),
            (_("Paid"), yuan(order.paid_fen)),
        ],
    ),
)
