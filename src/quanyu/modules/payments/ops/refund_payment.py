"""Give money back: promised in the business transaction, executed by asking the provider afterwards."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import structlog

from quanyu.kernel.ids import uuid7
from quanyu.modules.payments.contracts import Payment, Refund, RefundState, RefundTooLarge
from quanyu.modules.payments.events import RefundDone
from quanyu.modules.payments.ops import gateways
from quanyu.modules.payments.providers.gateway import RefundOutcome, RefundRequest
from quanyu.modules.payments.queries import payments as query
from quanyu.platform import db, outbox

RETRY_MAX_S = 3600
_FOR_A_PERSON = (RefundOutcome.FAILED, RefundOutcome.ABNORMAL, RefundOutcome.CLOSED)
_log = structlog.get_logger(__name__)
_FINAL = {
    RefundOutcome.SUCCEEDED: RefundState.DONE,
    RefundOutcome.FAILED: RefundState.FAILED,
}


def promise(
    *, payment_id: UUID, reason: str, ref: str, amount_fen: int, shift_id: UUID | None, now: datetime
) -> Refund:
    """Promise a refund once per (payment, reason, ref); a repeat returns the standing one.

    Raises :class:`RefundTooLarge` when not that much is left; then nothing has changed.
    """
    answer = db.json_value(
        "SELECT payments_open_refund(%s, %s, %s, %s, %s, %s, %s)",
        [uuid7(), payment_id, reason, ref, amount_fen, shift_id, now],
    )
    if "left_fen" in answer:
        raise RefundTooLarge(field="amount_fen", left_fen=answer["left_fen"])
    refund = query.refund_by_id(refund_id=UUID(answer["id"]))
    assert refund is not None
    if answer["created"] and refund.state is RefundState.DONE:
        _tell(refund, now=now)
    return refund


def request_for(refund: Refund, payment: Payment) -> RefundRequest:
    """Return the request that a provider is sent for this refund, the same at every try."""
    return RefundRequest(
        out_trade_no=payment.out_trade_no,
        out_refund_no=refund.out_refund_no,
        amount_fen=refund.amount_fen,
        total_fen=payment.amount_fen,
        reason=refund.reason,
    )


def send(refund: Refund, *, now: datetime) -> RefundState:
    """Ask the provider to give the money back, repeating the same number. Never inside a transaction."""
    payment = query.by_id(payment_id=refund.payment_id)
    assert payment is not None
    gateway = gateways.of(payment.tender)
    if refund.state is RefundState.ASKING:
        result = gateway.query_refund(payment.out_trade_no, refund.out_refund_no)
        if result.outcome is RefundOutcome.ABSENT:
            result = gateway.refund(request_for(refund, payment))
    else:
        result = gateway.refund(request_for(refund, payment))
    return db.in_transaction(lambda: book(refund, result.outcome, refund_id=result.refund_id, now=now))


def book(refund: Refund, outcome: RefundOutcome, *, refund_id: str, now: datetime) -> RefundState:
    """Book what a provider said of a refund; ABNORMAL and CLOSED stay open for a person."""
    state = _FINAL.get(outcome, RefundState.ASKING)
    changed = db.execute(
        "UPDATE payments_refund SET state = %s, provider_refund = coalesce(nullif(%s, ''), provider_refund), "
        "done_at = CASE WHEN %s = 'done' THEN %s::timestamptz END, polls = least(polls + 1, 1000), "
        "next_poll_at = CASE WHEN %s = 'asking' THEN %s::timestamptz + least(15 * power(2, least(polls, 10)), %s) "
        "* interval '1 second' END WHERE id = %s AND state IN ('created', 'asking')",
        [state.value, refund_id, state.value, now, state.value, now, RETRY_MAX_S, refund.id],
    )
    if changed and state is RefundState.DONE:
        _tell(refund, now=now)
    if changed and outcome in _FOR_A_PERSON:
        # The customer still waits for his money: the promise stands until a person has found another way.
        _log.error("payments.refund_needs_a_person", refund=refund.id, outcome=outcome.value)
    return state


def _tell(refund: Refund, *, now: datetime) -> None:
    payment = query.by_id(payment_id=refund.payment_id)
    assert payment is not None
    outbox.append(
        RefundDone(
            refund_id=str(refund.id),
            payment_id=str(refund.payment_id),
            order_id=str(payment.order_id),
            amount_fen=refund.amount_fen,
        ),
        now=now,
    )
