"""The control interface: what a tester or a demo may tell the simulated world.

GET    /control/trades                     all trades with their refunds
POST   /control/trades/{provider}/{no}/pay     the payer pays; {"force": true} even after expiry
POST   /control/trades/{provider}/{no}/notify  send a notification now; {"forgery": name} a forged one
GET    /control/deliveries                 notifications sent and how they were answered
POST   /control/deliveries/release         send what an out-of-order fault holds back
GET    /control/faults   POST {kind, …}    planned faults; see faults.Fault for the fields
DELETE /control/faults   /control/faults/{id}
GET    /control/forgeries                  names of all forgeries per provider
POST   /control/autopay {"seconds": 2}     payers pay by themselves; null: they wait
POST   /control/clock {"skew_seconds": 400}
POST   /control/certificate                WeChat Pay signs with a new certificate from now on
POST   /control/reset                      forget trades, faults, skew and autopay
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from quanyu.modules.payments.simulators import forgeries
from quanyu.modules.payments.simulators.book import Refused, Trade
from quanyu.modules.payments.simulators.engine import Engine
from quanyu.modules.payments.simulators.faults import Fault, FaultKind
from quanyu.modules.payments.simulators.wire import Request, Response, json_response

PREFIX = "/control/"
_FORGERIES = {"wechatpay": forgeries.WECHATPAY, "alipay": forgeries.ALIPAY}


class Control:
    """Answers requests under /control/."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._plain: dict[tuple[str, str], Callable[[dict[str, Any]], Any]] = {
            ("GET", "trades"): lambda _: engine.book.listed(),
            ("GET", "deliveries"): lambda _: engine.notifier.listed(),
            ("POST", "deliveries/release"): lambda _: engine.notifier.release_held(),
            ("GET", "faults"): lambda _: engine.faults.listed(),
            ("POST", "faults"): self._plan,
            ("DELETE", "faults"): lambda _: engine.faults.remove(),
            ("GET", "forgeries"): lambda _: {name: list(known) for name, known in _FORGERIES.items()},
            ("POST", "autopay"): self._autopay,
            ("POST", "clock"): self._clock,
            ("POST", "certificate"): lambda _: {"serial": engine.rotate_certificate()},
            ("POST", "reset"): self._reset,
        }

    def answer(self, request: Request) -> Response:
        """Carry out one instruction; 4xx with a reason for one that makes no sense."""
        path = request.path.removeprefix(PREFIX).strip("/")
        try:
            plain = self._plain.get((request.method, path))
            if plain:
                return json_response(plain(request.json()))
            match path.split("/"):
                case ["faults", number] if request.method == "DELETE":
                    self._engine.faults.remove(int(number))
                    return json_response(None)
                case ["trades", provider, number, deed] if request.method == "POST":
                    trade = self._engine.book.find(provider, number)
                    return json_response(self._deed(trade, deed, request.json()))
                case _:
                    return json_response({"error": "no such instruction"}, 404)
        except Refused as refused:
            return json_response({"error": refused.reason}, 409)
        except (TypeError, ValueError) as error:
            return json_response({"error": str(error)}, 400)

    def _deed(self, trade: Trade, deed: str, content: dict[str, Any]) -> Any:
        if deed == "pay":
            self._engine.pay(trade, force=bool(content.get("force")))
            return asdict(trade)
        if deed == "notify":
            if not trade.notify_url or not trade.paid_at:
                raise ValueError("only a paid trade with a notify_url is notified")
            forgery = str(content.get("forgery", ""))
            self._check_forgery(trade.provider, forgery)
            return asdict(self._engine.notifier.send_now(trade, forgery=forgery))
        raise ValueError(f"unknown deed {deed}")

    def _plan(self, content: dict[str, Any]) -> Any:
        fault = Fault(**{**content, "kind": FaultKind(content.get("kind", ""))})
        if fault.kind is FaultKind.FORGED_CALLBACK:
            for provider in [fault.provider] if fault.provider else list(_FORGERIES):
                self._check_forgery(provider, fault.forgery)
        return asdict(self._engine.faults.plan(fault))

    def _check_forgery(self, provider: str, name: str) -> None:
        if name and name not in _FORGERIES[provider]:
            raise ValueError(f"unknown forgery {name}")

    def _autopay(self, content: dict[str, Any]) -> Any:
        seconds = content.get("seconds")
        self._engine.autopay_seconds = None if seconds is None else float(seconds)
        return {"seconds": self._engine.autopay_seconds}

    def _clock(self, content: dict[str, Any]) -> Any:
        self._engine.skew = timedelta(seconds=float(content.get("skew_seconds", 0)))
        return {"now": self._engine.now().isoformat()}

    def _reset(self, _: dict[str, Any]) -> Any:
        self._engine.book.clear()
        self._engine.faults.remove()
        self._engine.skew = timedelta()
        self._engine.autopay_seconds = None
        return {"reset": True}
