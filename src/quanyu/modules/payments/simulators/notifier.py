"""Delivers notifications to the merchant, again and again, and wrongly when told to."""

import itertools
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import requests

from quanyu.modules.payments.simulators import messages
from quanyu.modules.payments.simulators.book import Refund, Trade
from quanyu.modules.payments.simulators.faults import Fault, FaultBoard, FaultKind
from quanyu.modules.payments.simulators.forgeries import ALIPAY, WECHATPAY
from quanyu.modules.payments.simulators.keys import SimulatorKeys
from quanyu.modules.payments.simulators.messages import Fact, Message
from quanyu.modules.payments.simulators.scheduler import Scheduler

# Seconds between deliveries, as the providers publish them.
RETRIES: dict[str, tuple[float, ...]] = {
    "wechatpay": (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600),
    "alipay": (240, 600, 600, 3600, 7200, 21600, 54000),
}
_POST_TIMEOUT_S = 5.0  # WeChat's own patience
_KEPT = 1000
_FAULTS = (
    FaultKind.LOST_CALLBACK,
    FaultKind.DUPLICATE_CALLBACK,
    FaultKind.LATE_CALLBACK,
    FaultKind.OUT_OF_ORDER_CALLBACK,
    FaultKind.FORGED_CALLBACK,
)


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One attempt, for people and tests. `status` 0: no answer; `accepted`: it will not come again."""

    id: int
    provider: str
    out_trade_no: str
    notification_id: str
    event_type: str
    forgery: str
    status: int = 0
    accepted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parcel:
    """A fact on its way to an address."""

    provider: str
    out_trade_no: str
    url: str
    fact: Fact


class Notifier:
    """Sends facts to notify_urls in the background. `speed` divides the waits between retries."""

    def __init__(
        self,
        *,
        keys: Callable[[], SimulatorKeys],
        clock: Callable[[], datetime],
        scheduler: Scheduler,
        faults: FaultBoard,
        speed: float = 1.0,
    ) -> None:
        self._keys = keys
        self._clock = clock
        self._scheduler = scheduler
        self._faults = faults
        self._speed = speed
        self._ids = itertools.count(1)
        self._deliveries: list[Delivery] = []
        self._held: list[_Parcel] = []
        self._lock = threading.Lock()

    def paid(self, trade: Trade) -> None:
        """Tell that a trade has been paid; code payments are answered, not notified."""
        if trade.notify_url:
            self._dispatch(self._parcel(trade, trade.notify_url, self._payment_fact(trade)))

    def refunded(self, trade: Trade, refund: Refund) -> None:
        """Tell that a refund has arrived."""
        url = refund.notify_url or (trade.notify_url if trade.provider == "alipay" else "")
        if url:
            is_wechat = trade.provider == "wechatpay"
            fact = messages.wechat_refund(trade, refund) if is_wechat else self._payment_fact(trade)
            self._dispatch(self._parcel(trade, url, fact))

    def send_now(self, trade: Trade, *, forgery: str = "") -> Delivery:
        """Send one payment notification at once, genuine or forged, and say what was answered."""
        parcel = self._parcel(trade, trade.notify_url, self._payment_fact(trade))
        return self._post(parcel, forgery)

    def listed(self) -> list[dict[str, Any]]:
        """All attempts so far, oldest first."""
        with self._lock:
            return [asdict(delivery) for delivery in self._deliveries]

    def release_held(self) -> None:
        """Send what an out-of-order fault holds back."""
        with self._lock:
            held, self._held = self._held, []
        for parcel in held:
            self._attempt(parcel, 0)

    def _payment_fact(self, trade: Trade) -> Fact:
        if trade.provider == "wechatpay":
            return messages.wechat_payment(trade)
        return messages.alipay_payment(trade, self._clock())

    def _parcel(self, trade: Trade, url: str, fact: Fact) -> _Parcel:
        return _Parcel(provider=trade.provider, out_trade_no=trade.out_trade_no, url=url, fact=fact)

    def _dispatch(self, parcel: _Parcel) -> None:
        fault = self._faults.take(
            _FAULTS, provider=parcel.provider, out_trade_no=parcel.out_trade_no, operation="notify"
        )
        if fault is None:
            self._scheduler.after(0, lambda: self._deliver(parcel))
        else:
            self._misdeliver(parcel, fault)

    def _misdeliver(self, parcel: _Parcel, fault: Fault) -> None:
        """Carry out the fault; LOST_CALLBACK is the one for which nothing is sent."""
        if fault.kind is FaultKind.LATE_CALLBACK:
            self._scheduler.after(fault.seconds, lambda: self._deliver(parcel))
        elif fault.kind is FaultKind.DUPLICATE_CALLBACK:
            for _ in range(fault.count):
                self._scheduler.after(0, lambda: self._post(parcel))
        elif fault.kind is FaultKind.OUT_OF_ORDER_CALLBACK:
            with self._lock:
                self._held.append(parcel)
        elif fault.kind is FaultKind.FORGED_CALLBACK:
            self._scheduler.after(0, lambda: self._post(parcel, fault.forgery))
            if not fault.instead:
                self._scheduler.after(0, lambda: self._deliver(parcel))

    def _deliver(self, parcel: _Parcel) -> None:
        self._attempt(parcel, 0)
        self.release_held()

    def _attempt(self, parcel: _Parcel, number: int) -> None:
        if self._post(parcel).accepted:
            return
        waits = RETRIES[parcel.provider]
        if number < len(waits):
            self._scheduler.after(waits[number] / self._speed, lambda: self._attempt(parcel, number + 1))

    def _post(self, parcel: _Parcel, forgery: str = "") -> Delivery:
        delivery = Delivery(
            id=next(self._ids),
            provider=parcel.provider,
            out_trade_no=parcel.out_trade_no,
            notification_id=parcel.fact.notification_id,
            event_type=parcel.fact.event_type,
            forgery=forgery,
        )
        message = self._message(parcel, forgery)
        try:
            # A repeated header travels joined by a comma, as any proxy would deliver it.
            answer = requests.post(
                parcel.url, data=message.body, headers=_joined(message.headers), timeout=_POST_TIMEOUT_S
            )
            delivery.status = answer.status_code
            delivery.accepted = (
                answer.status_code in (200, 204)
                if parcel.provider == "wechatpay"
                else answer.status_code == 200 and answer.text == "success"
            )
        except requests.RequestException:
            delivery.status = 0
        with self._lock:
            self._deliveries.append(delivery)
            del self._deliveries[:-_KEPT]
        return delivery

    def _message(self, parcel: _Parcel, forgery: str) -> Message:
        is_wechat = parcel.provider == "wechatpay"
        if forgery:
            forge = (WECHATPAY if is_wechat else ALIPAY)[forgery]
        else:
            forge = messages.wechat_message if is_wechat else messages.alipay_message
        return forge(self._keys(), parcel.fact, self._clock())


def _joined(pairs: tuple[tuple[str, str], ...]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in pairs:
        title = name.title()
        headers[title] = f"{headers[title]}, {value}" if title in headers else value
    return headers
