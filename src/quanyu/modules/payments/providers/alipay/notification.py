"""Reading a verified notification of Alipay."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from quanyu.modules.payments.providers.alipay.amounts import to_fen
from quanyu.modules.payments.providers.alipay.client import TIME_FORMAT
from quanyu.modules.payments.providers.alipay.config import AlipayConfig
from quanyu.modules.payments.providers.clock import BEIJING
from quanyu.modules.payments.providers.notifications import (
    MalformedNotification,
    Notification,
    NotificationKind,
    NotificationStale,
    TradeState,
    WrongRecipient,
)

# Alipay repeats for 25 hours and may repeat the same signed text, so five minutes are not
# enough here; the notification id and the state of the payment make a replay harmless.
_MAX_AGE = timedelta(hours=48)
_MAX_AHEAD = timedelta(minutes=5)


def read(params: Mapping[str, str], config: AlipayConfig, now: datetime) -> Notification:
    """Read parameters whose signature has been verified already."""
    sent_at = beijing_time(params.get("notify_time"))
    notification_id = params.get("notify_id", "")
    if sent_at is None or not notification_id:
        raise MalformedNotification("notify_time or notify_id is missing")
    if now - sent_at > _MAX_AGE or sent_at - now > _MAX_AHEAD:
        raise NotificationStale(f"sent at {sent_at.isoformat()}")
    if params.get("app_id") != config.app_id or params.get("seller_id") != config.seller_id:
        raise WrongRecipient("another app or seller")
    kind = _kind(params)
    is_refund = kind is NotificationKind.REFUND
    return Notification(
        notification_id=notification_id,
        kind=kind,
        event_type=f"{params.get('notify_type', '')}.{params.get('trade_status', '')}",
        sent_at=sent_at,
        merchant_id=params["seller_id"],
        app_id=params["app_id"],
        out_trade_no=params.get("out_trade_no", ""),
        transaction_id=params.get("trade_no", ""),
        trade_state=_trade_state(params),
        amount_fen=to_fen(params.get("total_amount")),
        currency=params.get("trans_currency") or "CNY",
        payer_id=params.get("buyer_open_id") or params.get("buyer_id", ""),
        paid_at=beijing_time(params.get("gmt_payment")),
        out_refund_no=params.get("out_biz_no", "") if is_refund else "",
        # `refund_fee` is the sum of all refunds so far, not of this one: it is left out.
        refunded_at=beijing_time(params.get("gmt_refund")) if is_refund else None,
    )


def beijing_time(text: object) -> datetime | None:
    """`yyyy-MM-dd HH:mm:ss` with optional milliseconds, as Beijing time."""
    if not isinstance(text, str):
        return None
    try:
        return datetime.strptime(text.partition(".")[0], TIME_FORMAT).replace(tzinfo=BEIJING)
    except ValueError:
        return None


def _kind(params: Mapping[str, str]) -> NotificationKind:
    if params.get("notify_type") != "trade_status_sync":
        return NotificationKind.OTHER
    return NotificationKind.REFUND if _has_refund(params) else NotificationKind.PAYMENT


def _trade_state(params: Mapping[str, str]) -> TradeState | None:
    status = params.get("trade_status")
    if status in ("TRADE_SUCCESS", "TRADE_FINISHED"):
        return TradeState.REFUNDED if _has_refund(params) else TradeState.PAID
    if status == "TRADE_CLOSED":
        return TradeState.REFUNDED if _has_refund(params) else TradeState.CLOSED
    return TradeState.WAITING if status == "WAIT_BUYER_PAY" else None


def _has_refund(params: Mapping[str, str]) -> bool:
    return bool(params.get("gmt_refund")) or (to_fen(params.get("refund_fee")) or 0) > 0
