"""A provider's notification, in the order that keeps it honest (reliability 5.12).

Raw bytes, signature, freshness (all in the gateway), stored once, payment locked, compared with our own
record, booked with the order's reaction, committed, acknowledged. Whatever is refused changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
import structlog

from quanyu.modules.payments.contracts import Tender
from quanyu.modules.payments.ops import book_outcome, gateways, refund_payment
from quanyu.modules.payments.providers.gateway import Acknowledgement, Gateway, RefundOutcome
from quanyu.modules.payments.providers.notifications import (
    Notification,
    NotificationKind,
    NotificationRefused,
    RefundState,
    SerialUnknown,
    TradeState,
)
from quanyu.modules.payments.queries import payments as query
from quanyu.platform import db, rate

_log = structlog.get_logger(__name__)
REJECTED_KEPT_AN_HOUR = 100
_KEPT_HEADERS = ("wechatpay-serial", "wechatpay-timestamp", "wechatpay-nonce", "wechatpay-signature", "content-type")
_REFUND_OUTCOMES = {
    RefundState.SUCCEEDED: RefundOutcome.SUCCEEDED,
    RefundState.CLOSED: RefundOutcome.CLOSED,
    RefundState.ABNORMAL: RefundOutcome.ABNORMAL,
}


class NotOurs(Exception):
    """A genuine notification that does not fit our record: nothing is booked, a person looks at it."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as it came over the wire."""

    tender: Tender
    headers: Mapping[str, str]
    raw: bytes
    source: str


def take(incoming: Incoming, *, now: datetime) -> Acknowledgement:
    """Verify, store and book a notification; return the answer its sender expects."""
    gateway = gateways.of(incoming.tender)
    try:
        notification = _verified(gateway, incoming, now=now)
    except NotificationRefused as refusal:
        _keep_rejected(incoming, reason=refusal.code, now=now)
        return gateway.refuse(refusal.code)
    _keep(incoming, notification, now=now)
    try:
        outcome = db.in_transaction(lambda: _book(incoming.tender, notification, now=now))
    except NotOurs as doubt:
        _log.warning("payments.notification_not_ours", provider=incoming.tender.value, why=str(doubt))
        _close(incoming.tender, notification, outcome=f"not_ours: {doubt}", now=now, processed=False)
        return gateway.refuse("not_ours")
    _close(incoming.tender, notification, outcome=outcome, now=now, processed=True)
    return gateway.acknowledge()


def _verified(gateway: Gateway, incoming: Incoming, *, now: datetime) -> Notification:
    try:
        return gateway.parse_notification(incoming.headers, incoming.raw, now)
    except SerialUnknown:
        # A certificate may have changed since we last looked; the gateway limits how often it asks.
        if not gateway.refresh_keys():
            raise
        return gateway.parse_notification(incoming.headers, incoming.raw, now)


def _keep(incoming: Incoming, notification: Notification, *, now: datetime) -> None:
    headers = {name: value for name, value in incoming.headers.items() if name.lower() in _KEPT_HEADERS}
    db.execute(
        "INSERT INTO payments_notification (provider, notify_id, kind, raw, headers, received_at, outcome) "
        "VALUES (%s, %s, %s, %s, %s::jsonb, %s, '') ON CONFLICT (provider, notify_id) DO NOTHING",
        [
            incoming.tender.value,
            notification.notification_id,
            notification.event_type[:40],
            incoming.raw,
            msgspec.json.encode(headers).decode(),
            now,
        ],
    )


def _keep_rejected(incoming: Incoming, *, reason: str, now: datetime) -> None:
    """Note a forgery as evidence; a flood of them from one place shall not fill the disk."""
    try:
        rate.hit("payments.rejected", rate.household(incoming.source), REJECTED_KEPT_AN_HOUR, 3600, now)
    except rate.RateLimited:
        return
    db.execute(
        "INSERT INTO payments_rejected_notification (provider, reason, body_sha256, source, received_at) "
        "VALUES (%s, %s, %s, %s, %s)",
        [incoming.tender.value, reason, hashlib.sha256(incoming.raw).digest(), incoming.source[:60], now],
    )


def _book(tender: Tender, notification: Notification, *, now: datetime) -> str:
    if notification.kind is NotificationKind.PAYMENT:
        return _book_payment(tender, notification, now=now)
    if notification.kind is NotificationKind.REFUND:
        return _book_refund(notification, now=now)
    return "ignored"


def _book_payment(tender: Tender, notification: Notification, *, now: datetime) -> str:
    payment = query.by_number(tender=tender.value, out_trade_no=notification.out_trade_no, lock=True)
    if payment is None:
        raise NotOurs("no such payment")
    disagreements = notification.disagreements(out_trade_no=payment.out_trade_no, amount_fen=payment.amount_fen)
    if disagreements:
        raise NotOurs(", ".join(disagreements))
    if notification.trade_state is not TradeState.PAID:
        return f"noted: {notification.trade_state}"
    fresh = book_outcome.succeed(
        payment, transaction_id=notification.transaction_id, paid_at=notification.paid_at, now=now
    )
    return "booked" if fresh else "known"


def _book_refund(notification: Notification, *, now: datetime) -> str:
    refund = query.refund_by_number(out_refund_no=notification.out_refund_no)
    if refund is None:
        raise NotOurs("no such refund")
    if notification.refund_state is None:
        return "noted: the refund job will ask"
    if notification.refund_fen not in (None, refund.amount_fen):
        raise NotOurs("refund amount")
    outcome = _REFUND_OUTCOMES.get(notification.refund_state, RefundOutcome.PROCESSING)
    return f"refund {refund_payment.book(refund, outcome, refund_id=notification.refund_id, now=now)}"


def _close(tender: Tender, notification: Notification, *, outcome: str, now: datetime, processed: bool) -> None:
    db.execute(
        "UPDATE payments_notification SET outcome = %s, processed_at = CASE WHEN %s THEN %s::timestamptz END "
        "WHERE provider = %s AND notify_id = %s AND processed_at IS NULL",
        [outcome[:200], processed, now, tender.value, notification.notification_id],
    )
