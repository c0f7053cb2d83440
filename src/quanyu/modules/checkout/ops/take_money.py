"""What an order does when its payment arrives, on time or late: part of the payment's own transaction."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.modules.checkout.ops import options as checkout_options
from quanyu.modules.checkout.ops.record_events import completed_event, paid_event
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Delivery, Order, State
from quanyu.modules.organization import api as organization
from quanyu.modules.payments import api as payments
from quanyu.modules.payments.contracts import Payment, RefundReason
from quanyu.platform import db, outbox

ACTOR = "system:payments"
EXPIRED = "expired"


class OrderPayments:
    """Checkout's ear at payments (``PaymentListener``)."""

    def payment_succeeded(self, payment: Payment, *, now: datetime) -> None:
        """Advance the order; a payment that no order can take is refunded, once."""
        booked = db.value(
            "SELECT orders_add_payment(%s, %s, ARRAY['placed'], %s, %s)",
            [payment.order_id, payment.amount_fen, ACTOR, now],
        )
        if booked == "refused":
            _take_late(payment, now=now)
        elif booked == "whole":
            order_paid(payment.order_id, now=now)

    def payment_ended(self, payment: Payment, *, now: datetime) -> None:
        """Nothing to do: the order keeps its goods until its time is over, the customer may try again."""


def order_paid(order_id: UUID, *, now: datetime) -> None:
    """Redeem the coupons of an order that is paid whole, and tell; what was sold over the counter is completed too."""
    order = orders.order(id=order_id)
    if order.coupons:
        db.value("SELECT coupons_redeem(%s, %s)", [order_id, now])
    outbox.append(paid_event(order), now=now)
    if order.delivery is Delivery.CARRY_OUT:
        # Sold over the counter: the customer walks away with the goods.
        db.value("SELECT checkout_complete(%s, %s, '', %s)", [order_id, ACTOR, now])
        outbox.append(completed_event(order), now=now)


def _take_late(payment: Payment, *, now: datetime) -> None:
    """The order is not waiting: it lapsed (revive or refund), or was paid already (refund)."""
    order = orders.order(id=payment.order_id)
    late = order.state is State.CANCELLED
    if late and _revived(order, payment, now=now):
        order_paid(order.id, now=now)
        return
    payments.refund(
        payment_id=payment.id,
        reason=(RefundReason.LATE if late else RefundReason.DUPLICATE).value,
        ref=str(payment.id),
        amount_fen=payment.amount_fen,
        now=now,
    )


def _revived(order: Order, payment: Payment, *, now: datetime) -> bool:
    """Bring a lapsed order back when its goods can be reserved again; what a person cancelled stays cancelled."""
    path = organization.settings_path(unit_id=order.selling_store_id)
    if not checkout_options.at(path).late_payment_revives:
        return False
    return bool(db.value("SELECT checkout_revive(%s, %s, %s, %s)", [order.id, payment.amount_fen, ACTOR, now]))
