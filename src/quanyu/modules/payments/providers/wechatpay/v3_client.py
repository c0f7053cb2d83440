"""Signed calls to API v3: what leaves is signed, what returns is verified before it is read."""

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from quanyu.modules.payments.providers import rsa_keys
from quanyu.modules.payments.providers.clock import Clock, Nonce
from quanyu.modules.payments.providers.gateway import CallTrace, ProviderError
from quanyu.modules.payments.providers.notifications import NotificationRefused, SerialUnknown
from quanyu.modules.payments.providers.transport import Answer, Transport
from quanyu.modules.payments.providers.wechatpay import v3_encryption, v3_signing
from quanyu.modules.payments.providers.wechatpay.config import WechatPayConfig

UNVERIFIED = "ANSWER_UNVERIFIED"
_REFRESH_INTERVAL = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class V3Answer:
    """`data` when the call succeeded, else an `error`; `unknown` when it proves nothing."""

    data: Mapping[str, Any]
    error: ProviderError | None
    unknown: bool
    trace: CallTrace

    @property
    def code(self) -> str:
        """Error code, or empty after success."""
        return self.error.code if self.error else ""


class V3Client:
    """One merchant's line to API v3, with the platform keys known so far."""

    def __init__(self, config: WechatPayConfig, *, transport: Transport, clock: Clock, nonce: Nonce) -> None:
        self._config = config
        self._transport = transport
        self._clock = clock
        self._nonce = nonce
        self.private_key = rsa_keys.load_private_key(config.merchant_private_key)
        self._keys: dict[str, RSAPublicKey] = {
            serial: rsa_keys.load_public_key(pem) for serial, pem in config.platform_keys.items()
        }
        self._refresh_lock = threading.Lock()
        self._refreshed_at: datetime | None = None

    def call(self, method: str, target: str, payload: Mapping[str, Any] | None, *, endpoint: str) -> V3Answer:
        """Send one request. `target` is path plus query, `endpoint` its name for the record."""
        answer = self._send(method, target, payload)
        document = _json_object(answer.body)
        code = _text(document.get("code"))
        trace = _trace(endpoint, answer, code)
        if answer.failure or answer.status == 429:
            error = ProviderError(
                code=code or answer.failure or "RATE_LIMITED",
                message=_text(document.get("message")),
                retryable=True,
            )
            return V3Answer(data={}, error=error, unknown=True, trace=trace)
        succeeded = answer.status in (200, 202, 204)
        if not self._genuine(answer, must_be_signed=succeeded) or not (succeeded or code):
            # An unsigned success is a forgery; a refusal without a code is some proxy's page.
            error = ProviderError(code=UNVERIFIED, retryable=True)
            return V3Answer(data={}, error=error, unknown=True, trace=trace)
        if succeeded:
            return V3Answer(data=document, error=None, unknown=False, trace=trace)
        error = ProviderError(code=code, message=_text(document.get("message")))
        return V3Answer(data={}, error=error, unknown=False, trace=trace)

    def verify(
        self,
        headers: Mapping[str, str] | Iterable[tuple[str, str]],
        body: bytes,
        now: datetime,
    ) -> None:
        """Raise `NotificationRefused` unless a known platform key signed the bytes just now."""
        signed = v3_signing.signature_headers(headers)
        v3_signing.verify(signed, body, keys=self._keys, now=now)

    def refresh_keys(self) -> bool:
        """Fetch the platform certificates; True if one of them is new."""
        with self._refresh_lock:
            now = self._clock()
            if self._refreshed_at and now - self._refreshed_at < _REFRESH_INTERVAL:
                return False
            self._refreshed_at = now
            answer = self._send("GET", "/v3/certificates", None)
            if answer.status != 200:
                return False
            fetched = self._certificates(_json_object(answer.body))
            try:
                signed = v3_signing.signature_headers(answer.headers)
                v3_signing.verify(signed, answer.body, keys=fetched, now=now)
            except NotificationRefused:
                return False
            news = fetched.keys() - self._keys.keys()
            self._keys = {**self._keys, **fetched}
            return bool(news)

    def _certificates(self, document: Mapping[str, Any]) -> dict[str, RSAPublicKey]:
        """Keys by serial. Only WeChat can have sealed them with our APIv3 key."""
        keys: dict[str, RSAPublicKey] = {}
        entries = document.get("data")
        for entry in entries if isinstance(entries, list) else []:
            try:
                pem = v3_encryption.open_resource(
                    self._config.apiv3_key.encode(), entry.get("encrypt_certificate")
                ).decode()
                keys[rsa_keys.certificate_serial(pem)] = rsa_keys.load_public_key(pem)
            except (NotificationRefused, ValueError, AttributeError):
                continue
        return keys

    def _genuine(self, answer: Answer, *, must_be_signed: bool) -> bool:
        if not must_be_signed and "Wechatpay-Signature" not in answer.headers:
            return True
        try:
            self.verify(answer.headers, answer.body, self._clock())
        except SerialUnknown:
            return self.refresh_keys() and self._genuine(answer, must_be_signed=True)
        except NotificationRefused:
            return False
        return True

    def _send(self, method: str, target: str, payload: Mapping[str, Any] | None) -> Answer:
        body = b""
        if payload is not None:
            body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        authorization = v3_signing.authorization(
            self.private_key,
            merchant_id=self._config.merchant_id,
            serial=self._config.merchant_serial,
            method=method,
            target=target,
            timestamp=int(self._clock().timestamp()),
            nonce=self._nonce(),
            body=body,
        )
        headers = {
            "Authorization": authorization,
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": "quanyu",
        }
        return self._transport.send(method, self._config.base_url + target, headers=headers, body=body)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body) if body else {}
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _trace(endpoint: str, answer: Answer, code: str) -> CallTrace:
    return CallTrace(
        endpoint=endpoint,
        request_id=answer.headers.get("Request-Id", ""),
        http_status=answer.status,
        result_code=code,
        latency_ms=answer.latency_ms,
    )
