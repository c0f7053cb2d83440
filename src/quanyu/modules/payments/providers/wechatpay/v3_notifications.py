"""Reading a verified notification of API v3."""

import json
from collections.abc import Mapping
from typing import Any

from quanyu.modules.payments.providers.notifications import (
    MalformedNotification,
    Notification,
    NotificationKind,
    RefundState,
    TradeState,
    WrongRecipient,
)
from quanyu.modules.payments.providers.wechatpay import v3_encryption
from quanyu.modules.payments.providers.wechatpay.config import WechatPayConfig
from quanyu.modules.payments.providers.wechatpay.v3_orders import moment

_TRADE_STATES = {
    "SUCCESS": TradeState.PAID,
    "REFUND": TradeState.REFUNDED,
    "NOTPAY": TradeState.WAITING,
    "USERPAYING": TradeState.WAITING,
    "CLOSED": TradeState.CLOSED,
    "REVOKED": TradeState.CLOSED,
    "PAYERROR": TradeState.CLOSED,
}
_REFUND_STATES = {
    "SUCCESS": RefundState.SUCCEEDED,
    "ABNORMAL": RefundState.ABNORMAL,
    "CLOSED": RefundState.CLOSED,
    "PROCESSING": RefundState.PROCESSING,
}


def read(raw_body: bytes, config: WechatPayConfig) -> Notification:
    """Decrypt and read a notification whose signature has been verified already."""
    envelope = _object(raw_body, "the body")
    event_type = envelope.get("event_type")
    sent_at = moment(envelope.get("create_time"))
    notification_id = envelope.get("id")
    if not (isinstance(event_type, str) and sent_at and isinstance(notification_id, str)):
        raise MalformedNotification("the envelope lacks id, event_type or create_time")
    plain = v3_encryption.open_resource(config.apiv3_key.encode(), envelope.get("resource"))
    document = _object(plain, "the resource")
    kind = _kind(event_type)
    if kind is not NotificationKind.OTHER:
        _check_recipient(document, config, with_app=kind is NotificationKind.PAYMENT)
    amount = document.get("amount")
    amount = amount if isinstance(amount, Mapping) else {}
    payer = document.get("payer")
    is_refund = kind is NotificationKind.REFUND
    if is_refund and _fen(amount.get("refund")) is None:
        raise MalformedNotification("a refund without its amount")
    succeeded_at = moment(document.get("success_time"))
    return Notification(
        notification_id=notification_id,
        kind=kind,
        event_type=event_type,
        sent_at=sent_at,
        merchant_id=str(document.get("mchid", "")),
        app_id=str(document.get("appid", "")),
        out_trade_no=str(document.get("out_trade_no", "")),
        transaction_id=str(document.get("transaction_id", "")),
        trade_state=_TRADE_STATES.get(str(document.get("trade_state"))),
        amount_fen=_fen(amount.get("total")),
        currency=str(amount.get("currency", "CNY")),
        payer_id=str(payer.get("openid", "")) if isinstance(payer, Mapping) else "",
        paid_at=None if is_refund else succeeded_at,
        out_refund_no=str(document.get("out_refund_no", "")) if is_refund else "",
        refund_id=str(document.get("refund_id", "")) if is_refund else "",
        refund_state=_REFUND_STATES.get(str(document.get("refund_status"))) if is_refund else None,
        refund_fen=_fen(amount.get("refund")) if is_refund else None,
        refunded_at=succeeded_at if is_refund else None,
    )


def _kind(event_type: str) -> NotificationKind:
    if event_type.startswith("TRANSACTION."):
        return NotificationKind.PAYMENT
    if event_type.startswith("REFUND."):
        return NotificationKind.REFUND
    return NotificationKind.OTHER


def _check_recipient(document: Mapping[str, Any], config: WechatPayConfig, *, with_app: bool) -> None:
    if document.get("mchid") != config.merchant_id:
        raise WrongRecipient("another merchant")
    if with_app and document.get("appid") not in config.app_ids:
        raise WrongRecipient("another app")


def _object(raw: bytes, what: str) -> dict[str, Any]:
    try:
        document = json.loads(raw)
    except ValueError as error:
        raise MalformedNotification(f"{what} is not JSON") from error
    if not isinstance(document, dict):
        raise MalformedNotification(f"{what} is not an object")
    return document


def _fen(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
