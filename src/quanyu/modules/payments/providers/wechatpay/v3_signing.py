"""Signatures of API v3: of our requests, of WeChat's answers and notifications, for the payer.

Every function works on the bytes that travel. Nothing is parsed before it is verified.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from quanyu.modules.payments.providers import rsa_keys
from quanyu.modules.payments.providers.notifications import (
    MalformedNotification,
    NotificationStale,
    SerialUnknown,
    SignatureMissing,
    SignatureProbe,
    SignatureWrong,
)

SCHEME = "WECHATPAY2-SHA256-RSA2048"
MAX_AGE_S = 300
_PROBE_PREFIX = "WECHATPAY/SIGNTEST/"
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNED_HEADERS = (
    "wechatpay-timestamp",
    "wechatpay-nonce",
    "wechatpay-signature",
    "wechatpay-serial",
)


@dataclass(frozen=True, slots=True)
class SignatureHeaders:
    """The four headers that carry a signature of WeChat Pay."""

    timestamp: str
    nonce: str
    signature: str
    serial: str


def request_message(method: str, target: str, timestamp: int, nonce: str, body: bytes) -> bytes:
    """The five lines that a request signs; `target` is path plus query as sent."""
    return f"{method}\n{target}\n{timestamp}\n{nonce}\n".encode() + body + b"\n"


def answer_message(timestamp: str, nonce: str, body: bytes) -> bytes:
    """The three lines that an answer or a notification signs."""
    return f"{timestamp}\n{nonce}\n".encode() + body + b"\n"


def authorization(
    key: RSAPrivateKey,
    *,
    merchant_id: str,
    serial: str,
    method: str,
    target: str,
    timestamp: int,
    nonce: str,
    body: bytes,
) -> str:
    """Value of the Authorization header."""
    signature = rsa_keys.sign(key, request_message(method, target, timestamp, nonce, body))
    return (
        f'{SCHEME} mchid="{merchant_id}",nonce_str="{nonce}",timestamp="{timestamp}",'
        f'serial_no="{serial}",signature="{signature}"'
    )


def pay_sign(key: RSAPrivateKey, *, app_id: str, timestamp: int, nonce: str, package: str) -> str:
    """Signature with which the payer's app starts the payment.

    `package` is `prepay_id=wx…` for JSAPI and mini-programs, the bare prepay id for apps.
    """
    return rsa_keys.sign(key, f"{app_id}\n{timestamp}\n{nonce}\n{package}\n".encode())


def signature_headers(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> SignatureHeaders:
    """Pick the signature headers; names in any case, each exactly once and not empty."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    found: dict[str, str] = {}
    for name, value in pairs:
        lower = name.lower()
        if lower in _SIGNED_HEADERS:
            if lower in found:
                raise SignatureMissing(f"{lower} is given twice")
            found[lower] = value
    missing = [name for name in _SIGNED_HEADERS if not found.get(name)]
    if missing:
        raise SignatureMissing(", ".join(missing))
    return SignatureHeaders(*(found[name] for name in _SIGNED_HEADERS))


def verify(signed: SignatureHeaders, body: bytes, *, keys: Mapping[str, RSAPublicKey], now: datetime) -> None:
    """Raise unless a known key signed these bytes within five minutes of `now`."""
    if signed.signature.startswith(_PROBE_PREFIX):
        raise SignatureProbe("WeChat probes whether signatures are verified")
    key = keys.get(signed.serial)
    if key is None:
        raise SerialUnknown(signed.serial[:64])
    message = answer_message(signed.timestamp, signed.nonce, body)
    if not rsa_keys.verifies(key, message, signed.signature):
        raise SignatureWrong("the signature does not fit the bytes")
    if not _TIMESTAMP.fullmatch(signed.timestamp):
        raise MalformedNotification("the timestamp is not a number of seconds")
    if abs(now.timestamp() - int(signed.timestamp)) > MAX_AGE_S:
        raise NotificationStale(f"signed at {signed.timestamp}")
