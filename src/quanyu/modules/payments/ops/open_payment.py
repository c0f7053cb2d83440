"""Open a payment at a provider: the number is stored first, the call comes after the commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from django.db import IntegrityError

from quanyu.kernel.ids import uuid7
from quanyu.modules.payments.contracts import (
    Payment,
    PaymentInProgress,
    PaymentState,
    PaymentUnknown,
    ProviderUnavailable,
    Tender,
)
from quanyu.modules.payments.ops import book_outcome, gateways
from quanyu.modules.payments.providers.gateway import (
    CodePaymentRequest,
    Outcome,
    PaymentResult,
    PrepayRequest,
    PrepayResult,
    Scene,
)
from quanyu.modules.payments.queries import payments as query
from quanyu.platform import db


@dataclass(frozen=True, slots=True)
class Opening:
    """What is needed to ask for a payment; amounts in fen."""

    order_id: UUID
    order_number: str
    tender: Tender
    way: str
    amount_fen: int
    subject: str
    expires_at: datetime
    payer_id: str = ""
    client_ip: str = "127.0.0.1"
    unit_id: int | None = None
    terminal_id: UUID | None = None
    shift_id: UUID | None = None


def store(opening: Opening, *, now: datetime) -> UUID:
    """Store the attempt with its number. Raises :class:`PaymentInProgress` when another one is live."""
    gateways.of(opening.tender)
    payment_id = uuid7()
    try:
        db.value(
            "SELECT payments_open(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                payment_id,
                opening.order_id,
                opening.order_number,
                opening.tender.value,
                opening.way,
                opening.amount_fen,
                opening.payer_id,
                opening.unit_id,
                opening.terminal_id,
                opening.shift_id,
                opening.expires_at,
                now,
            ],
        )
    except IntegrityError as failure:
        if "payments_payment_one_live_per_order" in str(failure) or "out_trade_no" in str(failure):
            raise PaymentInProgress(field="tender") from failure
        raise
    return payment_id


def ask_prepay(payment: Payment, opening: Opening, *, notify_url: str, return_url: str) -> PrepayResult:
    """Ask the provider to expect the payment. A network call: never inside a transaction."""
    return gateways.of(payment.tender).prepay(
        PrepayRequest(
            out_trade_no=payment.out_trade_no,
            amount_fen=payment.amount_fen,
            subject=opening.subject,
            scene=Scene(opening.way),
            notify_url=notify_url,
            expires_at=opening.expires_at,
            payer_id=opening.payer_id,
            client_ip=opening.client_ip,
            return_url=return_url,
        )
    )


def keep_prepay(payment: Payment, result: PrepayResult, *, again: bool, now: datetime) -> None:
    """Store what the payer's device needs; end the attempt after a definite refusal.

    A refusal of a second asking proves nothing: the first, whose answer was lost, may have been granted.
    """
    if result.outcome is Outcome.FAILED and not again:
        book_outcome.end(payment, state=PaymentState.FAILED, now=now)
        return
    shown: Mapping[str, object] = {
        "invoke": dict(result.invoke),
        "code_url": result.code_url,
        "redirect_url": result.redirect_url,
        "cashier_url": result.cashier_url,
    }
    # An answer that was lost leaves nothing to show: an empty prepay says that it is to be asked again.
    prepay = {name: what for name, what in shown.items() if what}
    db.execute(
        "UPDATE payments_payment SET state = 'asking', prepay = prepay || %s::jsonb "
        "WHERE id = %s AND state IN ('created', 'asking')",
        [msgspec.json.encode(prepay).decode(), payment.id],
    )


def ask_code(payment: Payment, *, auth_code: str, opening: Opening) -> PaymentResult:
    """Charge the code that the customer shows. A network call: never inside a transaction."""
    return gateways.of(payment.tender).charge_code(
        CodePaymentRequest(
            out_trade_no=payment.out_trade_no,
            amount_fen=payment.amount_fen,
            subject=opening.subject,
            auth_code=auth_code,
            store_id=str(opening.unit_id or ""),
            terminal_id=str(opening.terminal_id or ""),
            client_ip=opening.client_ip,
        )
    )


def loaded(payment_id: UUID) -> Payment:
    """Return the payment. Raises :class:`PaymentUnknown`."""
    payment = query.by_id(payment_id=payment_id)
    if payment is None:
        raise PaymentUnknown
    return payment


def refuse_failed(payment: Payment) -> None:
    """Raise :class:`ProviderUnavailable` when the provider refused to open the payment."""
    if payment.state in (PaymentState.FAILED, PaymentState.CLOSED):
        raise ProviderUnavailable(field="tender", tender=payment.tender.value)
