"""Start a payment of a placed order: pin the goods and store the attempt, then call the provider."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from quanyu.kernel.actor import Actor
from quanyu.modules.checkout.contracts import NotPayable, PaymentStarted, SoldOutBeforePayment
from quanyu.modules.checkout.ops import permitted
from quanyu.modules.checkout.ops.record_events import cancelled_event
from quanyu.modules.orders import api as orders
from quanyu.modules.payments import api as payments
from quanyu.modules.payments.contracts import (
    Payment,
    PaymentInProgress,
    PaymentState,
    Tender,
    TenderInvalid,
)
from quanyu.platform import db, outbox

# Payment codes by form (ecosystem 6.2); asked only on a payment screen, never guessed from any scan.
_CODES = {
    Tender.WECHAT: re.compile(r"1[0-5]\d{16}"),
    Tender.ALIPAY: re.compile(r"(?:2[5-9]|30)\d{14,22}|fp[0-9a-z]{33}"),
}
CODE_WAY = "code"


@dataclass(frozen=True, slots=True)
class Ask:
    """By which tender and way, and from where, an order is to be paid."""

    order_id: UUID
    tender: Tender
    way: str
    payer_id: str = ""
    return_path: str = "/mall/"
    client_ip: str = "127.0.0.1"
    terminal_id: UUID | None = None
    shift_id: UUID | None = None


def tender_of_code(auth_code: str) -> Tender:
    """Tell whose payment code this is. Raises ``TenderInvalid``."""
    for tender, form in _CODES.items():
        if form.fullmatch(auth_code):
            return tender
    raise TenderInvalid(field="auth_code", reason="not a payment code")


def prepaid(ask: Ask, *, actor: Actor, now: datetime) -> PaymentStarted:
    """Open a payment that the customer makes himself (mini-program, browser, QR).

    The same tender and way again gives the open attempt; another tender first closes the open one. Raises
    ``NotPayable``, ``SoldOutBeforePayment``, ``PaymentInProgress``, ``ProviderUnavailable``.
    """
    permitted.require(actor, permitted.PLACE, order=orders.order(id=ask.order_id))
    live = payments.live_of(order_id=ask.order_id)
    if live is not None:
        if (live.tender, live.way) == (ask.tender, ask.way):
            return started(_ready(live, ask, now=now))
        if payments.put_end(payment_id=live.id, now=now) is PaymentState.ASKING:
            raise PaymentInProgress(field="tender")
    payment_id, opening = _stored(ask, actor=actor, now=now)
    return started(_asked(payment_id, opening, ask, now=now))


def _ready(live: Payment, ask: Ask, *, now: datetime) -> Payment:
    """Return the open attempt; one whose answer was lost is asked for again under its own number."""
    if live.prepay or live.expires_at is None or live.expires_at <= now:
        return live
    order = orders.order(id=ask.order_id)
    opening = payments.Opening(
        order_id=order.id,
        order_number=order.number,
        tender=live.tender,
        way=live.way,
        amount_fen=live.amount_fen,
        subject=order.number,
        expires_at=live.expires_at,
        payer_id=ask.payer_id,
        client_ip=ask.client_ip,
    )
    return _asked(live.id, opening, ask, again=True, now=now)


def _asked(payment_id: UUID, opening: payments.Opening, ask: Ask, *, again: bool = False, now: datetime) -> Payment:
    return payments.ask_prepay(
        payment_id=payment_id,
        opening=opening,
        notify_url=f"{settings.CONFIG.site_url}/api/payments/v1/notify/{opening.tender.value}",
        return_url=f"{settings.CONFIG.site_url}{ask.return_path}",
        again=again,
        now=now,
    )


def by_code(ask: Ask, *, auth_code: str, actor: Actor, now: datetime) -> PaymentStarted:
    """Charge the code a customer shows at the till; the state may stay ``asking`` (then poll)."""
    permitted.require_staff(actor, permitted.PLACE, order=orders.order(id=ask.order_id))
    payment_id, opening = _stored(ask, actor=actor, now=now)
    return started(payments.ask_code(payment_id=payment_id, auth_code=auth_code, opening=opening, now=now))


def _stored(ask: Ask, *, actor: Actor, now: datetime) -> tuple[UUID, payments.Opening]:
    prepared = db.in_transaction(lambda: _prepare(ask, actor=actor, now=now))
    if prepared is None:
        raise SoldOutBeforePayment(field="order_id")
    return prepared


def _prepare(ask: Ask, *, actor: Actor, now: datetime) -> tuple[UUID, payments.Opening] | None:
    """Pin and store in one transaction; ``None`` when the goods are gone and the order was cancelled."""
    facts = db.json_value(
        "SELECT checkout_prepare_payment(%s, %s, %s)", [ask.order_id, f"{actor.kind}:{actor.id}", now]
    )
    if facts is None:
        raise NotPayable(field="order_id")
    if facts.get("sold_out"):
        outbox.append(cancelled_event(orders.order(id=ask.order_id)), now=now)
        return None
    if facts.get("live"):
        raise PaymentInProgress(field="tender")
    if facts["open_fen"] == 0:
        raise NotPayable(field="order_id")
    opening = payments.Opening(
        order_id=ask.order_id,
        order_number=facts["number"],
        tender=ask.tender,
        way=ask.way,
        amount_fen=facts["open_fen"],
        subject=facts["number"],
        expires_at=datetime.fromisoformat(facts["pay_before"]),
        payer_id=ask.payer_id,
        client_ip=ask.client_ip,
        unit_id=facts["store_id"],
        terminal_id=ask.terminal_id,
        shift_id=ask.shift_id,
    )
    return payments.store_attempt(opening=opening, now=now), opening


def started(payment: Payment) -> PaymentStarted:
    """Return what the payer's device needs of a payment."""
    prepay = payment.prepay
    invoke = prepay.get("invoke")
    return PaymentStarted(
        payment_id=payment.id,
        order_id=payment.order_id,
        tender=payment.tender.value,
        way=payment.way,
        amount_fen=payment.amount_fen,
        state=payment.state.value,
        expires_at=payment.expires_at,
        invoke={str(key): str(value) for key, value in invoke.items()} if isinstance(invoke, dict) else {},
        code_url=str(prepay.get("code_url", "")),
        redirect_url=str(prepay.get("redirect_url", "")),
        cashier_url=str(prepay.get("cashier_url", "")),
    )
