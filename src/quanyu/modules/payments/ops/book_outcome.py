"""Book what a provider said of a payment: once, with the order's reaction in the same transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from quanyu.modules.payments.contracts import Payment, PaymentState
from quanyu.modules.payments.events import PaymentSucceeded
from quanyu.modules.payments.ops import gateways
from quanyu.modules.payments.providers.gateway import Outcome, PaymentResult
from quanyu.platform import db, outbox

_log = structlog.get_logger(__name__)
# Asked about after 30 s, 2 min and 10 min (reliability 5.12), then every 10 min until its end.
POLLS = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))


def succeed(payment: Payment, *, transaction_id: str, paid_at: datetime | None, now: datetime) -> bool:
    """Book the arrival of the money and let listeners react; ``False`` when it was booked before."""
    fresh = db.value(
        "SELECT payments_succeed(%s, %s, %s, %s)",
        [payment.id, transaction_id, paid_at, now],
    )
    if not fresh:
        return False
    outbox.append(
        PaymentSucceeded(
            payment_id=str(payment.id),
            order_id=str(payment.order_id),
            tender=payment.tender.value,
            amount_fen=payment.amount_fen,
        ),
        now=now,
    )
    paid = replace(payment, state=PaymentState.PAID, provider_txn=transaction_id, paid_at=paid_at or now)
    for listener in gateways.listeners():
        listener.payment_succeeded(paid, now=now)
    return True


def end(payment: Payment, *, state: PaymentState, now: datetime) -> bool:
    """Book that no money can arrive any more; ``False`` when it was paid or ended before."""
    if not db.value("SELECT payments_end(%s, %s, %s)", [payment.id, state.value, now]):
        return False
    ended = replace(payment, state=state)
    for listener in gateways.listeners():
        listener.payment_ended(ended, now=now)
    return True


def book(payment: Payment, result: PaymentResult, *, now: datetime) -> PaymentState:
    """Book a provider's answer about a payment and return what is known now.

    An amount or currency other than ours is never booked: the payment stays open for a person.
    """
    if result.outcome in (Outcome.PAID, Outcome.REFUNDED) and result.transaction_id:
        if result.amount_fen not in (None, payment.amount_fen) or result.currency != "CNY":
            _log.error(
                "payments.amount_differs",
                payment=payment.id,
                ours_fen=payment.amount_fen,
                theirs_fen=result.amount_fen,
                currency=result.currency,
            )
            return _ask_later(payment, now=now)
        succeed(payment, transaction_id=result.transaction_id, paid_at=result.paid_at, now=now)
        return PaymentState.PAID
    if result.outcome is Outcome.CLOSED:
        end(payment, state=PaymentState.CLOSED, now=now)
        return PaymentState.CLOSED
    if result.outcome is Outcome.FAILED:
        end(payment, state=PaymentState.FAILED, now=now)
        return PaymentState.FAILED
    return _ask_later(payment, now=now)


def _ask_later(payment: Payment, *, now: datetime) -> PaymentState:
    db.execute(
        "UPDATE payments_payment SET state = 'asking', polls = polls + 1, next_poll_at = CASE "
        "WHEN polls = 0 THEN %s WHEN polls = 1 THEN %s ELSE %s END::timestamptz "
        "WHERE id = %s AND state IN ('created', 'asking')",
        [*[now + wait for wait in POLLS], payment.id],
    )
    return PaymentState.ASKING
