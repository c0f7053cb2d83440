"""The simulated world in one object: keys, clock, book, payers, notifications."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from quanyu.modules.payments.simulators import alipay, wechat_v2
from quanyu.modules.payments.simulators.alipay import Alipay
from quanyu.modules.payments.simulators.book import Book, Refund, Refused, State, Trade
from quanyu.modules.payments.simulators.faults import AFTERWARDS, INSTEAD, FaultBoard, FaultKind
from quanyu.modules.payments.simulators.keys import SimulatorKeys
from quanyu.modules.payments.simulators.notifier import Notifier
from quanyu.modules.payments.simulators.protocol import CallRefused, ProviderProtocol, Seal, World
from quanyu.modules.payments.simulators.scheduler import Scheduler
from quanyu.modules.payments.simulators.wechat_v2 import WechatV2
from quanyu.modules.payments.simulators.wechat_v3 import WechatV3
from quanyu.modules.payments.simulators.wire import Request, Response

_SEALS = {FaultKind.UNSIGNED_ANSWER: Seal.NONE, FaultKind.WRONG_KEY_ANSWER: Seal.WRONG_KEY}


class Engine:
    """Speaks the protocols. `autopay_seconds` makes every payer pay by himself after a while.

    `speed` divides the waits between repeated notifications; `refund_seconds` is how long
    WeChat Pay works on a refund; `book_file` keeps the trades over a restart.
    """

    def __init__(
        self,
        keys: SimulatorKeys,
        *,
        on_rotated: Callable[[SimulatorKeys], None] | None = None,
        book_file: Path | None = None,
        speed: float = 1.0,
        refund_seconds: float = 1.0,
        autopay_seconds: float | None = None,
        merchant_name: str = "全域示范门店 Quanyu Demo Store",
    ) -> None:
        self.base_url = ""
        self.merchant_name = merchant_name
        self.autopay_seconds = autopay_seconds
        self.skew = timedelta()
        self.faults = FaultBoard()
        self.book = Book(self.now, book_file)
        self.scheduler = Scheduler()
        self._keys = keys
        self._keys_lock = threading.Lock()
        self._on_rotated = on_rotated
        self._refund_seconds = refund_seconds
        self.notifier = Notifier(
            keys=lambda: self._keys, clock=self.now, scheduler=self.scheduler, faults=self.faults, speed=speed
        )
        world = World(
            keys=lambda: self._keys,
            clock=self.now,
            book=self.book,
            faults=self.faults,
            on_opened=self._opened,
            on_refund=self._refund_asked,
            base_url=lambda: self.base_url,
        )
        self._v3 = WechatV3(world)
        self._v2 = WechatV2(world)
        self._alipay = Alipay(world)
        self._finish_refunds()

    def now(self) -> datetime:
        """The providers' clock, which may differ from everybody else's."""
        return datetime.now(UTC) + self.skew

    @property
    def keys(self) -> SimulatorKeys:
        """Current keys."""
        return self._keys

    def rotate_certificate(self) -> str:
        """WeChat Pay starts to sign with a new certificate; returns its serial."""
        with self._keys_lock:
            self._keys = self._keys.rotated()
            if self._on_rotated:
                self._on_rotated(self._keys)
            return self._keys.platform[-1].serial

    def protocol_for(self, request: Request) -> ProviderProtocol | None:
        """Which protocol a request speaks, by its path."""
        if request.path.startswith("/v3/"):
            return self._v3
        if request.path in wechat_v2.PATHS:
            return self._v2
        return self._alipay if request.path == alipay.PATH else None

    def answer(self, protocol: ProviderProtocol, request: Request) -> Response:
        """One call of the merchant, with the faults that were planned for it."""
        try:
            call = protocol.identify(request)
        except CallRefused as refused:
            return protocol.seal(refused.reply, Seal.GENUINE)
        selector = {
            "provider": protocol.provider,
            "out_trade_no": call.out_trade_no,
            "operation": call.operation,
        }
        instead = self.faults.take(INSTEAD, **selector)
        if instead:
            return protocol.seal(protocol.fault(call, instead.kind), Seal.GENUINE)
        reply = protocol.execute(call)
        fault = self.faults.take(AFTERWARDS, **selector)
        if fault is None:
            return protocol.seal(reply, Seal.GENUINE)
        if fault.kind is FaultKind.ERROR_AFTER_SUCCESS:
            return protocol.seal(protocol.fault(call, FaultKind.SERVER_ERROR), Seal.GENUINE)
        if fault.kind in (FaultKind.SLOW, FaultKind.TIMEOUT_AFTER_SUCCESS):
            time.sleep(fault.seconds)
        if fault.kind in (FaultKind.LOST_REPLY, FaultKind.TIMEOUT_AFTER_SUCCESS):
            return Response(dropped=True)
        return protocol.seal(reply, _SEALS.get(fault.kind, Seal.GENUINE))

    def open_alipay_page(self, request: Request) -> Response:
        """A browser follows a signed wap.pay link: on to the cashier page."""
        try:
            path = self._alipay.open_page(self._alipay.identify(request))
        except (CallRefused, Refused):
            return Response(status=400, body="链接无效 Invalid link".encode())
        return Response(status=303, headers={"Location": path})

    def pay(self, trade: Trade, *, force: bool = False) -> None:
        """The payer pays; the merchant is told. Raises `Refused`."""
        self.book.pay(trade, force=force)
        self.notifier.paid(trade)

    def close(self) -> None:
        """Stop background work."""
        self.scheduler.close()

    def _opened(self, trade: Trade) -> None:
        if self.autopay_seconds is not None:
            self.scheduler.after(self.autopay_seconds, lambda: self._autopay(trade))

    def _autopay(self, trade: Trade) -> None:
        try:
            if trade.state is State.NOTPAY:
                self.pay(trade)
        except Refused:
            return  # a person or a close was faster

    def _refund_asked(self, trade: Trade, refund: Refund) -> None:
        delay = 0.0 if refund.settled_at else self._refund_seconds
        self.scheduler.after(delay, lambda: self._settle(trade, refund))

    def _settle(self, trade: Trade, refund: Refund) -> None:
        self.book.settle(refund)
        self.notifier.refunded(trade, refund)

    def _finish_refunds(self) -> None:
        """After a restart: refunds that were on their way arrive."""
        for trade in self.book.trades():
            for refund in trade.refunds.values():
                if not refund.settled_at:
                    self._refund_asked(trade, refund)
