"""Simulated Alipay gateway."""

import json
import re
import secrets
from datetime import UTC, datetime
from typing import Any

from quanyu.modules.payments.providers import rsa_keys
from quanyu.modules.payments.providers.alipay import signing
from quanyu.modules.payments.providers.alipay.amounts import to_fen, to_yuan
from quanyu.modules.payments.providers.clock import BEIJING
from quanyu.modules.payments.simulators.book import Reason, Refund, Refused, State, Trade, far_future, new_trade_no
from quanyu.modules.payments.simulators.faults import FaultKind
from quanyu.modules.payments.simulators.keys import ALIPAY_APP_ID
from quanyu.modules.payments.simulators.messages import beijing
from quanyu.modules.payments.simulators.payment_codes import Temper, start_paying, temper_of
from quanyu.modules.payments.simulators.protocol import Call, CallRefused, Reply, Seal, World
from quanyu.modules.payments.simulators.wire import Request, Response

PATH = "/gateway.do"
_OPERATIONS = {
    "alipay.trade.create": "prepay",
    "alipay.trade.precreate": "prepay",
    "alipay.trade.wap.pay": "prepay",
    "alipay.trade.pay": "charge_code",
    "alipay.trade.query": "query",
    "alipay.trade.close": "close",
    "alipay.trade.cancel": "reverse",
    "alipay.trade.refund": "refund",
    "alipay.trade.fastpay.refund.query": "query_refund",
}
_SCENES = {"alipay.trade.create": "jsapi", "alipay.trade.precreate": "native", "alipay.trade.wap.pay": "h5"}
_AUTH_CODE = re.compile(r"(2[5-9]|30)\d{14,22}|fp[0-9a-zA-Z]{33}")
_REASONS = {
    Reason.ABSENT: "ACQ.TRADE_NOT_EXIST",
    Reason.PAID: "ACQ.TRADE_HAS_SUCCESS",
    Reason.CLOSED: "ACQ.TRADE_HAS_CLOSE",
    Reason.EXPIRED: "ACQ.TRADE_HAS_CLOSE",
    Reason.DIFFERENT: "ACQ.CONTEXT_INCONSISTENT",
    Reason.NOT_PAID: "ACQ.TRADE_STATUS_ERROR",
    Reason.TOO_MUCH: "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL",
}
_TEMPERS = {Temper.POOR: "ACQ.BUYER_BALANCE_NOT_ENOUGH", Temper.EXPIRED: "ACQ.PAYMENT_AUTH_CODE_INVALID"}
_MAX_CLOCK_DIFFERENCE_S = 900


class Alipay:
    """One gateway for all methods."""

    provider = "alipay"

    def __init__(self, world: World) -> None:
        self._world = world

    def identify(self, request: Request) -> Call:
        """See `ProviderProtocol.identify`."""
        params = request.form if request.method == "POST" else request.query
        method = params.get("method", "")
        public_key = rsa_keys.load_private_key(self._world.keys().alipay_app_private_key).public_key()
        if params.get("app_id") != ALIPAY_APP_ID:
            raise _refusal(method, "40002", "isv.invalid-app-id")
        if params.get("sign_type") != "RSA2" or not rsa_keys.verifies(
            public_key, signing.request_text(params), params.get("sign", "")
        ):
            raise _refusal(method, "40002", "isv.invalid-signature")
        if method not in _OPERATIONS:
            raise _refusal(method, "40002", "isv.invalid-method")
        if self._clock_difference(params.get("timestamp", "")) > _MAX_CLOCK_DIFFERENCE_S:
            raise _refusal(method, "40002", "isv.invalid-timestamp")
        content = _biz_content(method, params)
        return Call(
            operation=_OPERATIONS[method],
            out_trade_no=str(content.get("out_trade_no", "")),
            content={
                **content,
                "method": method,
                "notify_url": params.get("notify_url", ""),
                "return_url": params.get("return_url", ""),
            },
        )

    def execute(self, call: Call) -> Reply:
        """See `ProviderProtocol.execute`."""
        method = call.content["method"]
        steps = {
            "prepay": self._prepay,
            "charge_code": self._charge,
            "query": self._query,
            "close": self._close,
            "reverse": self._cancel,
            "refund": self._refund,
            "query_refund": self._query_refund,
        }
        try:
            return _reply(method, "10000", steps[call.operation](call))
        except Refused as refused:
            return _reply(method, "40004", {"sub_code": _REASONS[refused.reason], "sub_msg": refused.reason})
        except CallRefused as refused:
            return refused.reply

    def fault(self, call: Call, kind: FaultKind) -> Reply:
        """See `ProviderProtocol.fault`."""
        method = call.content["method"]
        if kind is FaultKind.RATE_LIMIT:
            return _refusal(method, "40005", "isv.app-call-limited").reply
        if kind is FaultKind.ACCOUNT_EMPTY:
            return _refusal(method, "40004", "ACQ.SELLER_BALANCE_NOT_ENOUGH").reply
        return _refusal(method, "20000", "isp.unknow-error").reply

    def seal(self, reply: Reply, seal: Seal) -> Response:
        """See `ProviderProtocol.seal`. Slashes are escaped, as Alipay does: re-serialising breaks."""
        text = json.dumps(reply.content, ensure_ascii=False, separators=(",", ":")).replace("/", "\\/")
        keys = self._world.keys()
        pem = keys.alipay_app_private_key if seal is Seal.WRONG_KEY else keys.alipay_private_key
        sign = "" if seal is Seal.NONE else rsa_keys.sign(rsa_keys.load_private_key(pem), text.encode())
        name = f"{reply.name.replace('.', '_')}_response" if reply.name else "error_response"
        body = f'{{"{name}":{text},"sign":"{sign}"}}'.encode()
        return Response(
            body=body, headers={"Content-Type": "text/html;charset=utf-8", "traceid": secrets.token_hex(12)}
        )

    def open_page(self, call: Call) -> str:
        """Path of the cashier page for a wap.pay link that a browser has opened."""
        trade = self._open(call, scene="h5")
        self._world.book.wake(trade)
        self._world.on_opened(trade)
        return f"/cashier/alipay/{trade.prepay_id}"

    def _prepay(self, call: Call) -> dict[str, Any]:
        trade = self._open(call, scene=_SCENES[call.content["method"]])
        self._world.on_opened(trade)
        facts = {"out_trade_no": trade.out_trade_no}
        if trade.scene == "native":
            return {**facts, "qr_code": f"{self._world.base_url()}/cashier/alipay/{trade.prepay_id}"}
        return {**facts, "trade_no": trade.trade_no}

    def _charge(self, call: Call) -> dict[str, Any]:
        content = call.content
        method = content["method"]
        auth_code = str(content.get("auth_code", ""))
        temper = temper_of(auth_code)
        if not _AUTH_CODE.fullmatch(auth_code):
            raise _refusal(method, "40004", "ACQ.PAYMENT_AUTH_CODE_INVALID")
        if temper in _TEMPERS:
            raise _refusal(method, "40004", _TEMPERS[temper])
        trade = self._open(call, scene="code")
        start_paying(self._world, trade, temper)
        if trade.state is State.USERPAYING:
            facts = {"trade_no": trade.trade_no, "out_trade_no": trade.out_trade_no}
            raise CallRefused(_reply(method, "10003", facts))
        return {**_facts(trade), "gmt_payment": beijing(trade.paid_at)}

    def _query(self, call: Call) -> dict[str, Any]:
        trade = self._world.book.find(self.provider, call.out_trade_no, awake=True)
        self._world.book.poll(trade)
        facts = {**_facts(trade), "trade_status": _status(trade)}
        return {**facts, "send_pay_date": beijing(trade.paid_at)} if trade.paid_at else facts

    def _close(self, call: Call) -> dict[str, Any]:
        trade = self._world.book.find(self.provider, call.out_trade_no, awake=True)
        if trade.state not in (State.NOTPAY, State.USERPAYING):
            raise _refusal(call.content["method"], "40004", "ACQ.TRADE_STATUS_ERROR")
        self._world.book.close(trade)
        return {"trade_no": trade.trade_no, "out_trade_no": trade.out_trade_no}

    def _cancel(self, call: Call) -> dict[str, Any]:
        facts = {"out_trade_no": call.out_trade_no, "retry_flag": "N"}
        try:
            trade = self._world.book.find(self.provider, call.out_trade_no)
        except Refused:
            return facts
        went_back = self._world.book.reverse(trade)
        return {**facts, "trade_no": trade.trade_no, "action": "refund" if went_back else "close"}

    def _refund(self, call: Call) -> dict[str, Any]:
        content = call.content
        trade = self._world.book.find(self.provider, call.out_trade_no, awake=True)
        amount = to_fen(content.get("refund_amount"))
        if amount is None or amount <= 0 or not content.get("out_request_no"):
            raise _refusal(content["method"], "40004", "ACQ.INVALID_PARAMETER")
        now = self._world.clock()
        refund, is_new = self._world.book.refund(
            trade, Refund(out_refund_no=content["out_request_no"], refund_id=trade.trade_no, amount_fen=amount)
        )
        if is_new:
            self._world.book.settle(refund)
            self._world.on_refund(trade, refund)
        return {
            **_facts(trade),
            "fund_change": "Y" if is_new else "N",
            "refund_fee": to_yuan(trade.refunded_fen),
            "gmt_refund_pay": beijing(now.isoformat()),
        }

    def _query_refund(self, call: Call) -> dict[str, Any]:
        trade = self._world.book.find(self.provider, call.out_trade_no, awake=True)
        refund = trade.refunds.get(str(call.content.get("out_request_no")))
        if refund is None:
            return {}
        return {
            "trade_no": trade.trade_no,
            "out_trade_no": trade.out_trade_no,
            "out_request_no": refund.out_refund_no,
            "refund_amount": to_yuan(refund.amount_fen),
            "total_amount": to_yuan(trade.amount_fen),
            "refund_status": "REFUND_SUCCESS",
            "gmt_refund_pay": beijing(refund.settled_at),
        }

    def _open(self, call: Call, *, scene: str) -> Trade:
        content = call.content
        amount = to_fen(content.get("total_amount"))
        if amount is None or amount <= 0 or not content.get("subject") or not call.out_trade_no:
            raise _refusal(content["method"], "40004", "ACQ.INVALID_PARAMETER")
        now = self._world.clock()
        trade_no = new_trade_no(self.provider, now)
        expires = str(content.get("time_expire", ""))
        return self._world.book.open(
            Trade(
                provider=self.provider,
                out_trade_no=call.out_trade_no,
                trade_no=trade_no,
                prepay_id=trade_no,
                amount_fen=amount,
                subject=content["subject"],
                scene=scene,
                app_id=ALIPAY_APP_ID,
                notify_url=content["notify_url"],
                return_url=content["return_url"],
                payer_id=str(content.get("buyer_open_id") or content.get("buyer_id") or "2088000000009999"),
                created_at=now.isoformat(timespec="seconds"),
                expires_at=_from_beijing(expires).isoformat() if expires else far_future(now),
                asleep=scene == "native",
            )
        )

    def _clock_difference(self, timestamp: str) -> float:
        try:
            sent = _from_beijing(timestamp)
        except ValueError:
            return float("inf")
        return abs((self._world.clock() - sent).total_seconds())


def _from_beijing(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING).astimezone(UTC)


def _biz_content(method: str, params: dict[str, str]) -> dict[str, Any]:
    try:
        content = json.loads(params.get("biz_content", ""))
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise _refusal(method, "40002", "isv.invalid-parameter")
    return content


def _facts(trade: Trade) -> dict[str, Any]:
    return {
        "trade_no": trade.trade_no,
        "out_trade_no": trade.out_trade_no,
        "buyer_user_id": trade.payer_id,
        "total_amount": to_yuan(trade.amount_fen),
        "receipt_amount": to_yuan(trade.amount_fen),
    }


def _status(trade: Trade) -> str:
    if trade.state is State.SUCCESS:
        return "TRADE_CLOSED" if trade.refunded_fen == trade.amount_fen else "TRADE_SUCCESS"
    return "WAIT_BUYER_PAY" if trade.state in (State.NOTPAY, State.USERPAYING) else "TRADE_CLOSED"


def _reply(method: str, code: str, facts: dict[str, Any]) -> Reply:
    words = {"10000": "Success", "10003": "order success pay inprocess"}
    return Reply(name=method, content={"code": code, "msg": words.get(code, "Business Failed"), **facts})


def _refusal(method: str, code: str, sub_code: str) -> CallRefused:
    return CallRefused(_reply(method, code, {"sub_code": sub_code, "sub_msg": sub_code}))
