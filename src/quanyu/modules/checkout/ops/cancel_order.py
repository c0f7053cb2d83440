"""Undo an order: give back its goods, its coupons and points and, when it was paid, its money, once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from quanyu.kernel.actor import SYSTEM, Actor
from quanyu.modules.checkout.contracts import CancelReasonInvalid, MoneyInDrawer
from quanyu.modules.checkout.ops import flash_items, permitted
from quanyu.modules.checkout.ops.record_events import cancelled_event
from quanyu.modules.checkout.rules import commands
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.contracts import Approval, Asking
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Channel, Order, State, StateConflict
from quanyu.modules.organization import api as organization
from quanyu.modules.payments import api as payments
from quanyu.modules.payments.contracts import PaymentInProgress, PaymentState, ProviderUnavailable, RefundReason, Tender
from quanyu.platform import audit, db, outbox

# What requests for a second person are called by.
KIND = "checkout.cancel"
_AT_TILLS = (Tender.CASH, Tender.CARD)


def cancel(order_id: UUID, *, reason: str, actor: Actor, shift_id: UUID | None = None, now: datetime) -> Order:
    """Cancel an order that is unpaid or paid but not handed over; a repeat changes nothing.

    An open payment is closed at the provider first; its goods are given back only when no money can arrive any
    more. Raises ``PaymentInProgress`` while that is unknown, ``StateConflict`` for a completed order,
    ``CancelReasonInvalid``, ``OrderUnknown`` for an order out of the actor's reach; ``SecondPersonNeeded`` or
    ``ApprovalRefused`` when more money goes back than one person may give. What a till took in cash or by card is given
    back in the shift of a till (``shift_id``) of the store it is credited to, else ``MoneyInDrawer``.
    """
    if not commands.is_reason(reason):
        raise CancelReasonInvalid(field="reason")
    return _cancel(order_id, reason=reason, actor=actor, shift_id=shift_id, now=now)


def give_up(order_id: UUID, *, now: datetime) -> None:
    """Cancel an order because its goods are gone: sold at the counter before anybody set them aside. Refunds once.

    Raises ``PaymentInProgress`` while money may still come, ``StateConflict`` for an order that was completed.
    """
    _cancel(order_id, reason=commands.SOLD_AT_COUNTER, actor=SYSTEM, now=now)


def _cancel(order_id: UUID, *, reason: str, actor: Actor, shift_id: UUID | None = None, now: datetime) -> Order:
    order = orders.order(id=order_id)
    permitted.require(actor, permitted.PLACE, order=order)
    if order.state is State.PLACED:
        _end_live_payment(order_id, now=now)
        db.in_transaction(lambda: _cancel_unpaid(order_id, reason=reason, actor=actor, now=now))
        order = orders.order(id=order_id)
    if order.state is State.PAID:
        # Giving money back is more than giving a basket up.
        permitted.require(
            actor, permitted.CANCEL, order=order, unit_id=order.lines[0].credited_store_id if shift_id else None
        )
        if shift_id is None and _lies_in_drawer(order):
            raise MoneyInDrawer(field="order_id")
        with identity.second_person(actor=actor, now=now):
            db.in_transaction(lambda: _cancel_paid(order_id, reason=reason, actor=actor, shift_id=shift_id, now=now))
        order = orders.order(id=order_id)
    if order.state is not State.CANCELLED:
        raise StateConflict(field="order_id", state=order.state.value)
    flash_items.came_back(order)
    return order


def _lies_in_drawer(order: Order) -> bool:
    """Tell whether a till took money for the order that nobody but a till can give back."""
    paid = payments.of_orders(order_ids=[order.id]).get(order.id, [])
    return order.channel is Channel.POS and any(
        one.tender in _AT_TILLS and one.state is PaymentState.PAID and one.refunded_fen < one.amount_fen for one in paid
    )


def expire(order_id: UUID, *, actor: Actor, now: datetime) -> bool:
    """Cancel an order whose time to pay is over; ``False`` while a provider may still bring its money."""
    live = payments.live_of(order_id=order_id)
    if live is not None and not _ended(live.id, now=now):
        return False
    return db.in_transaction(lambda: _cancel_unpaid(order_id, reason=commands.EXPIRED, actor=actor, now=now))


def _ended(payment_id: UUID, *, now: datetime) -> bool:
    """Tell whether no money can arrive under the payment any more; a silent provider leaves it open."""
    try:
        state = payments.put_end(payment_id=payment_id, now=now)
    except ProviderUnavailable:
        return False
    return state in (PaymentState.CLOSED, PaymentState.FAILED)


def _end_live_payment(order_id: UUID, *, now: datetime) -> None:
    live = payments.live_of(order_id=order_id)
    if live is not None and payments.put_end(payment_id=live.id, now=now) is PaymentState.ASKING:
        raise PaymentInProgress(field="order_id")


def _cancel_unpaid(order_id: UUID, *, reason: str, actor: Actor, now: datetime) -> bool:
    done = db.value(
        "SELECT checkout_cancel_unpaid(%s, %s, %s, %s)", [order_id, f"{actor.kind}:{actor.id}", reason, now]
    )
    if done:
        outbox.append(cancelled_event(orders.order(id=order_id)), now=now)
    return bool(done)


def _cancel_paid(order_id: UUID, *, reason: str, actor: Actor, shift_id: UUID | None, now: datetime) -> None:
    moved = db.value("SELECT checkout_cancel_paid(%s, %s, %s, %s)", [order_id, f"{actor.kind}:{actor.id}", reason, now])
    if not moved:
        return
    order = orders.order(id=order_id)
    payments.demand_second_person(
        asking=asking(order, reason=reason),
        refunded_fen=order.refunded_fen,
        path=organization.settings_path(unit_id=order.selling_store_id),
        actor=actor,
        now=now,
    )
    _refund_all(order_id, shift_id=shift_id, now=now)
    order = orders.order(id=order_id)
    outbox.append(cancelled_event(order), now=now)
    audit.record(
        actor=actor,
        action="checkout.cancel_paid",
        subject_kind="order",
        subject_id=order.number,
        reason=reason,
        detail={"refunded_fen": order.refunded_fen},
        unit_id=order.selling_store_id,
        now=now,
    )


def asking(order: Order, *, reason: str) -> Asking:
    """Return what a second person is asked to approve: this order, given up for this reason, at this amount."""
    amount_fen = order.paid_fen - order.refunded_fen
    request = {"order_id": str(order.id), "reason": reason, "amount_fen": amount_fen}
    return Asking(
        kind=KIND,
        digest=hashlib.sha256(msgspec.json.encode(request, order="deterministic")).digest(),
        subject_kind="order",
        subject_id=str(order.id),
        subject=order.number,
        unit_id=order.selling_store_id,
        permission=permitted.CANCEL,
        amount_fen=amount_fen,
        reason=reason,
        request=request,
    )


@dataclass(frozen=True)
class ApprovedCancellation:
    """Cancels a paid order that a second person approved, as its asker."""

    kind: str = KIND

    def carry_out(self, *, approval: Approval, asker: Actor, now: datetime) -> None:
        """Cancel the order. Raises what the door raises."""
        request = approval.request
        cancel(UUID(str(request["order_id"])), reason=str(request["reason"]), actor=asker, now=now)


def _refund_all(order_id: UUID, *, shift_id: UUID | None, now: datetime) -> None:
    for payment in payments.of_orders(order_ids=[order_id]).get(order_id, []):
        left = payment.amount_fen - payment.refunded_fen
        if payment.state is PaymentState.PAID and left > 0:
            payments.refund(
                payment_id=payment.id,
                reason=RefundReason.CANCELLED.value,
                ref=str(order_id),
                amount_fen=left,
                shift_id=shift_id if payment.tender in _AT_TILLS else None,
                now=now,
            )
    db.execute("SELECT orders_refund_rest(%s)", [order_id])
