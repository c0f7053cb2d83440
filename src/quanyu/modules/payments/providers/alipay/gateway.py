"""The `Gateway` of Alipay."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from quanyu.modules.payments.providers.alipay import notification, signing
from quanyu.modules.payments.providers.alipay.amounts import to_fen, to_yuan
from quanyu.modules.payments.providers.alipay.client import (
    TIME_FORMAT,
    WAITING_FOR_PAYER,
    AlipayAnswer,
    AlipayClient,
)
from quanyu.modules.payments.providers.alipay.config import AlipayConfig
from quanyu.modules.payments.providers.alipay.notification import beijing_time
from quanyu.modules.payments.providers.cashier import page_address
from quanyu.modules.payments.providers.clock import BEIJING, Clock, system_clock
from quanyu.modules.payments.providers.gateway import (
    Acknowledgement,
    CallTrace,
    CodePaymentRequest,
    Headers,
    Outcome,
    PaymentKind,
    PaymentResult,
    PrepayRequest,
    PrepayResult,
    Provider,
    ProviderError,
    RefundOutcome,
    RefundRequest,
    RefundResult,
    Scene,
)
from quanyu.modules.payments.providers.notifications import (
    Notification,
    SignatureMissing,
    SignatureWrong,
)
from quanyu.modules.payments.providers.refusals import believed_refusal
from quanyu.modules.payments.providers.transport import Transport

_TRADE_STATES = {
    "WAIT_BUYER_PAY": Outcome.WAITING,
    "TRADE_SUCCESS": Outcome.PAID,
    "TRADE_FINISHED": Outcome.PAID,
    "TRADE_CLOSED": Outcome.CLOSED,  # never paid, or all of it given back
}
_NOT_EXIST = "ACQ.TRADE_NOT_EXIST"
_STATUS_ERRORS = frozenset({"ACQ.TRADE_STATUS_ERROR", "ACQ.REASON_TRADE_STATUS_INVALID"})
_PAID = "ACQ.TRADE_HAS_SUCCESS"
_CLOSED = "ACQ.TRADE_HAS_CLOSE"
# "The number is in use with other terms": nothing is said about what became of it.
_NUMBER_IN_USE = "ACQ.CONTEXT_INCONSISTENT"
# Refused for now: the same number is to be sent again when the account has money.
_REFUND_LATER = "ACQ.SELLER_BALANCE_NOT_ENOUGH"


class AlipayGateway:
    """One Alipay application."""

    provider = Provider.ALIPAY

    def __init__(
        self,
        config: AlipayConfig,
        *,
        transport: Transport | None = None,
        clock: Clock = system_clock,
    ) -> None:
        self._config = config
        self._client = AlipayClient(config, transport=transport or Transport(), clock=clock)

    def prepay(self, request: PrepayRequest) -> PrepayResult:
        """See `Gateway.prepay`. H5 only makes a signed link: nothing is sent, so nothing fails."""
        content = {
            "out_trade_no": request.out_trade_no,
            "total_amount": to_yuan(request.amount_fen),
            "subject": request.subject[:256],
            "time_expire": request.expires_at.astimezone(BEIJING).strftime(TIME_FORMAT),
        }
        if request.scene is Scene.H5:
            return self._page(request, content)
        if request.scene is Scene.JSAPI:
            content |= {"product_code": "JSAPI_PAY", _payer_field(request): request.payer_id}
            if request.app_id:
                content["op_app_id"] = request.app_id
            method = "alipay.trade.create"
        else:
            content["product_code"] = "QR_CODE_OFFLINE"
            method = "alipay.trade.precreate"
        answer = self._client.call(method, content, notify_url=request.notify_url)
        if answer.error:
            return PrepayResult(
                outcome=_refusal(answer),
                out_trade_no=request.out_trade_no,
                error=answer.error,
                trace=answer.trace,
            )
        trade_no = str(answer.data.get("trade_no", ""))
        return PrepayResult(
            outcome=Outcome.WAITING,
            out_trade_no=request.out_trade_no,
            prepay_id=trade_no,
            invoke={"tradeNO": trade_no} if trade_no else {},
            code_url=str(answer.data.get("qr_code", "")),
            cashier_url=page_address(self._config.cashier_url, trade_no, request.return_url),
            trace=answer.trace,
        )

    def charge_code(self, request: CodePaymentRequest) -> PaymentResult:
        """See `Gateway.charge_code`."""
        is_face = request.auth_code.startswith("fp")
        answer = self._client.call(
            "alipay.trade.pay",
            {
                "out_trade_no": request.out_trade_no,
                "total_amount": to_yuan(request.amount_fen),
                "subject": request.subject[:256],
                "scene": "security_code" if is_face else "bar_code",
                "auth_code": request.auth_code,
                "product_code": "FACE_TO_FACE_PAYMENT",
                "store_id": request.store_id[:32],
                "terminal_id": request.terminal_id[:32],
            },
        )
        if answer.error:
            # "Has been paid" names no facts: only a query may say PAID.
            outcome = Outcome.UNKNOWN if answer.sub_code == _PAID else _refusal(answer)
            return self._without_money(request.out_trade_no, outcome, answer)
        if answer.code == WAITING_FOR_PAYER:
            return self._without_money(request.out_trade_no, Outcome.WAITING, answer)
        return self._payment(request.out_trade_no, answer, paid_field="gmt_payment")

    def query(self, out_trade_no: str, *, kind: PaymentKind) -> PaymentResult:
        """See `Gateway.query`. Both kinds share one interface at Alipay."""
        del kind
        answer = self._client.call("alipay.trade.query", {"out_trade_no": out_trade_no})
        if answer.error:
            # A refused question says nothing about the payment, unless it says "no such trade".
            absent = answer.sub_code == _NOT_EXIST
            outcome = Outcome.ABSENT if absent else Outcome.UNKNOWN
            return self._without_money(out_trade_no, outcome, answer)
        return self._payment(out_trade_no, answer, paid_field="send_pay_date")

    def close(self, out_trade_no: str) -> PaymentResult:
        """See `Gateway.close`.

        A shown QR code has no trade at Alipay until somebody scans it, and could be paid after
        a close that found nothing. `cancel` ends such a number too; should a payment slip in
        between, it gives the money back, which is CLOSED as well: nothing is held.
        """
        answer = self._client.call("alipay.trade.close", {"out_trade_no": out_trade_no})
        if answer.sub_code in _STATUS_ERRORS:
            return self.query(out_trade_no, kind=PaymentKind.PREPAID)
        if answer.sub_code == _NOT_EXIST:
            return self.reverse(out_trade_no)
        return self._without_money(out_trade_no, _ending(answer), answer)

    def reverse(self, out_trade_no: str) -> PaymentResult:
        """See `Gateway.reverse`."""
        answer = self._client.call("alipay.trade.cancel", {"out_trade_no": out_trade_no})
        return self._without_money(out_trade_no, _ending(answer), answer)

    def refund(self, request: RefundRequest) -> RefundResult:
        """See `Gateway.refund`. A repeated number moves no money again; then the query tells."""
        answer = self._client.call(
            "alipay.trade.refund",
            {
                "out_trade_no": request.out_trade_no,
                "out_request_no": request.out_refund_no,
                "refund_amount": to_yuan(request.amount_fen),
                "refund_reason": request.reason[:256],
            },
        )
        if answer.error is None and answer.data.get("fund_change") != "Y":
            return self.query_refund(request.out_trade_no, request.out_refund_no)
        error = answer.error
        outcome = RefundOutcome.SUCCEEDED if error is None else RefundOutcome.FAILED
        if error and (answer.unknown or error.code == _REFUND_LATER):
            outcome = RefundOutcome.UNKNOWN
            error = ProviderError(code=error.code, message=error.message, retryable=True)
        result = RefundResult(
            outcome=outcome,
            out_trade_no=request.out_trade_no,
            out_refund_no=request.out_refund_no,
            amount_fen=request.amount_fen if error is None else None,
            refunded_at=beijing_time(answer.data.get("gmt_refund_pay")),
            error=error,
            trace=answer.trace,
        )
        if outcome is not RefundOutcome.FAILED:
            return result
        # An earlier call may have landed, and a second number would pay the shopper twice.
        return believed_refusal(request, result, self.query_refund(request.out_trade_no, request.out_refund_no))

    def query_refund(self, out_trade_no: str, out_refund_no: str) -> RefundResult:
        """See `Gateway.query_refund`. Success without a status means: no such refund."""
        answer = self._client.call(
            "alipay.trade.fastpay.refund.query",
            {
                "out_trade_no": out_trade_no,
                "out_request_no": out_refund_no,
                "query_options": ["gmt_refund_pay"],
            },
        )
        if answer.error is None:
            done = answer.data.get("refund_status") == "REFUND_SUCCESS"
            outcome = RefundOutcome.SUCCEEDED if done else RefundOutcome.ABSENT
        else:
            absent = answer.sub_code == _NOT_EXIST
            outcome = RefundOutcome.ABSENT if absent else RefundOutcome.UNKNOWN
        return RefundResult(
            outcome=outcome,
            out_trade_no=out_trade_no,
            out_refund_no=out_refund_no,
            amount_fen=to_fen(answer.data.get("refund_amount")),
            refunded_at=beijing_time(answer.data.get("gmt_refund_pay")),
            error=answer.error,
            trace=answer.trace,
        )

    def parse_notification(self, headers: Headers, raw_body: bytes, now: datetime) -> Notification:
        """See `Gateway.parse_notification`. Alipay signs the form; headers carry nothing."""
        del headers
        params = signing.form(raw_body)
        signature = params.get("sign", "")
        if not signature or params.get("sign_type") != "RSA2":
            raise SignatureMissing("no RSA2 signature")
        if not self._client.signed_by_alipay(signing.notification_text(params), signature):
            raise SignatureWrong("the signature does not fit the parameters")
        return notification.read(params, self._config, now)

    def refresh_keys(self) -> bool:
        """See `Gateway.refresh_keys`. Alipay's public key changes only by configuration."""
        return False

    def acknowledge(self) -> Acknowledgement:
        """See `Gateway.acknowledge`."""
        return Acknowledgement(status=200, body=b"success")

    def refuse(self, code: str) -> Acknowledgement:
        """See `Gateway.refuse`. Alipay reads only whether the body is `success`."""
        del code
        return Acknowledgement(status=400, body=b"fail")

    def _page(self, request: PrepayRequest, content: Mapping[str, Any]) -> PrepayResult:
        method = "alipay.trade.wap.pay"
        extra = {"notify_url": request.notify_url, "return_url": request.return_url}
        link = self._client.link(method, {**content, "product_code": "QUICK_WAP_WAY"}, extra)
        return PrepayResult(
            outcome=Outcome.WAITING,
            out_trade_no=request.out_trade_no,
            redirect_url=link,
            trace=CallTrace(endpoint=method),
        )

    def _payment(self, out_trade_no: str, answer: AlipayAnswer, *, paid_field: str) -> PaymentResult:
        data = answer.data
        paid_at = beijing_time(data.get(paid_field))
        status = str(data.get("trade_status", ""))
        if not status and paid_field == "gmt_payment":
            outcome = Outcome.PAID  # the answer to a charge has no status: 10000 is the payment
        else:
            outcome = _TRADE_STATES.get(status, Outcome.UNKNOWN)
        if data.get("out_trade_no") != out_trade_no:
            outcome = Outcome.UNKNOWN
        return PaymentResult(
            outcome=outcome,
            out_trade_no=out_trade_no,
            transaction_id=str(data.get("trade_no", "")),
            amount_fen=to_fen(data.get("total_amount")),
            currency=str(data.get("trans_currency") or "CNY"),
            # Alipay's answers name neither; its key is bound to this application.
            merchant_id=self._config.seller_id,
            app_id=self._config.app_id,
            payer_id=str(data.get("buyer_open_id") or data.get("buyer_user_id") or ""),
            paid_at=paid_at,
            trace=answer.trace,
        )

    def _without_money(self, out_trade_no: str, outcome: Outcome, answer: AlipayAnswer) -> PaymentResult:
        return PaymentResult(
            outcome=outcome,
            out_trade_no=out_trade_no,
            transaction_id=str(answer.data.get("trade_no", "")),
            error=answer.error,
            trace=answer.trace,
        )


def _payer_field(request: PrepayRequest) -> str:
    is_user_id = request.payer_id.isdecimal() and request.payer_id.startswith("2088")
    return "buyer_id" if is_user_id else "buyer_open_id"


def _refusal(answer: AlipayAnswer) -> Outcome:
    if answer.unknown:
        return Outcome.UNKNOWN
    if answer.sub_code == _PAID:
        return Outcome.PAID
    if answer.sub_code == _CLOSED:
        return Outcome.CLOSED
    return Outcome.UNKNOWN if answer.sub_code == _NUMBER_IN_USE else Outcome.FAILED


def _ending(answer: AlipayAnswer) -> Outcome:
    """What a close or a cancel has achieved; refused, it says nothing about the payment."""
    if answer.error is None:
        return Outcome.UNKNOWN if answer.data.get("retry_flag") == "Y" else Outcome.CLOSED
    if answer.sub_code == _CLOSED:
        return Outcome.CLOSED
    return Outcome.ABSENT if answer.sub_code == _NOT_EXIST else Outcome.UNKNOWN
