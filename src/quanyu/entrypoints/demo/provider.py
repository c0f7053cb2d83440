"""A payment provider inside the demo's builder: everybody pays at once, and it refuses every refund for good.

For the one refund of the demo's history that failed; the simulator, which plays providers while the demo runs, is
another process and knows nothing of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import NoReturn

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
)
from quanyu.modules.payments.providers.notifications import Notification

_TRACE = CallTrace(endpoint="demo")


class RefusingProvider:
    """Speaks for one tender while the block of history that needs it is made."""

    provider = Provider.ALIPAY

    def __init__(self, *, paid_at: datetime) -> None:
        self._paid_at = paid_at
        self._asked: dict[str, int] = {}

    def prepay(self, request: PrepayRequest) -> PrepayResult:
        """Expect the amount."""
        self._asked[request.out_trade_no] = request.amount_fen
        return PrepayResult(outcome=Outcome.WAITING, out_trade_no=request.out_trade_no, trace=_TRACE)

    def query(self, out_trade_no: str, *, kind: PaymentKind) -> PaymentResult:
        """Say that it was paid."""
        return PaymentResult(
            outcome=Outcome.PAID,
            out_trade_no=out_trade_no,
            transaction_id=f"demo{out_trade_no}",
            amount_fen=self._asked[out_trade_no],
            paid_at=self._paid_at,
            trace=_TRACE,
        )

    def refund(self, request: RefundRequest) -> RefundResult:
        """Refuse: the buyer's account is closed."""
        return RefundResult(
            outcome=RefundOutcome.FAILED,
            out_trade_no=request.out_trade_no,
            out_refund_no=request.out_refund_no,
            error=ProviderError(code="ACQ.BUYER_ERROR", message="买家账户已注销"),
            trace=_TRACE,
        )

    def query_refund(self, out_trade_no: str, out_refund_no: str) -> RefundResult:
        """Know of no refund."""
        return RefundResult(
            outcome=RefundOutcome.ABSENT, out_trade_no=out_trade_no, out_refund_no=out_refund_no, trace=_TRACE
        )

    def charge_code(self, request: CodePaymentRequest) -> NoReturn:
        """Not asked in the demo's history."""
        raise NotImplementedError(request)

    def close(self, out_trade_no: str) -> NoReturn:
        """Not asked in the demo's history."""
        raise NotImplementedError(out_trade_no)

    reverse = close

    def parse_notification(self, headers: Headers, raw_body: bytes, now: datetime) -> Notification:
        """Not asked in the demo's history: nobody notifies."""
        raise NotImplementedError(headers, raw_body, now)

    def refresh_keys(self) -> bool:
        """Have none."""
        return False

    def acknowledge(self) -> Acknowledgement:
        """Answer nobody."""
        return Acknowledgement(status=200)

    def refuse(self, code: str) -> Acknowledgement:
        """Answer nobody."""
        return Acknowledgement(status=400, body=code.encode())
