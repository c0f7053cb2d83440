"""A payment provider in memory: it does what the test says, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from quanyu.modules.payments import api as payments
from quanyu.modules.payments.contracts import Tender
from quanyu.modules.payments.ops import gateways
from quanyu.modules.payments.providers.gateway import (
    Acknowledgement,
    CallTrace,
    CodePaymentRequest,
    Outcome,
    PaymentKind,
    PaymentResult,
    PrepayRequest,
    PrepayResult,
    Provider,
    RefundOutcome,
    RefundRequest,
    RefundResult,
)
from quanyu.modules.payments.providers.notifications import Notification, SignatureWrong

TRACE = CallTrace(endpoint="memory")


@dataclass
class MemoryGateway:
    """One account. ``paid`` holds the numbers that were paid; ``on_close`` runs before a closing is answered."""

    provider: Provider = Provider.WECHATPAY
    prepaid: dict[str, int] = field(default_factory=dict)
    paid: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    refunds: dict[str, int] = field(default_factory=dict)
    silent: bool = False
    lost_prepays: bool = False
    refuses_prepays: bool = False
    lost_refunds: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    on_close: Callable[[str], None] = lambda number: None

    def _called(self, name: str) -> None:
        assert not connection.in_atomic_block, "a provider is never called inside a transaction"
        self.calls.append(name)

    def prepay(self, request: PrepayRequest) -> PrepayResult:
        self._called("prepay")
        if self.refuses_prepays:
            return PrepayResult(outcome=Outcome.FAILED, out_trade_no=request.out_trade_no, trace=TRACE)
        self.prepaid[request.out_trade_no] = request.amount_fen
        if self.lost_prepays:
            return PrepayResult(outcome=Outcome.UNKNOWN, out_trade_no=request.out_trade_no, trace=TRACE)
        outcome = Outcome.UNKNOWN if self.silent else Outcome.WAITING
        return PrepayResult(
            outcome=outcome, out_trade_no=request.out_trade_no, invoke={"package": "prepay_id=x"}, trace=TRACE
        )

    def charge_code(self, request: CodePaymentRequest) -> PaymentResult:
        self._called("charge_code")
        self.prepaid[request.out_trade_no] = request.amount_fen
        return self._state(request.out_trade_no)

    def pay(self, number: str) -> None:
        """The payer pays."""
        assert number not in self.closed
        self.paid.add(number)

    def _state(self, number: str) -> PaymentResult:
        if self.silent:
            return PaymentResult(outcome=Outcome.UNKNOWN, out_trade_no=number, trace=TRACE)
        if number in self.paid:
            return PaymentResult(
                outcome=Outcome.PAID,
                out_trade_no=number,
                transaction_id=f"T{number}",
                amount_fen=self.prepaid[number],
                trace=TRACE,
            )
        outcome = Outcome.CLOSED if number in self.closed else Outcome.WAITING
        return PaymentResult(outcome=outcome, out_trade_no=number, trace=TRACE)

    def query(self, out_trade_no: str, *, kind: PaymentKind) -> PaymentResult:
        self._called("query")
        return self._state(out_trade_no)

    def close(self, out_trade_no: str) -> PaymentResult:
        self._called("close")
        self.on_close(out_trade_no)
        if not self.silent and out_trade_no not in self.paid:
            self.closed.add(out_trade_no)
        return self._state(out_trade_no)

    reverse = close

    def refund(self, request: RefundRequest) -> RefundResult:
        self._called("refund")
        # Also when the answer is lost the provider has done it, once per number.
        self.refunds[request.out_refund_no] = request.amount_fen
        lost = request.out_trade_no in self.lost_refunds
        outcome = RefundOutcome.UNKNOWN if lost else RefundOutcome.SUCCEEDED
        return self._refund_result(request.out_trade_no, request.out_refund_no, outcome)

    def query_refund(self, out_trade_no: str, out_refund_no: str) -> RefundResult:
        self._called("query_refund")
        known = out_refund_no in self.refunds
        outcome = RefundOutcome.SUCCEEDED if known else RefundOutcome.ABSENT
        return self._refund_result(out_trade_no, out_refund_no, outcome)

    def _refund_result(self, number: str, refund_number: str, outcome: RefundOutcome) -> RefundResult:
        return RefundResult(
            outcome=outcome,
            out_trade_no=number,
            out_refund_no=refund_number,
            refund_id=f"R{refund_number}",
            trace=TRACE,
        )

    def parse_notification(self, headers: object, raw_body: bytes, now: datetime) -> Notification:
        raise SignatureWrong

    def refresh_keys(self) -> bool:
        return False

    def acknowledge(self) -> Acknowledgement:
        return Acknowledgement(status=200)

    def refuse(self, code: str) -> Acknowledgement:
        return Acknowledgement(status=401)


@contextmanager
def memory_gateway(tender: Tender = Tender.WECHAT, *, gateway: MemoryGateway | None = None) -> Iterator[MemoryGateway]:
    """Let a provider in memory, a given or a new one, speak for a tender while the block runs."""
    before = gateways._gateways.get(tender)
    gateway = gateway or MemoryGateway()
    payments.register_gateway(tender=tender, gateway=gateway)
    try:
        yield gateway
    finally:
        gateways._gateways.pop(tender)
        if before is not None:
            gateways.register(tender, before)


@contextmanager
def no_gateway(tender: Tender = Tender.WECHAT) -> Iterator[None]:
    """Let nobody speak for a tender while the block runs, whatever other tests of this process opened."""
    before = gateways._gateways.pop(tender, None)
    try:
        yield
    finally:
        if before is not None:
            gateways.register(tender, before)
