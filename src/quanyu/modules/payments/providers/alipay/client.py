"""Signed calls to Alipay's gateway, and the links that a payer's browser opens."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from quanyu.modules.payments.providers import rsa_keys
from quanyu.modules.payments.providers.alipay import signing
from quanyu.modules.payments.providers.alipay.config import AlipayConfig
from quanyu.modules.payments.providers.clock import BEIJING, Clock
from quanyu.modules.payments.providers.gateway import CallTrace, ProviderError
from quanyu.modules.payments.providers.transport import Answer, Transport

TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
WAITING_FOR_PAYER = "10003"
# Refused before anything happened; 40004 is a business refusal, its sub_code tells which.
_REFUSALS = frozenset({"20001", "40001", "40002", "40003", "40004", "40006"})
_UNKNOWN_SUB_CODES = frozenset({"ACQ.SYSTEM_ERROR", "aop.ACQ.SYSTEM_ERROR", "isp.unknow-error"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AlipayAnswer:
    """A verified answer: `code` 10000 or 10003 with `data`, or an `error`; `unknown` as ever."""

    code: str
    data: Mapping[str, Any]
    error: ProviderError | None
    unknown: bool
    trace: CallTrace

    @property
    def sub_code(self) -> str:
        """Which refusal it was, or empty."""
        return self.error.code if self.error else ""


class AlipayClient:
    """One application's line to Alipay."""

    def __init__(self, config: AlipayConfig, *, transport: Transport, clock: Clock) -> None:
        self._config = config
        self._transport = transport
        self._clock = clock
        self._private_key = rsa_keys.load_private_key(config.app_private_key)
        self._alipay_key = rsa_keys.load_public_key(config.alipay_public_key)

    def signed_by_alipay(self, text: bytes, signature: str) -> bool:
        """Whether Alipay signed exactly this text."""
        return rsa_keys.verifies(self._alipay_key, text, signature)

    def params(self, method: str, content: Mapping[str, Any], extra: Mapping[str, str]) -> dict[str, str]:
        """Complete, signed parameters of a request."""
        params = {
            "app_id": self._config.app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": self._clock().astimezone(BEIJING).strftime(TIME_FORMAT),
            "version": "1.0",
            "biz_content": json.dumps(content, ensure_ascii=False, separators=(",", ":")),
            **{name: value for name, value in extra.items() if value},
        }
        params["sign"] = rsa_keys.sign(self._private_key, signing.request_text(params))
        return params

    def link(self, method: str, content: Mapping[str, Any], extra: Mapping[str, str]) -> str:
        """Address of Alipay's page for the payer's browser; nothing is sent from here."""
        page = self._config.page_url or self._config.base_url
        return f"{page}?{urlencode(self.params(method, content, extra))}"

    def call(self, method: str, content: Mapping[str, Any], **extra: str) -> AlipayAnswer:
        """Send one request and believe only what Alipay signed."""
        answer = self._transport.send(
            "POST",
            self._config.base_url,
            headers={
                "Content-Type": "application/x-www-form-urlencoded;charset=utf-8",
                "User-Agent": "quanyu",
            },
            body=urlencode(self.params(method, content, extra)).encode(),
        )
        broken = self._broken(method, str(content.get("out_trade_no", "")), answer)
        if broken:
            return _unproven(method, answer, broken)
        return _read(method, answer, signing.take_apart(answer.body).content)

    def _broken(self, method: str, out_trade_no: str, answer: Answer) -> str:
        """Error code when the answer proves nothing, else empty."""
        if answer.failure:
            return answer.failure
        try:
            signed = signing.take_apart(answer.body)
        except signing.MalformedAnswer:
            return "ANSWER_MALFORMED"
        # Answers carry no time and no nonce: one to another question could be played back to us.
        replayed = signed.content.get("out_trade_no", out_trade_no) != out_trade_no
        if replayed or signed.name != f"{method.replace('.', '_')}_response":
            return "ANSWER_UNVERIFIED"
        if not self.signed_by_alipay(signed.signed_text, signed.signature):
            return "ANSWER_UNVERIFIED"
        return ""


def _unproven(method: str, answer: Answer, code: str) -> AlipayAnswer:
    return AlipayAnswer(
        code="",
        data={},
        error=ProviderError(code=code, retryable=True),
        unknown=True,
        trace=_trace(method, answer, code),
    )


def _read(method: str, answer: Answer, content: Mapping[str, Any]) -> AlipayAnswer:
    code = str(content.get("code", ""))
    sub_code = str(content.get("sub_code", ""))
    trace = _trace(method, answer, sub_code or code)
    if code in ("10000", WAITING_FOR_PAYER):
        return AlipayAnswer(code=code, data=content, error=None, unknown=False, trace=trace)
    unknown = code not in _REFUSALS or sub_code in _UNKNOWN_SUB_CODES
    error = ProviderError(
        code=sub_code or code or "ANSWER_MALFORMED",
        message=str(content.get("sub_msg") or content.get("msg") or ""),
        retryable=unknown,
    )
    return AlipayAnswer(code=code, data=content, error=error, unknown=unknown, trace=trace)


def _trace(method: str, answer: Answer, code: str) -> CallTrace:
    return CallTrace(
        endpoint=method,
        request_id=answer.headers.get("traceid", ""),
        http_status=answer.status,
        result_code=code,
        latency_ms=answer.latency_ms,
    )
