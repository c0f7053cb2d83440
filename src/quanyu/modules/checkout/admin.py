"""What checkout offers on the page of an order: cancel, hand over, give to a carrier."""

from __future__ import annotations

from django import forms
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.checkout import api
from quanyu.modules.identity.contracts import SecondPersonNeeded
from quanyu.modules.orders.contracts import Delivery, State
from quanyu.platform.console import access
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.formats import yuan
from quanyu.platform.console.forms import DeedForm
from quanyu.platform.console.registry import hang_deed

PLACE = "orders.order"


class CancelForm(DeedForm):
    """Asks why."""

    reason = forms.CharField(label=_("Reason"), min_length=2, max_length=40)


class CodeForm(DeedForm):
    """Asks for the code that the customer shows."""

    code = forms.CharField(label=_("Pickup code"), max_length=12)


class CarrierForm(DeedForm):
    """Asks who carries the goods."""

    carrier = forms.CharField(label=_("Carrier"), max_length=40)
    tracking = forms.CharField(label=_("Tracking number"), max_length=60, required=False)


def _cancel(call: Call) -> Done:
    try:
        api.cancel_order(order_id=call.subject.pk, reason=call.values["reason"], actor=call.actor, now=call.now)
    except SecondPersonNeeded as waits:
        seen = access.may(call.request, "approvals.view")
        address = reverse("admin:identity_approval_change", args=[waits.params["approval_id"]]) if seen else ""
        return Done(gettext("%(title)s Nothing has moved yet.") % {"title": gettext(waits.title)}, go_to=address)
    return Done(gettext("The order is cancelled; what was paid goes back."))


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
        "cancel",
        _("Cancel order"),
        "orders.cancel",
        _cancel,
        form=CancelForm,
        icon="cancel",
        tone="danger",
        text=_("Reserved goods become available again; what was paid goes back the way it came, once."),
        when=lambda order: order.state in (State.PLACED, State.PAID),
        facts=lambda order: [
            (_("State"), order.get_state_display()),
            (_("Payable"), yuan(order.payable_fen)),
            (_("Paid"), yuan(order.paid_fen)),
        ],
    ),
)
