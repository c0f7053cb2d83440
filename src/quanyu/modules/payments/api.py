"""Payments' door: open, ask, end and refund payments; take providers' notifications."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog

from quanyu.kernel.actor import Actor
from quanyu.modules.identity.contracts import Asking
from quanyu.modules.payments.contracts import (
    Payment,
    PaymentListener,
    PaymentState,
    Refund,
    Tender,
)
from quanyu.modules.payments.ops import (
    ask_provider,
    book_outcome,
    gateways,
    open_payment,
    refund_payment,
)
from quanyu.modules.payments.ops import second_person as _second_person
from quanyu.modules.payments.ops import take_notification as notifications
from quanyu.modules.payments.ops.open_payment import Opening
from quanyu.modules.payments.providers.gateway import Acknowledgement, Gateway
from quanyu.modules.payments.queries import payments as query
from quanyu.platform import db, logs

__all__ = ["Acknowledgement", "Gateway", "Opening"]
_log = structlog.get_logger(__name__)


class PutOff(Protocol):
    """Moves an item's next turn to later."""

    def __call__(self, item: UUID, /, *, now: datetime) -> None:
        """Put the item off."""


def register_gateway(*, tender: Tender, gateway: Gateway) -> None:
    """Let this gateway speak for the tender. Called by ``entrypoints`` only."""
    gateways.register(tender, gateway)


def register_listener(*, listener: PaymentListener) -> None:
    """Tell this listener of every outcome, in its transaction. Called by ``entrypoints`` only."""
    gateways.listen(listener)


def provider_tenders() -> list[Tender]:
    """Return the provider tenders that can be used."""
    return gateways.available()


def store_attempt(*, opening: Opening, now: datetime) -> UUID:
    """Store an attempt inside the caller's transaction; its number exists before any call.

    Raises ``PaymentInProgress`` when another attempt of the order is live, ``ProviderUnavailable`` when
    no gateway is configured.
    """
    return open_payment.store(opening, now=now)


def ask_prepay(
    *, payment_id: UUID, opening: Opening, notify_url: str, return_url: str, again: bool = False, now: datetime
) -> Payment:
    """Ask the provider to expect a stored attempt. Never inside a transaction. Raises ``ProviderUnavailable``.

    ``again``: the answer to the first asking was lost, and the same number is asked for once more.
    """
    payment = open_payment.loaded(payment_id)
    result = open_payment.ask_prepay(payment, opening, notify_url=notify_url, return_url=return_url)
    db.in_transaction(lambda: open_payment.keep_prepay(payment, result, again=again, now=now))
    payment = open_payment.loaded(payment_id)
    open_payment.refuse_failed(payment)
    return payment


def ask_code(*, payment_id: UUID, auth_code: str, opening: Opening, now: datetime) -> Payment:
    """Charge the code a customer shows for a stored attempt. Never inside a transaction."""
    payment = open_payment.loaded(payment_id)
    result = open_payment.ask_code(payment, auth_code=auth_code, opening=opening)
    db.in_transaction(lambda: book_outcome.book(payment, result, now=now))
    return open_payment.loaded(payment_id)


def payment(*, id: UUID) -> Payment:
    """Return one payment. Raises ``PaymentUnknown``."""
    return open_payment.loaded(id)


def of_orders(*, order_ids: Sequence[UUID]) -> dict[UUID, list[Payment]]:
    """Return the payments of each order, oldest first."""
    return query.of_orders(order_ids=order_ids)


def live_of(*, order_id: UUID) -> Payment | None:
    """Return the order's payment whose outcome is open, if there is one."""
    of_order = query.of_orders(order_ids=[order_id]).get(order_id, [])
    return next((payment for payment in of_order if payment.state in ask_provider.LIVE), None)


def refresh(*, payment_id: UUID, now: datetime) -> Payment:
    """Ask the provider about a payment and book the answer. Never inside a transaction."""
    ask_provider.refresh(open_payment.loaded(payment_id), now=now)
    return open_payment.loaded(payment_id)


def put_end(*, payment_id: UUID, now: datetime) -> PaymentState:
    """End a payment at the provider; the state says whether money can still arrive. Never inside a transaction."""
    return ask_provider.put_end(open_payment.loaded(payment_id), now=now)


def demand_second_person(
    *, asking: Asking, refunded_fen: int, path: Sequence[str], actor: Actor, now: datetime
) -> None:
    """Let a refund by hand pass that is small, or that a second person approved (used up with it).

    Inside the transaction of the refund, under the lock of its order; ``refunded_fen`` is what the order gave back
    before. Raises ``AwaitsApproval``: give the transaction up inside ``identity.second_person``.
    """
    _second_person.demand(asking, refunded_fen=refunded_fen, path=path, actor=actor, now=now)


def refund(
    *, payment_id: UUID, reason: str, ref: str, amount_fen: int, shift_id: UUID | None = None, now: datetime
) -> Refund:
    """Promise a refund inside the caller's transaction, once per (payment, reason, ref).

    Raises ``RefundTooLarge``; then nothing has changed. Cash and recorded cards are refunded at once,
    providers are asked after the commit.
    """
    return refund_payment.promise(
        payment_id=payment_id, reason=reason, ref=ref, amount_fen=amount_fen, shift_id=shift_id, now=now
    )


def refunds_of(*, payment_ids: Sequence[UUID]) -> dict[UUID, list[Refund]]:
    """Return the refunds of each payment, oldest first."""
    return query.refunds_of(payment_ids=payment_ids)


def cash_totals(*, shift_id: UUID) -> dict[str, tuple[int, int, int]]:
    """Return ``{tender: (paid_fen, refunded_fen, payments)}`` of a shift."""
    return query.shift_totals(shift_id=shift_id)


def take_notification(
    *, tender: Tender, headers: Mapping[str, str], raw: bytes, source: str, now: datetime
) -> Acknowledgement:
    """Verify, store and book a provider's notification; return the answer its sender expects."""
    incoming = notifications.Incoming(tender=tender, headers=headers, raw=raw, source=source)
    return notifications.take(incoming, now=now)


def ask_about_due(*, now: datetime, limit: int = 50) -> int:
    """Ask providers about live payments whose turn it is; return how many were asked."""
    due = query.to_poll(now=now, limit=limit)
    for payment_id in due:
        with _one_by_one("payments.ask_failed", ask_provider.put_off_payment, payment_id, now=now):
            refresh(payment_id=payment_id, now=now)
    return len(due)


def send_due_refunds(*, now: datetime, limit: int = 50) -> int:
    """Send or ask about refunds whose turn it is; return how many."""
    due = query.refunds_to_send(now=now, limit=limit)
    for refund_id in due:
        with _one_by_one("payments.refund_failed", ask_provider.put_off_refund, refund_id, now=now):
            standing = query.refund_by_id(refund_id=refund_id)
            if standing is not None:
                refund_payment.send(standing, now=now)
    return len(due)


@contextmanager
def _one_by_one(event: str, put_off: PutOff, item: UUID, *, now: datetime) -> Iterator[None]:
    """Let one item fail without stopping the others; it is put off, so that it cannot starve them either."""
    try:
        yield
    except Exception as failure:  # noqa: BLE001 - whatever it was, the next payment is not to blame
        _log.warning(event, item=item, **logs.failure(failure))
        put_off(item, now=now)
