"""Orders and refunds of API v3: our request out, WeChat's words translated back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from quanyu.modules.payments.providers.cashier import page_address
from quanyu.modules.payments.providers.clock import BEIJING, Clock, Nonce
from quanyu.modules.payments.providers.gateway import (
    Outcome,
    PaymentResult,
    PrepayRequest,
    PrepayResult,
    ProviderError,
    RefundOutcome,
    RefundRequest,
    RefundResult,
    Scene,
)
from quanyu.modules.payments.providers.refusals import believed_refusal
from quanyu.modules.payments.providers.wechatpay import v3_signing
from quanyu.modules.payments.providers.wechatpay.config import WechatPayConfig
from quanyu.modules.payments.providers.wechatpay.v3_client import V3Answer, V3Client

TRADE_STATES = {
    "SUCCESS": Outcome.PAID,
    "REFUND": Outcome.REFUNDED,
    "NOTPAY": Outcome.WAITING,
    "USERPAYING": Outcome.WAITING,
    "CLOSED": Outcome.CLOSED,
    "REVOKED": Outcome.CLOSED,
    "PAYERROR": Outcome.FAILED,
}
REFUND_STATES = {
    "SUCCESS": RefundOutcome.SUCCEEDED,
    "PROCESSING": RefundOutcome.PROCESSING,
    "CLOSED": RefundOutcome.CLOSED,
    "ABNORMAL": RefundOutcome.ABNORMAL,
}
_ALREADY_PAID = frozenset({"ORDERPAID", "ORDER_PAID"})
_ALREADY_CLOSED = frozenset({"ORDERCLOSED", "ORDER_CLOSED"})
_ABSENT = frozenset({"ORDERNOTEXIST", "ORDER_NOT_EXIST", "RESOURCE_NOT_EXISTS"})
# "The number is in use": what came of the earlier call is not said, so nothing may be concluded.
_NUMBER_IN_USE = frozenset({"INVALID_REQUEST", "OUT_TRADE_NO_USED"})
# Refused for now: the same number is to be sent again, when the account has money or the rush is over.
_REFUND_LATER = frozenset({"NOT_ENOUGH", "FREQUENCY_LIMITED"})


class V3Orders:
    """Prepaid orders and all refunds of one merchant."""

    def __init__(self, config: WechatPayConfig, client: V3Client, *, clock: Clock, nonce: Nonce) -> None:
        self._config = config
        self._client = client
        self._clock = clock
        self._nonce = nonce

    def prepay(self, request: PrepayRequest) -> PrepayResult:
        """Create the order, or create it again under the same number."""
        app_id = request.app_id or self._config.app_ids[0]
        answer = self._client.call(
            "POST",
            f"/v3/pay/transactions/{request.scene}",
            self._prepay_payload(request, app_id),
            endpoint=f"v3.prepay.{request.scene}",
        )
        if answer.error:
            return PrepayResult(
                outcome=_prepay_refusal(answer),
                out_trade_no=request.out_trade_no,
                error=answer.error,
                trace=answer.trace,
            )
        prepay_id = str(answer.data.get("prepay_id", ""))
        redirect = str(answer.data.get("h5_url", ""))
        if redirect and request.return_url:
            redirect += f"&redirect_url={quote(request.return_url, safe='')}"
        return PrepayResult(
            outcome=Outcome.WAITING,
            out_trade_no=request.out_trade_no,
            prepay_id=prepay_id,
            invoke=self._invoke(app_id, prepay_id) if prepay_id else {},
            code_url=str(answer.data.get("code_url", "")),
            redirect_url=redirect,
            cashier_url=page_address(self._config.cashier_url, prepay_id, request.return_url),
            trace=answer.trace,
        )

    def query(self, out_trade_no: str) -> PaymentResult:
        """State of the order by our own number."""
        answer = self._client.call(
            "GET",
            f"/v3/pay/transactions/out-trade-no/{quote(out_trade_no)}?mchid={self._config.merchant_id}",
            None,
            endpoint="v3.query",
        )
        if answer.error:
            return self._refused(out_trade_no, answer)
        return payment_result(answer, out_trade_no)

    def close(self, out_trade_no: str) -> PaymentResult:
        """Close the order; when it turns out to be paid, say so with the facts of a query."""
        answer = self._client.call(
            "POST",
            f"/v3/pay/transactions/out-trade-no/{quote(out_trade_no)}/close",
            {"mchid": self._config.merchant_id},
            endpoint="v3.close",
        )
        if answer.code in _ALREADY_PAID:
            return self.query(out_trade_no)
        if answer.error:
            return self._refused(out_trade_no, answer)
        return PaymentResult(outcome=Outcome.CLOSED, out_trade_no=out_trade_no, trace=answer.trace)

    def refund(self, request: RefundRequest) -> RefundResult:
        """Ask for the refund; repeating the number repeats the question, not the refund.

        A refusal is believed only after a query has found no refund of this number: an earlier
        call may have landed, and a second number would pay the shopper twice.
        """
        payload: dict[str, Any] = {
            "out_trade_no": request.out_trade_no,
            "out_refund_no": request.out_refund_no,
            "amount": {
                "refund": request.amount_fen,
                "total": request.total_fen,
                "currency": "CNY",
            },
        }
        if request.reason:
            payload["reason"] = request.reason[:80]
        if request.notify_url:
            payload["notify_url"] = request.notify_url
        answer = self._client.call("POST", "/v3/refund/domestic/refunds", payload, endpoint="v3.refund")
        if answer.unknown or answer.code in _REFUND_LATER:
            return _refund_without_money(request.out_trade_no, request.out_refund_no, RefundOutcome.UNKNOWN, answer)
        if answer.error:
            refused = _refund_without_money(request.out_trade_no, request.out_refund_no, RefundOutcome.FAILED, answer)
            return believed_refusal(request, refused, self.query_refund(request.out_trade_no, request.out_refund_no))
        return _refund_result(answer, request.out_trade_no, request.out_refund_no)

    def query_refund(self, out_trade_no: str, out_refund_no: str) -> RefundResult:
        """State of the refund by our own number."""
        answer = self._client.call(
            "GET",
            f"/v3/refund/domestic/refunds/{quote(out_refund_no)}",
            None,
            endpoint="v3.query_refund",
        )
        if answer.error:
            outcome = RefundOutcome.ABSENT if answer.code in _ABSENT else RefundOutcome.UNKNOWN
            return _refund_without_money(out_trade_no, out_refund_no, outcome, answer)
        return _refund_result(answer, out_trade_no, out_refund_no)

    def _prepay_payload(self, request: PrepayRequest, app_id: str) -> dict[str, Any]:
        payload: dict[str, Any] = {
            "appid": app_id,
            "mchid": self._config.merchant_id,
            "description": request.subject[:127],
            "out_trade_no": request.out_trade_no,
            "time_expire": request.expires_at.astimezone(BEIJING).isoformat(timespec="seconds"),
            "notify_url": request.notify_url,
            "amount": {"total": request.amount_fen, "currency": "CNY"},
        }
        if request.scene is Scene.JSAPI:
            payload["payer"] = {"openid": request.payer_id}
        if request.scene is Scene.H5:
            payload["scene_info"] = {
                "payer_client_ip": request.client_ip,
                "h5_info": {"type": "Wap"},
            }
        return payload

    def _invoke(self, app_id: str, prepay_id: str) -> dict[str, str]:
        timestamp = int(self._clock().timestamp())
        nonce = self._nonce()
        package = f"prepay_id={prepay_id}"
        return {
            "appId": app_id,
            "timeStamp": str(timestamp),
            "nonceStr": nonce,
            "package": package,
            "signType": "RSA",
            "paySign": v3_signing.pay_sign(
                self._client.private_key,
                app_id=app_id,
                timestamp=timestamp,
                nonce=nonce,
                package=package,
            ),
        }

    def _refused(self, out_trade_no: str, answer: V3Answer) -> PaymentResult:
        return PaymentResult(
            outcome=_refused_question(answer),
            out_trade_no=out_trade_no,
            error=answer.error,
            trace=answer.trace,
        )


def payment_result(answer: V3Answer, out_trade_no: str) -> PaymentResult:
    """Read a transaction document. A state that we do not know is UNKNOWN."""
    document = answer.data
    amount = document.get("amount")
    amount = amount if isinstance(amount, Mapping) else {}
    payer = document.get("payer")
    total = amount.get("total")
    state = TRADE_STATES.get(str(document.get("trade_state")), Outcome.UNKNOWN)
    same_order = document.get("out_trade_no") == out_trade_no
    return PaymentResult(
        outcome=state if same_order else Outcome.UNKNOWN,
        out_trade_no=out_trade_no,
        transaction_id=str(document.get("transaction_id", "")),
        amount_fen=total if isinstance(total, int) else None,
        currency=str(amount.get("currency", "CNY")),
        merchant_id=str(document.get("mchid", "")),
        app_id=str(document.get("appid", "")),
        payer_id=str(payer.get("openid", "")) if isinstance(payer, Mapping) else "",
        paid_at=moment(document.get("success_time")),
        trace=answer.trace,
    )


def moment(text: object) -> datetime | None:
    """An RFC 3339 time, or None when there is none or it has no zone."""
    if not isinstance(text, str) or not text:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else None


def _refund_result(answer: V3Answer, out_trade_no: str, out_refund_no: str) -> RefundResult:
    document = answer.data
    amount = document.get("amount")
    refunded = amount.get("refund") if isinstance(amount, Mapping) else None
    state = REFUND_STATES.get(str(document.get("status")), RefundOutcome.UNKNOWN)
    same = (document.get("out_trade_no"), document.get("out_refund_no")) == (out_trade_no, out_refund_no)
    return RefundResult(
        outcome=state if same else RefundOutcome.UNKNOWN,
        out_trade_no=out_trade_no,
        out_refund_no=out_refund_no,
        refund_id=str(document.get("refund_id", "")),
        amount_fen=refunded if isinstance(refunded, int) else None,
        refunded_at=moment(document.get("success_time")),
        trace=answer.trace,
    )


def _refund_without_money(
    out_trade_no: str, out_refund_no: str, outcome: RefundOutcome, answer: V3Answer
) -> RefundResult:
    error = answer.error
    if error and outcome is RefundOutcome.UNKNOWN:
        error = ProviderError(code=error.code, message=error.message, retryable=True)
    return RefundResult(
        outcome=outcome,
        out_trade_no=out_trade_no,
        out_refund_no=out_refund_no,
        error=error,
        trace=answer.trace,
    )


def _prepay_refusal(answer: V3Answer) -> Outcome:
    if answer.code in _ALREADY_PAID:
        return Outcome.PAID
    if answer.code in _ALREADY_CLOSED:
        return Outcome.CLOSED
    return Outcome.UNKNOWN if answer.unknown or answer.code in _NUMBER_IN_USE else Outcome.FAILED


def _refused_question(answer: V3Answer) -> Outcome:
    if answer.unknown:
        return Outcome.UNKNOWN
    if answer.code in _ALREADY_CLOSED:
        return Outcome.CLOSED
    return Outcome.ABSENT if answer.code in _ABSENT else Outcome.UNKNOWN
