"""The head of an order's page: how far it is, whose it is, and which stores have to do with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from quanyu.modules.orders.admin import served
from quanyu.modules.orders.admin.labels import reason_text
from quanyu.modules.orders.contracts import Delivery, State
from quanyu.modules.orders.models import Line, Order
from quanyu.modules.orders.queries import orders as query
from quanyu.platform.console.content import Facts
from quanyu.platform.console.formats import NOTHING, clauses, link, moment, name_of, span, yuan

_LEAVING: dict[Delivery, tuple[object, object]] = {
    Delivery.PICKUP: (_("Ready for pickup"), _("Goods handed over")),
    Delivery.IN_STORE: (_("Ready in the store"), _("Goods handed over")),
    Delivery.EXPRESS: (_("To be sent"), _("Shipped")),
    Delivery.INSTANT: (_("To be sent"), _("Shipped")),
    # What is carried out at the till is made ready for nobody.
    Delivery.CARRY_OUT: (None, _("Taken along")),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """One station on the way: ``done``, ``now``, ``open``, or ``bad`` where the way ended early."""

    title: object
    at: str
    look: str


def progress(order: Order) -> list[Mark]:
    """Return the stations of an order from placed to completed, or to where it was given up."""
    state = State(order.state)
    ready, left = _LEAVING[Delivery(order.delivery)]
    placed = Mark(_("Placed"), moment(order.placed_at), "done")
    paid = Mark(_("Paid"), moment(order.paid_at) if order.paid_at else "", "done" if order.paid_at else "open")
    if state is State.CANCELLED:
        marks = [placed, *([paid] if order.paid_at else []), Mark(_("Cancelled"), moment(order.cancelled_at), "bad")]
    else:
        is_paid, is_done = state in (State.PAID, State.COMPLETED), state is State.COMPLETED
        marks = [
            placed,
            paid if is_paid else Mark(_("Waiting for payment"), "", "now"),
            *([Mark(ready, "", _look(is_done=is_done, is_now=is_paid))] if ready else []),
            Mark(
                left,
                moment(order.completed_at) if is_done else "",
                _look(is_done=is_done, is_now=is_paid and not ready),
            ),
            Mark(_("Completed"), moment(order.completed_at) if is_done else "", "done" if is_done else "open"),
        ]
    if order.refunded_fen:
        whole = order.refunded_fen >= order.paid_fen
        marks.append(Mark(_("Refunded whole") if whole else _("Refunded in part"), yuan(order.refunded_fen), "bad"))
    return marks


def _look(*, is_done: bool, is_now: bool) -> str:
    return "done" if is_done else "now" if is_now else "open"


def _wished(order: Order) -> list[tuple[object, object]]:
    """Return how the order shall come: when it is fetched, and as a present with what stands on its card."""
    wishes = query.wishes_of(order_id=order.pk)
    if wishes is None:
        return []
    gift = wishes.gift
    said: list[tuple[object, object]] = []
    if wishes.pickup_from is not None:
        what = _("Delivery time") if order.delivery == Delivery.INSTANT else _("Pickup time")
        said.append((what, span(wishes.pickup_from, wishes.pickup_until)))
    if gift is not None:
        wraps = [_("wrap as a present")] if gift.wrap else []
        hides = [_("no prices in the parcel")] if gift.hide_prices else []
        said.append((_("Present"), clauses([*wraps, *hides]) if wraps or hides else _("with a card")))
        if gift.card or gift.sender:
            said.append((_("Greeting card"), " — ".join(part for part in (gift.card, gift.sender) if part)))
    return said


def header(order: Order, lines: Sequence[Line]) -> Facts:
    """Return who bought where, who fulfils and who is credited."""
    fulfilling = {line.location_id: line.location for line in lines}
    credited = {line.credited_store_id: line.credited_store for line in lines}
    items: list[tuple[object, object]] = [
        (_("Member"), link("members_member_change", order.member_id, order.member) if order.member_id else NOTHING),
        (_("Selling store"), link("organization_unit_change", order.selling_store_id, name_of(order.selling_store))),
        (_("Fulfilled from"), clauses(name_of(one) for one in fulfilling.values())),
        (_("Credited store"), clauses(name_of(one) for one in credited.values())),
        (_("Placed at"), moment(order.placed_at)),
    ]
    optional = [
        (_("Credited associate"), clauses(served.names(lines))),
        (_("Cashier"), order.staff.name if order.staff else ""),
        (_("To be paid before"), moment(order.pay_before) if order.state == State.PLACED else ""),
        (_("Promised for"), moment(order.promised_at) if order.promised_at else ""),
        *_wished(order),
        (_("Delivery address"), order.address_masked),
        (_("Note"), order.note),
        (_("Source"), order.source),
        (_("Reason of cancellation"), reason_text(order.cancel_reason)),
    ]
    return Facts(_("Order"), items + [(label, value) for label, value in optional if value])
