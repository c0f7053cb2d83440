"""Forged notifications, each wrong in one way that a shop must notice.

The ones called `genuine_*` are rightly signed by the provider, and still must not be booked:
they name another merchant, order, amount or currency than the order that is being paid.
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric import rsa

from quanyu.modules.payments.providers import rsa_keys
from quanyu.modules.payments.providers.alipay import signing
from quanyu.modules.payments.providers.alipay.amounts import to_fen, to_yuan
from quanyu.modules.payments.providers.wechatpay import v3_signing
from quanyu.modules.payments.simulators import messages
from quanyu.modules.payments.simulators.keys import SimulatorKeys
from quanyu.modules.payments.simulators.messages import Fact, Message

Forgery = Callable[[SimulatorKeys, Fact, datetime], Message]
_SIGNATURE = "Wechatpay-Signature"


def _resigned(**changes: str | None) -> Forgery:
    """A genuine message whose headers are changed afterwards; None removes one."""

    def forge(keys: SimulatorKeys, fact: Fact, now: datetime) -> Message:
        genuine = messages.wechat_message(keys, fact, now)
        headers = dict(genuine.headers)
        for name, value in changes.items():
            header = f"Wechatpay-{name.capitalize()}"
            headers.pop(header)
            if value is not None:
                headers[header] = value
        return Message(tuple(headers.items()), genuine.body)

    return forge


def _signed_at(shift: timedelta) -> Forgery:
    def forge(keys: SimulatorKeys, fact: Fact, now: datetime) -> Message:
        return messages.wechat_message(keys, fact, now + shift)

    return forge


def _other_document(**changes: Any) -> Forgery:
    def forge(keys: SimulatorKeys, fact: Fact, now: datetime) -> Message:
        return messages.wechat_message(keys, replace(fact, document={**fact.document, **changes}), now)

    return forge


def _other_amount(shift: int, currency: str = "CNY") -> Forgery:
    def forge(keys: SimulatorKeys, fact: Fact, now: datetime) -> Message:
        amount = {**fact.document["amount"], "currency": currency}
        amount["total"] += shift
        return _other_document(amount=amount)(keys, fact, now)

    return forge


def _wrong_key(keys: SimulatorKeys, fact: Fact, now: datetime) -> Message:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    genuine = messages.wechat_message(keys, fact, now)
    headers = dict(genuine.headers)
    text = v3_signing.answer_message(headers["Wechatpay-Timestamp"], headers["Wechatpay-Nonce"], genuine.body)
    headers[_SIGNATURE] = rsa_keys.sign(stranger, text)
    return Message(tuple(headers.items()), genuine.body)


def _other_body(keys: SimulatorKeys, fact: Fact, now: datetime) -> Message:
    other = messages.wechat_body(keys, replace(fact, notification_id=secrets.token_hex(16)), now)
    return Message(messages.wechat_message(keys, fact, now).headers, other)


def _reserialised(keys: SimulatorKeys, fact: Fact, now: datetime) -> Message:
    genuine = messages.wechat_message(keys, fact, now)
    return Message(genuine.headers, json.dumps(json.loads(genuine.body), separators=(",", ":")).encode())


def _duplicated_header(keys: SimulatorKeys, fact: Fact, now: datetime) -> Message:
    genuine = messages.wechat_message(keys, fact, now)
    return Message((*genuine.headers, (_SIGNATURE.upper(), dict(genuine.headers)[_SIGNATURE])), genuine.body)


def _timestamp_not_a_number(keys: SimulatorKeys, fact: Fact, now: datetime) -> Message:
    body = messages.wechat_body(keys, fact, now)
    return Message((messages.JSON_TYPE, *messages.wechat_signed(keys, body, "now").items()), body)


def _ciphertext_changed(keys: SimulatorKeys, fact: Fact, now: datetime) -> Message:
    envelope = json.loads(messages.wechat_body(keys, fact, now))
    text = envelope["resource"]["ciphertext"]
    envelope["resource"]["ciphertext"] = ("B" if text[0] == "A" else "A") + text[1:]
    return _enveloped(keys, json.dumps(envelope).encode(), now)


def _other_associated_data(keys: SimulatorKeys, fact: Fact, now: datetime) -> Message:
    return _enveloped(keys, messages.wechat_body(keys, fact, now, associated_data="other"), now)


def _other_apiv3_key(keys: SimulatorKeys, fact: Fact, now: datetime) -> Message:
    return messages.wechat_message(replace(keys, apiv3_key=secrets.token_hex(16)), fact, now)


def _external_entity(keys: SimulatorKeys, fact: Fact, now: datetime) -> Message:
    del fact
    body = b'<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/hostname">]><xml><return_code>&x;</return_code></xml>'
    return _enveloped(keys, body, now)


def _enveloped(keys: SimulatorKeys, body: bytes, now: datetime) -> Message:
    signed = messages.wechat_signed(keys, body, str(int(now.timestamp())))
    return Message((messages.JSON_TYPE, *signed.items()), body)


WECHATPAY: dict[str, Forgery] = {
    "no_signature": _resigned(signature=None),
    "empty_signature": _resigned(signature=""),
    "garbage_signature": _resigned(signature="not base64!"),
    "wrong_key": _wrong_key,
    "merchant_serial": lambda keys, fact, now: _resigned(serial=keys.merchant_serial)(keys, fact, now),
    "unknown_serial": _resigned(serial="5157F09EFDC096DE15EBE81A47057A7232F1B8E1"),
    "other_body": _other_body,
    "reserialised": _reserialised,
    "duplicated_header": _duplicated_header,
    "six_minutes_old": _signed_at(timedelta(minutes=-6)),
    "six_minutes_ahead": _signed_at(timedelta(minutes=6)),
    "one_day_old": _signed_at(timedelta(days=-1)),
    "one_day_ahead": _signed_at(timedelta(days=1)),
    "timestamp_not_a_number": _timestamp_not_a_number,
    "timestamp_missing": _resigned(timestamp=None),
    "timestamp_refreshed": lambda keys, fact, now: _resigned(timestamp=str(int(now.timestamp())))(
        keys, fact, now - timedelta(days=1)
    ),
    "other_nonce": _resigned(nonce="EcZ9Cmy4Xyx1i6RlJQzLcCyEqDa26NBz"),
    "signature_probe": _resigned(signature="WECHATPAY/SIGNTEST/" + "A" * 325),
    "ciphertext_changed": _ciphertext_changed,
    "other_associated_data": _other_associated_data,
    "other_apiv3_key": _other_apiv3_key,
    "external_entity": _external_entity,
    "genuine_other_merchant": _other_document(mchid="1900000002"),
    "genuine_other_app": _other_document(appid="wx9999999999999999"),
    "genuine_other_order": _other_document(out_trade_no="SOMEBODYELSE0001"),
    "genuine_amount_plus_one": _other_amount(1),
    "genuine_amount_minus_one": _other_amount(-1),
    "genuine_other_currency": _other_amount(0, "HKD"),
    "genuine_refunded_state": _other_document(trade_state="REFUND"),
}


def _form(change: Callable[[dict[str, str]], dict[str, str]]) -> Forgery:
    """Parameters changed first and then signed by Alipay: genuine, about something else."""

    def forge(keys: SimulatorKeys, fact: Fact, now: datetime) -> Message:
        params = messages.alipay_signed(keys, change(dict(fact.document)))
        return Message((messages.FORM_TYPE,), urlencode(params).encode())

    return forge


def _tampered(change: Callable[[dict[str, str]], dict[str, str]]) -> Forgery:
    """Parameters changed after Alipay has signed them."""

    def forge(keys: SimulatorKeys, fact: Fact, now: datetime) -> Message:
        params = change(messages.alipay_signed(keys, fact.document))
        return Message((messages.FORM_TYPE,), urlencode(params).encode())

    return forge


def _shifted(params: dict[str, str], fen: int) -> dict[str, str]:
    return {**params, "total_amount": to_yuan((to_fen(params["total_amount"]) or 0) + fen)}


def _alipay_wrong_key(keys: SimulatorKeys, fact: Fact, now: datetime) -> Message:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    sign = rsa_keys.sign(stranger, signing.notification_text(fact.document))
    return Message((messages.FORM_TYPE,), urlencode({**fact.document, "sign": sign}).encode())


def _duplicated_parameter(keys: SimulatorKeys, fact: Fact, now: datetime) -> Message:
    genuine = messages.alipay_message(keys, fact, now)
    return Message(genuine.headers, b"total_amount=0.01&" + genuine.body)


def _not_a_form(keys: SimulatorKeys, fact: Fact, now: datetime) -> Message:
    del keys, fact, now
    return Message((messages.FORM_TYPE,), b"\xff\xfe{}")


ALIPAY: dict[str, Forgery] = {
    "no_signature": _tampered(lambda p: {name: value for name, value in p.items() if name != "sign"}),
    "empty_signature": _tampered(lambda p: {**p, "sign": ""}),
    "garbage_signature": _tampered(lambda p: {**p, "sign": "not base64!"}),
    "wrong_key": _alipay_wrong_key,
    "weak_sign_type": _tampered(lambda p: {**p, "sign_type": "RSA"}),
    "amount_changed": _tampered(lambda p: _shifted(p, 1)),
    "order_changed": _tampered(lambda p: {**p, "out_trade_no": "SOMEBODYELSE0001"}),
    "state_changed": _tampered(lambda p: {**p, "trade_status": "TRADE_FINISHED"}),
    "parameter_added": _tampered(lambda p: {**p, "passback_params": "x"}),
    "parameter_removed": _tampered(lambda p: {name: value for name, value in p.items() if name != "seller_id"}),
    "duplicated_parameter": _duplicated_parameter,
    "not_a_form": _not_a_form,
    "three_days_old": _form(lambda p: {**p, "notify_time": "2020-01-01 00:00:00"}),
    "one_day_ahead": _form(lambda p: {**p, "notify_time": "2120-01-01 00:00:00"}),
    "no_notify_id": _form(lambda p: {**p, "notify_id": ""}),
    "genuine_other_merchant": _form(lambda p: {**p, "seller_id": "2088000000000002"}),
    "genuine_other_app": _form(lambda p: {**p, "app_id": "2021000000000002"}),
    "genuine_other_order": _form(lambda p: {**p, "out_trade_no": "SOMEBODYELSE0001"}),
    "genuine_amount_plus_one": _form(lambda p: _shifted(p, 1)),
    "genuine_amount_minus_one": _form(lambda p: _shifted(p, -1)),
    "genuine_other_currency": _form(lambda p: {**p, "trans_currency": "USD"}),
    "genuine_refunded_state": _form(lambda p: {**p, "refund_fee": p["total_amount"], "out_biz_no": "R1"}),
}
