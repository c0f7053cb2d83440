"""Ask a provider what became of a payment, or end it. Network calls: never inside a transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from quanyu.modules.payments.contracts import Payment, PaymentState
from quanyu.modules.payments.ops import book_outcome, gateways
from quanyu.modules.payments.providers.gateway import Outcome, PaymentKind, PaymentResult
from quanyu.platform import db

CODE_WAY = "code"
PUT_OFF = timedelta(minutes=1)
LIVE = (PaymentState.CREATED, PaymentState.ASKING)


def kind_of(payment: Payment) -> PaymentKind:
    """Tell which of the provider's interfaces knows the payment."""
    return PaymentKind.CODE if payment.way == CODE_WAY else PaymentKind.PREPAID


def refresh(payment: Payment, *, now: datetime) -> PaymentState:
    """Query the provider and book its answer; an attempt whose time is over is ended instead."""
    if payment.state not in LIVE:
        return payment.state
    if payment.expires_at is not None and now >= payment.expires_at:
        return put_end(payment, now=now)
    result = gateways.of(payment.tender).query(payment.out_trade_no, kind=kind_of(payment))
    return _booked(payment, result, now=now)


def put_end(payment: Payment, *, now: datetime) -> PaymentState:
    """Close (or reverse) the payment at the provider and book what comes back.

    CLOSED and FAILED mean that no money can arrive any more; PAID that it was too late; anything else
    that it is still open and has to be asked about again.
    """
    if payment.state not in LIVE:
        return payment.state
    gateway = gateways.of(payment.tender)
    if kind_of(payment) is PaymentKind.CODE:
        result = gateway.reverse(payment.out_trade_no)
    else:
        result = gateway.close(payment.out_trade_no)
    if result.outcome is Outcome.ABSENT and payment.expires_at is not None and now >= payment.expires_at:
        # The provider never heard of it and would refuse it now: the number's time is over.
        return db.in_transaction(lambda: _ended(payment, now=now))
    if result.outcome is Outcome.PAID and not result.transaction_id:
        result = gateway.query(payment.out_trade_no, kind=kind_of(payment))
    return _booked(payment, result, now=now)


def _ended(payment: Payment, *, now: datetime) -> PaymentState:
    book_outcome.end(payment, state=PaymentState.CLOSED, now=now)
    return PaymentState.CLOSED


def _booked(payment: Payment, result: PaymentResult, *, now: datetime) -> PaymentState:
    return db.in_transaction(lambda: book_outcome.book(payment, result, now=now))


def put_off_payment(payment_id: UUID, *, now: datetime) -> None:
    """Ask about a payment later: what failed at its turn must not stand before the others at the next."""
    db.execute(
        "UPDATE payments_payment SET next_poll_at = %s WHERE id = %s AND state IN ('created', 'asking')",
        [now + PUT_OFF, payment_id],
    )


def put_off_refund(refund_id: UUID, *, now: datetime) -> None:
    """Send a refund later, for the same reason."""
    db.execute(
        "UPDATE payments_refund SET next_poll_at = %s WHERE id = %s AND state IN ('created', 'asking')",
        [now + PUT_OFF, refund_id],
    )
