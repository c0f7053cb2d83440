"""Notifications as each provider writes, seals and signs them."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from quanyu.modules.payments.providers import rsa_keys
from quanyu.modules.payments.providers.alipay import signing
from quanyu.modules.payments.providers.alipay.amounts import to_yuan
from quanyu.modules.payments.providers.clock import BEIJING
from quanyu.modules.payments.providers.wechatpay import v3_encryption, v3_signing
from quanyu.modules.payments.simulators.book import Refund, Trade
from quanyu.modules.payments.simulators.keys import ALIPAY_SELLER_ID, MERCHANT_ID, SimulatorKeys

JSON_TYPE = ("Content-Type", "application/json")
FORM_TYPE = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted to a notify_url."""

    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing to tell about a trade; keeps its id over all deliveries."""

    notification_id: str
    event_type: str
    document: Mapping[str, Any] = field(default_factory=dict)


def beijing(text: str) -> str:
    """An ISO time as Alipay writes it; empty stays empty."""
    return f"{datetime.fromisoformat(text).astimezone(BEIJING):%Y-%m-%d %H:%M:%S}" if text else ""


def rfc3339(text: str) -> str:
    """An ISO time as WeChat writes it."""
    return datetime.fromisoformat(text).astimezone(BEIJING).isoformat(timespec="seconds")


def wechat_trade_state(trade: Trade) -> str:
    """The provider's word; any refund turns SUCCESS into REFUND."""
    return "REFUND" if trade.refunds else str(trade.state)


def wechat_transaction(trade: Trade) -> dict[str, Any]:
    """The transaction document of a query or a notification."""
    document: dict[str, Any] = {
        "appid": trade.app_id,
        "mchid": MERCHANT_ID,
        "out_trade_no": trade.out_trade_no,
        "trade_state": wechat_trade_state(trade),
        "trade_state_desc": "",
        "amount": {"total": trade.amount_fen, "currency": "CNY"},
    }
    if trade.paid_at:
        document |= {
            "transaction_id": trade.trade_no,
            "trade_type": {"jsapi": "JSAPI", "h5": "MWEB", "code": "MICROPAY"}.get(trade.scene, "NATIVE"),
            "bank_type": "OTHERS",
            "success_time": rfc3339(trade.paid_at),
            "payer": {"openid": trade.payer_id},
            "attach": "",
        }
        document["amount"] |= {"payer_total": trade.amount_fen, "payer_currency": "CNY"}
    return document


def wechat_payment(trade: Trade) -> Fact:
    """TRANSACTION.SUCCESS."""
    return Fact(
        notification_id=secrets.token_hex(16),
        event_type="TRANSACTION.SUCCESS",
        document={**wechat_transaction(trade), "trade_state": "SUCCESS"},
    )


def wechat_refund(trade: Trade, refund: Refund) -> Fact:
    """REFUND.SUCCESS."""
    document = {
        "mchid": MERCHANT_ID,
        "out_trade_no": trade.out_trade_no,
        "transaction_id": trade.trade_no,
        "out_refund_no": refund.out_refund_no,
        "refund_id": refund.refund_id,
        "refund_status": "SUCCESS",
        "success_time": rfc3339(refund.settled_at),
        "user_received_account": "支付用户零钱",
        "amount": {
            "total": trade.amount_fen,
            "refund": refund.amount_fen,
            "payer_total": trade.amount_fen,
            "payer_refund": refund.amount_fen,
        },
    }
    return Fact(notification_id=secrets.token_hex(16), event_type="REFUND.SUCCESS", document=document)


def wechat_body(keys: SimulatorKeys, fact: Fact, now: datetime, *, associated_data: str = "") -> bytes:
    """The envelope with the sealed document."""
    original = "refund" if fact.event_type.startswith("REFUND") else "transaction"
    nonce = secrets.token_hex(6)
    plain = json.dumps(fact.document, ensure_ascii=False).encode()
    sealed = v3_encryption.encrypt(
        keys.apiv3_key.encode(), nonce=nonce, associated_data=associated_data or original, plaintext=plain
    )
    envelope = {
        "id": fact.notification_id,
        "create_time": now.astimezone(BEIJING).isoformat(timespec="seconds"),
        "resource_type": "encrypt-resource",
        "event_type": fact.event_type,
        "summary": "支付成功",
        "resource": {
            "original_type": original,
            "algorithm": v3_encryption.ALGORITHM,
            "ciphertext": sealed,
            "associated_data": original,
            "nonce": nonce,
        },
    }
    return json.dumps(envelope, ensure_ascii=False).encode()


def wechat_signed(keys: SimulatorKeys, body: bytes, timestamp: str) -> dict[str, str]:
    """Signature headers over these bytes, by the current platform key."""
    platform = keys.platform[-1]
    nonce = secrets.token_hex(16)
    message = v3_signing.answer_message(timestamp, nonce, body)
    return {
        "Wechatpay-Serial": platform.serial,
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Signature": rsa_keys.sign(rsa_keys.load_private_key(platform.private_key), message),
        "Wechatpay-Signature-Type": v3_signing.SCHEME,
    }


def wechat_message(keys: SimulatorKeys, fact: Fact, now: datetime) -> Message:
    """A genuine notification of WeChat Pay."""
    body = wechat_body(keys, fact, now)
    signed = wechat_signed(keys, body, str(int(now.timestamp())))
    return Message((JSON_TYPE, *signed.items()), body)


def alipay_payment(trade: Trade, now: datetime) -> Fact:
    """trade_status_sync after a payment or a refund; the whole state of the trade."""
    settled = sorted(refund.settled_at for refund in trade.refunds.values() if refund.settled_at)
    fully = trade.refunded_fen == trade.amount_fen
    params = {
        "notify_time": f"{now.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}",
        "notify_type": "trade_status_sync",
        "notify_id": secrets.token_hex(17),
        "app_id": trade.app_id,
        "charset": "utf-8",
        "version": "1.0",
        "sign_type": "RSA2",
        "trade_no": trade.trade_no,
        "out_trade_no": trade.out_trade_no,
        "buyer_id": trade.payer_id,
        "seller_id": ALIPAY_SELLER_ID,
        "trade_status": "TRADE_CLOSED" if fully else "TRADE_SUCCESS",
        "total_amount": to_yuan(trade.amount_fen),
        "receipt_amount": to_yuan(trade.amount_fen),
        "subject": trade.subject,
        "gmt_create": beijing(trade.created_at),
        "gmt_payment": beijing(trade.paid_at),
    }
    if trade.refunds:
        params |= {
            "out_biz_no": list(trade.refunds)[-1],
            "refund_fee": to_yuan(trade.refunded_fen),
            "gmt_refund": beijing(settled[-1]) if settled else "",
        }
    return Fact(notification_id=params["notify_id"], event_type="trade_status_sync", document=params)


def alipay_signed(keys: SimulatorKeys, params: Mapping[str, str]) -> dict[str, str]:
    """The same parameters with Alipay's signature."""
    key = rsa_keys.load_private_key(keys.alipay_private_key)
    return {**params, "sign": rsa_keys.sign(key, signing.notification_text(params))}


def alipay_message(keys: SimulatorKeys, fact: Fact, now: datetime) -> Message:
    """A genuine notification of Alipay; a repetition is the very same text."""
    del now
    return Message((FORM_TYPE,), urlencode(alipay_signed(keys, fact.document)).encode())
