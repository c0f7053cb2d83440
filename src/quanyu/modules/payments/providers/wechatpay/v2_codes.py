"""Payment codes (付款码) over API v2: charge, ask, reverse.

WeChat publishes no v3 interface for payment codes. A result that is not in the lists below
is UNKNOWN: charging again under another number is how a shopper pays twice.
"""

from collections.abc import Mapping
from datetime import datetime

from quanyu.modules.payments.providers.clock import BEIJING, Nonce
from quanyu.modules.payments.providers.gateway import (
    CallTrace,
    CodePaymentRequest,
    Outcome,
    PaymentResult,
    ProviderError,
)
from quanyu.modules.payments.providers.transport import Transport
from quanyu.modules.payments.providers.wechatpay import v2_messages
from quanyu.modules.payments.providers.wechatpay.config import WechatPayConfig
from quanyu.modules.payments.providers.wechatpay.v3_orders import TRADE_STATES

_SIGN_TYPE: v2_messages.SignType = "HMAC-SHA256"
_REFUSED = frozenset(
    {
        "APPID_MCHID_NOT_MATCH",
        "APPID_NOT_EXIST",
        "AUTHCODEEXPIRE",
        "AUTH_CODE_ERROR",
        "AUTH_CODE_INVALID",
        "BUYER_MISMATCH",
        "LACK_PARAMS",
        "MCHID_NOT_EXIST",
        "NOAUTH",
        "NOTENOUGH",
        "NOTSUPORTCARD",
        "NOT_UTF8",
        "PARAM_ERROR",
        "POST_DATA_EMPTY",
        "REQUIRE_POST_METHOD",
        "SIGNERROR",
        "TRADE_ERROR",
        "XML_FORMAT_ERROR",
    }
)
_CLOSED = frozenset({"ORDERCLOSED", "ORDERREVERSED"})


class V2Codes:
    """Code payments of one merchant."""

    def __init__(self, config: WechatPayConfig, *, transport: Transport, nonce: Nonce) -> None:
        self._config = config
        self._transport = transport
        self._nonce = nonce

    def charge(self, request: CodePaymentRequest) -> PaymentResult:
        """Charge the shown code. WAITING: the payer is typing a password."""
        fields, trace = self._call(
            "/pay/micropay",
            {
                "appid": request.app_id or self._config.app_ids[0],
                "body": request.subject[:127],
                "out_trade_no": request.out_trade_no,
                "total_fee": str(request.amount_fen),
                "spbill_create_ip": request.client_ip,
                "device_info": request.terminal_id[:32],
                "auth_code": request.auth_code,
            },
        )
        code = fields.get("err_code", "")
        if _succeeded(fields):
            return self._paid(request.out_trade_no, fields, trace)
        if code == "USERPAYING":
            outcome = Outcome.WAITING
        elif code in _CLOSED:
            outcome = Outcome.CLOSED
        elif code in _REFUSED:
            outcome = Outcome.FAILED
        else:
            outcome = Outcome.UNKNOWN
        return self._without_money(request.out_trade_no, outcome, fields, trace)

    def query(self, out_trade_no: str) -> PaymentResult:
        """State of a code payment by our own number."""
        fields, trace = self._call(
            "/pay/orderquery",
            {"appid": self._config.app_ids[0], "out_trade_no": out_trade_no},
        )
        if not _succeeded(fields):
            absent = fields.get("err_code") in ("ORDERNOTEXIST", "ORDER_NOT_EXIST")
            outcome = Outcome.ABSENT if absent else Outcome.UNKNOWN
            return self._without_money(out_trade_no, outcome, fields, trace)
        outcome = TRADE_STATES.get(fields.get("trade_state", ""), Outcome.UNKNOWN)
        if outcome in (Outcome.PAID, Outcome.REFUNDED):
            return self._paid(out_trade_no, fields, trace, outcome)
        return self._without_money(out_trade_no, outcome, fields, trace)

    def reverse(self, out_trade_no: str) -> PaymentResult:
        """Undo the payment. WeChat asks for 15 seconds between charge and reversal."""
        fields, trace = self._call(
            "/secapi/pay/reverse",
            {"appid": self._config.app_ids[0], "out_trade_no": out_trade_no},
            client_certificate=self._config.client_certificate,
        )
        if _succeeded(fields) and fields.get("recall") != "Y":
            outcome = Outcome.CLOSED
        elif fields.get("err_code") in ("ORDERNOTEXIST", "ORDER_NOT_EXIST"):
            outcome = Outcome.ABSENT
        else:
            outcome = Outcome.UNKNOWN
        return self._without_money(out_trade_no, outcome, fields, trace)

    def _call(
        self,
        path: str,
        fields: Mapping[str, str],
        *,
        client_certificate: tuple[str, str] | None = None,
    ) -> tuple[dict[str, str], CallTrace]:
        """Fields of a verified answer; of any other answer only its error, under `err_code`."""
        message = {
            **fields,
            "mch_id": self._config.merchant_id,
            "nonce_str": self._nonce(),
            "sign_type": _SIGN_TYPE,
        }
        message["sign"] = v2_messages.sign(message, self._config.apiv2_key, _SIGN_TYPE)
        answer = self._transport.send(
            "POST",
            self._config.base_url + path,
            headers={"Content-Type": "text/xml; charset=utf-8", "User-Agent": "quanyu"},
            body=v2_messages.to_xml(message),
            client_certificate=client_certificate,
        )
        received = self._verified(answer.body, answer.failure)
        trace = CallTrace(
            endpoint=f"v2{path}",
            http_status=answer.status,
            result_code=received.get("err_code") or received.get("result_code", ""),
            latency_ms=answer.latency_ms,
        )
        return received, trace

    def _verified(self, body: bytes, failure: str) -> dict[str, str]:
        if failure:
            return {"err_code": failure}
        try:
            received = v2_messages.from_xml(body)
        except v2_messages.MalformedMessage:
            return {"err_code": "ANSWER_MALFORMED"}
        if received.get("return_code") != "SUCCESS":
            # Unsigned by design, so it proves nothing about the money.
            return {"err_code": "RETURN_FAIL", "err_code_des": received.get("return_msg", "")}
        if (
            not v2_messages.verifies(received, self._config.apiv2_key, _SIGN_TYPE)
            or received.get("mch_id") != self._config.merchant_id
        ):
            return {"err_code": "ANSWER_UNVERIFIED"}
        return received

    def _paid(
        self,
        out_trade_no: str,
        fields: Mapping[str, str],
        trace: CallTrace,
        outcome: Outcome = Outcome.PAID,
    ) -> PaymentResult:
        total = fields.get("total_fee", "")
        if fields.get("out_trade_no") != out_trade_no:
            outcome = Outcome.UNKNOWN
        return PaymentResult(
            outcome=outcome,
            out_trade_no=out_trade_no,
            transaction_id=fields.get("transaction_id", ""),
            amount_fen=int(total) if total.isdecimal() else None,
            currency=fields.get("fee_type") or "CNY",
            merchant_id=fields.get("mch_id", ""),
            app_id=fields.get("appid", ""),
            payer_id=fields.get("openid", ""),
            paid_at=_beijing_time(fields.get("time_end", "")),
            trace=trace,
        )

    def _without_money(
        self, out_trade_no: str, outcome: Outcome, fields: Mapping[str, str], trace: CallTrace
    ) -> PaymentResult:
        code = fields.get("err_code") or ("RECALL" if fields.get("recall") == "Y" else "")
        error = ProviderError(
            code=code,
            message=fields.get("err_code_des", ""),
            retryable=outcome is Outcome.UNKNOWN,
        )
        return PaymentResult(
            outcome=outcome,
            out_trade_no=out_trade_no,
            transaction_id=fields.get("transaction_id", ""),
            merchant_id=fields.get("mch_id", ""),
            app_id=fields.get("appid", ""),
            error=error if code else None,
            trace=trace,
        )


def _succeeded(fields: Mapping[str, str]) -> bool:
    return fields.get("result_code") == "SUCCESS"


def _beijing_time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=BEIJING)
    except ValueError:
        return None
