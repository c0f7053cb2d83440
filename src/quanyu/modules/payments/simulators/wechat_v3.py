"""Simulated WeChat Pay API v3."""

import json
import re
import secrets
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from quanyu.modules.payments.providers import rsa_keys
from quanyu.modules.payments.providers.clock import BEIJING
from quanyu.modules.payments.providers.wechatpay import v3_encryption, v3_signing
from quanyu.modules.payments.simulators import messages
from quanyu.modules.payments.simulators.book import Reason, Refund, Refused, Trade, new_trade_no
from quanyu.modules.payments.simulators.faults import FaultKind
from quanyu.modules.payments.simulators.keys import (
    MERCHANT_ID,
    MINI_PROGRAM_APP_ID,
    OFFICIAL_ACCOUNT_APP_ID,
    SimulatorKeys,
)
from quanyu.modules.payments.simulators.messages import rfc3339
from quanyu.modules.payments.simulators.protocol import Call, CallRefused, Reply, Seal, World
from quanyu.modules.payments.simulators.wire import Request, Response

_AUTHORIZATION = re.compile(r'(\w+)="([^"]*)"')
_NUMBER = re.compile(r"[0-9A-Za-z_\-*]{6,32}")
_PREPAY = re.compile(r"/v3/pay/transactions/(jsapi|native|h5|app)")
_ORDER = re.compile(r"/v3/pay/transactions/out-trade-no/([^/]+)(/close)?")
_REFUND = re.compile(r"/v3/refund/domestic/refunds/([^/]+)")
_PREPAY_FIELDS = {
    "appid", "mchid", "description", "out_trade_no", "time_expire", "attach", "notify_url", "goods_tag",
    "support_fapiao", "amount", "payer", "detail", "scene_info", "settle_info",
}  # fmt: skip
_REFUND_FIELDS = {
    "transaction_id", "out_trade_no", "out_refund_no", "reason", "notify_url", "funds_account", "amount",
    "goods_detail",
}  # fmt: skip
_REASONS: dict[Reason, tuple[int, str, str]] = {
    Reason.ABSENT: (404, "ORDER_NOT_EXIST", "订单不存在"),
    Reason.PAID: (400, "ORDERPAID", "该订单已支付"),
    Reason.CLOSED: (400, "ORDER_CLOSED", "该订单已关闭"),
    Reason.EXPIRED: (400, "ORDER_CLOSED", "该订单已过期"),
    Reason.DIFFERENT: (400, "INVALID_REQUEST", "请求重入时，参数与首次请求时不一致"),
    Reason.NOT_PAID: (400, "INVALID_REQUEST", "订单未支付"),
    Reason.TOO_MUCH: (400, "INVALID_REQUEST", "退款金额大于支付金额"),
}


class WechatV3:
    """The JSON interfaces under /v3/."""

    provider = "wechatpay"

    def __init__(self, world: World) -> None:
        self._world = world

    def identify(self, request: Request) -> Call:
        """See `ProviderProtocol.identify`."""
        self._check_signature(request)
        path = request.path
        content = request.json()
        if request.method == "GET" and path == "/v3/certificates":
            return Call(operation="certificates", out_trade_no="")
        if request.method == "POST" and (found := _PREPAY.fullmatch(path)):
            content["scene"] = found[1]
            return Call(operation="prepay", out_trade_no=str(content.get("out_trade_no", "")), content=content)
        if request.method == "POST" and path == "/v3/refund/domestic/refunds":
            return Call(operation="refund", out_trade_no=str(content.get("out_trade_no", "")), content=content)
        if request.method == "GET" and (found := _REFUND.fullmatch(path)):
            return Call(operation="query_refund", out_trade_no="", content={"out_refund_no": unquote(found[1])})
        if found := _ORDER.fullmatch(path):
            mchid = (content if found[2] else request.query).get("mchid")
            if mchid != MERCHANT_ID:
                raise _refusal(400, "PARAM_ERROR", "mchid")
            return Call(operation="close" if found[2] else "query", out_trade_no=unquote(found[1]))
        raise _refusal(404, "RESOURCE_NOT_EXISTS", "no such interface")

    def execute(self, call: Call) -> Reply:
        """See `ProviderProtocol.execute`."""
        try:
            if call.operation == "certificates":
                return Reply(content=self._certificates())
            if call.operation == "prepay":
                return self._prepay(call.content)
            if call.operation == "refund":
                return self._refund(call.content)
            if call.operation == "query_refund":
                return self._query_refund(call.content["out_refund_no"])
            trade = self._world.book.find(self.provider, call.out_trade_no)
            if call.operation == "close":
                self._world.book.close(trade)
                return Reply(status=204)
            return Reply(content=messages.wechat_transaction(trade))
        except Refused as refused:
            return _refusal(*_REASONS[refused.reason]).reply
        except CallRefused as refused:
            return refused.reply

    def fault(self, call: Call, kind: FaultKind) -> Reply:
        """See `ProviderProtocol.fault`."""
        if kind is FaultKind.RATE_LIMIT:
            return _refusal(429, "FREQUENCY_LIMITED", "频率超限").reply
        if kind is FaultKind.ACCOUNT_EMPTY:
            return _refusal(403, "NOT_ENOUGH", "基本账户余额不足").reply
        return _refusal(500, "SYSTEM_ERROR", "系统错误").reply

    def seal(self, reply: Reply, seal: Seal) -> Response:
        """See `ProviderProtocol.seal`."""
        body = b"" if reply.status == 204 else json.dumps(reply.content, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json; charset=utf-8", "Request-Id": secrets.token_hex(12)}
        if seal is not Seal.NONE:
            keys = self._world.keys()
            timestamp = str(int(self._world.clock().timestamp()))
            headers |= messages.wechat_signed(keys, body, timestamp)
            if seal is Seal.WRONG_KEY:
                stranger = rsa_keys.load_private_key(keys.merchant_private_key)
                text = v3_signing.answer_message(timestamp, headers["Wechatpay-Nonce"], body)
                headers["Wechatpay-Signature"] = rsa_keys.sign(stranger, text)
        return Response(status=reply.status, body=body, headers=headers)

    def _check_signature(self, request: Request) -> None:
        scheme, _, rest = request.headers.get("authorization", "").partition(" ")
        parts = dict(_AUTHORIZATION.findall(rest))
        keys = self._world.keys()
        timestamp = parts.get("timestamp", "")
        if scheme != v3_signing.SCHEME or parts.get("mchid") != MERCHANT_ID or not timestamp.isdecimal():
            raise _refusal(401, "SIGN_ERROR", "Authorization")
        if parts.get("serial_no") != keys.merchant_serial:
            raise _refusal(401, "SIGN_ERROR", "serial_no")
        if abs(self._world.clock().timestamp() - int(timestamp)) > v3_signing.MAX_AGE_S:
            raise _refusal(401, "SIGN_ERROR", "timestamp")
        text = v3_signing.request_message(
            request.method, request.target, int(timestamp), parts.get("nonce_str", ""), request.body
        )
        public_key = rsa_keys.load_private_key(keys.merchant_private_key).public_key()
        if not rsa_keys.verifies(public_key, text, parts.get("signature", "")):
            raise _refusal(401, "SIGN_ERROR", "signature")

    def _prepay(self, content: dict[str, Any]) -> Reply:
        scene = content.pop("scene")
        total = _checked_order(content, scene)
        now = self._world.clock()
        trade = Trade(
            provider=self.provider,
            out_trade_no=content["out_trade_no"],
            trade_no=new_trade_no(self.provider, now),
            prepay_id=f"wx{now.astimezone(BEIJING):%d%H%M%S}{secrets.token_hex(13)}",
            amount_fen=total,
            subject=content["description"],
            scene=scene,
            app_id=content["appid"],
            notify_url=content["notify_url"],
            payer_id=content.get("payer", {}).get("openid", "oSimulatedPayer000000000001"),
            created_at=now.isoformat(timespec="seconds"),
            expires_at=content["time_expire"],
        )
        trade = self._world.book.open(trade)
        self._world.on_opened(trade)
        page = f"{self._world.base_url()}/cashier/wechatpay/{trade.prepay_id}"
        if scene == "native":
            return Reply(content={"code_url": page})
        if scene == "h5":
            return Reply(content={"h5_url": f"{page}?package=1"})
        return Reply(content={"prepay_id": trade.prepay_id})

    def _refund(self, content: dict[str, Any]) -> Reply:
        amount = content.get("amount")
        unknown = content.keys() - _REFUND_FIELDS
        if unknown or not isinstance(amount, dict) or not content.get("out_refund_no"):
            raise _refusal(400, "PARAM_ERROR", ",".join(unknown) or "amount or out_refund_no")
        trade = self._world.book.find(self.provider, str(content.get("out_trade_no")))
        if amount.get("total") != trade.amount_fen or amount.get("currency") != "CNY":
            raise _refusal(400, "INVALID_REQUEST", "订单金额或币种与支付不一致")
        refund, is_new = self._world.book.refund(
            trade,
            Refund(
                out_refund_no=content["out_refund_no"],
                refund_id="5030" + new_trade_no(self.provider, self._world.clock())[4:],
                amount_fen=int(amount["refund"]),
                notify_url=content.get("notify_url", ""),
            ),
        )
        if is_new:
            self._world.on_refund(trade, refund)
        return Reply(content=_refund_document(trade, refund))

    def _query_refund(self, out_refund_no: str) -> Reply:
        try:
            return Reply(content=_refund_document(*self._world.book.find_refund(self.provider, out_refund_no)))
        except Refused:
            raise _refusal(404, "RESOURCE_NOT_EXISTS", "退款单不存在") from None

    def _certificates(self) -> dict[str, Any]:
        keys = self._world.keys()
        return {"data": [_certificate_entry(keys, key.serial, key.certificate) for key in keys.platform]}


def _checked_order(content: dict[str, Any], scene: str) -> int:
    """Total in fen. v3 is strict: an unknown field is refused as well as a missing one."""
    unknown = content.keys() - _PREPAY_FIELDS
    needed = ("appid", "mchid", "description", "out_trade_no", "notify_url", "amount", "time_expire")
    missing = [name for name in needed if not content.get(name)]
    if unknown or missing:
        raise _refusal(400, "PARAM_ERROR", ",".join([*unknown, *missing]))
    if content["mchid"] != MERCHANT_ID or content["appid"] not in (MINI_PROGRAM_APP_ID, OFFICIAL_ACCOUNT_APP_ID):
        raise _refusal(400, "APPID_MCHID_NOT_MATCH", "appid和mchid不匹配")
    total = content["amount"].get("total")
    if not isinstance(total, int) or total <= 0 or not _NUMBER.fullmatch(content["out_trade_no"]):
        raise _refusal(400, "PARAM_ERROR", "amount or out_trade_no")
    if scene == "jsapi" and not content.get("payer", {}).get("openid"):
        raise _refusal(400, "PARAM_ERROR", "payer.openid")
    if scene == "h5" and not content.get("scene_info", {}).get("h5_info"):
        raise _refusal(400, "PARAM_ERROR", "scene_info.h5_info")
    try:
        aware = datetime.fromisoformat(content["time_expire"]).tzinfo is not None
    except ValueError:
        aware = False
    if not aware:
        raise _refusal(400, "PARAM_ERROR", "time_expire")
    return total


def _refund_document(trade: Trade, refund: Refund) -> dict[str, Any]:
    document: dict[str, Any] = {
        "refund_id": refund.refund_id,
        "out_refund_no": refund.out_refund_no,
        "transaction_id": trade.trade_no,
        "out_trade_no": trade.out_trade_no,
        "channel": "ORIGINAL",
        "status": "SUCCESS" if refund.settled_at else "PROCESSING",
        "amount": {"total": trade.amount_fen, "refund": refund.amount_fen, "currency": "CNY"},
    }
    if refund.settled_at:
        document["success_time"] = rfc3339(refund.settled_at)
    return document


def _certificate_entry(keys: SimulatorKeys, serial: str, certificate: str) -> dict[str, Any]:
    nonce = secrets.token_hex(6)
    sealed = v3_encryption.encrypt(
        keys.apiv3_key.encode(), nonce=nonce, associated_data="certificate", plaintext=certificate.encode()
    )
    return {
        "serial_no": serial,
        "encrypt_certificate": {
            "algorithm": v3_encryption.ALGORITHM,
            "nonce": nonce,
            "associated_data": "certificate",
            "ciphertext": sealed,
        },
    }


def _refusal(status: int, code: str, message: str) -> CallRefused:
    return CallRefused(Reply(status=status, content={"code": code, "message": message}))
