"""Simulated WeChat Pay API v2, as far as payment codes need it."""

import re
import secrets
from datetime import datetime

from quanyu.modules.payments.providers.clock import BEIJING
from quanyu.modules.payments.providers.wechatpay import v2_messages
from quanyu.modules.payments.simulators.book import Reason, Refused, State, Trade, far_future, new_trade_no
from quanyu.modules.payments.simulators.faults import FaultKind
from quanyu.modules.payments.simulators.keys import MERCHANT_ID, MINI_PROGRAM_APP_ID, OFFICIAL_ACCOUNT_APP_ID
from quanyu.modules.payments.simulators.messages import wechat_trade_state
from quanyu.modules.payments.simulators.payment_codes import Temper, start_paying, temper_of
from quanyu.modules.payments.simulators.protocol import Call, CallRefused, Reply, Seal, World
from quanyu.modules.payments.simulators.wire import Request, Response

PATHS = {
    "/pay/micropay": "charge_code",
    "/pay/orderquery": "query",
    "/secapi/pay/reverse": "reverse",
}
_AUTH_CODE = re.compile(r"1[0-5]\d{16}")
_REASONS = {
    Reason.ABSENT: "ORDERNOTEXIST",
    Reason.PAID: "ORDERPAID",
    Reason.CLOSED: "ORDERCLOSED",
    Reason.DIFFERENT: "OUT_TRADE_NO_USED",
}
_TEMPERS = {Temper.POOR: "NOTENOUGH", Temper.EXPIRED: "AUTHCODEEXPIRE"}


class WechatV2:
    """The XML interfaces of payment codes."""

    provider = "wechatpay"

    def __init__(self, world: World) -> None:
        self._world = world

    def identify(self, request: Request) -> Call:
        """See `ProviderProtocol.identify`."""
        try:
            fields = v2_messages.from_xml(request.body)
        except v2_messages.MalformedMessage:
            raise _refusal("XML_FORMAT_ERROR") from None
        sign_type: v2_messages.SignType = "HMAC-SHA256" if fields.get("sign_type") == "HMAC-SHA256" else "MD5"
        if not v2_messages.verifies(fields, self._world.keys().apiv2_key, sign_type):
            raise _refusal("签名错误")
        if fields.get("mch_id") != MERCHANT_ID:
            raise _refusal("商户号mch_id与appid不匹配")
        if fields.get("appid") not in (MINI_PROGRAM_APP_ID, OFFICIAL_ACCOUNT_APP_ID):
            raise _refusal("appid不存在")
        return Call(operation=PATHS[request.path], out_trade_no=fields.get("out_trade_no", ""), content=dict(fields))

    def execute(self, call: Call) -> Reply:
        """See `ProviderProtocol.execute`."""
        try:
            if call.operation == "charge_code":
                return self._charge(call)
            trade = self._world.book.find(self.provider, call.out_trade_no)
            if call.operation == "reverse":
                self._world.book.reverse(trade)
                return _success(call, {"recall": "N"})
            self._world.book.poll(trade)
            return _success(call, {**_facts(trade), "trade_state": wechat_trade_state(trade)})
        except Refused as refused:
            return _failure(call, _REASONS.get(refused.reason, "INVALID_REQUEST"))

    def fault(self, call: Call, kind: FaultKind) -> Reply:
        """See `ProviderProtocol.fault`."""
        return _failure(call, "RATELIMIT_EXCEEDED" if kind is FaultKind.RATE_LIMIT else "SYSTEMERROR")

    def seal(self, reply: Reply, seal: Seal) -> Response:
        """See `ProviderProtocol.seal`. Only an answer with return_code SUCCESS is signed."""
        fields: dict[str, str] = dict(reply.content)
        if fields["return_code"] == "SUCCESS":
            fields["nonce_str"] = secrets.token_hex(16)
            key = self._world.keys().apiv2_key
            if seal is Seal.WRONG_KEY:
                key = "0" * 32
            if seal is not Seal.NONE:
                fields["sign"] = v2_messages.sign(fields, key, "HMAC-SHA256")
        return Response(body=v2_messages.to_xml(fields), headers={"Content-Type": "text/xml; charset=utf-8"})

    def _charge(self, call: Call) -> Reply:
        fields = call.content
        total = fields.get("total_fee", "")
        if not total.isdecimal() or int(total) <= 0 or not fields.get("body") or not call.out_trade_no:
            return _failure(call, "PARAM_ERROR")
        if not _AUTH_CODE.fullmatch(fields.get("auth_code", "")):
            return _failure(call, "AUTH_CODE_INVALID")
        temper = temper_of(fields["auth_code"])
        if temper in _TEMPERS:
            return _failure(call, _TEMPERS[temper])
        now = self._world.clock()
        trade = self._world.book.open(
            Trade(
                provider=self.provider,
                out_trade_no=call.out_trade_no,
                trade_no=new_trade_no(self.provider, now),
                prepay_id=secrets.token_hex(16),
                amount_fen=int(total),
                subject=fields["body"],
                scene="code",
                app_id=fields["appid"],
                payer_id=f"oSimulated{fields['auth_code']}",
                created_at=now.isoformat(timespec="seconds"),
                expires_at=far_future(now),
            )
        )
        start_paying(self._world, trade, temper)
        if trade.state is State.USERPAYING:
            return _failure(call, "USERPAYING")
        return _success(call, _facts(trade))


def _facts(trade: Trade) -> dict[str, str]:
    facts = {"appid": trade.app_id, "out_trade_no": trade.out_trade_no, "total_fee": str(trade.amount_fen)}
    if trade.paid_at:
        paid_at = datetime.fromisoformat(trade.paid_at).astimezone(BEIJING)
        facts |= {
            "openid": trade.payer_id,
            "trade_type": "MICROPAY" if trade.scene == "code" else trade.scene.upper(),
            "fee_type": "CNY",
            "cash_fee": str(trade.amount_fen),
            "transaction_id": trade.trade_no,
            "time_end": f"{paid_at:%Y%m%d%H%M%S}",
        }
    return facts


def _success(call: Call, facts: dict[str, str]) -> Reply:
    return Reply(
        content={
            "return_code": "SUCCESS",
            "return_msg": "OK",
            "appid": call.content["appid"],
            "mch_id": MERCHANT_ID,
            "result_code": "SUCCESS",
            **facts,
        }
    )


def _failure(call: Call, code: str) -> Reply:
    return Reply(
        content={
            "return_code": "SUCCESS",
            "return_msg": "OK",
            "appid": call.content["appid"],
            "mch_id": MERCHANT_ID,
            "result_code": "FAIL",
            "err_code": code,
            "err_code_des": code,
        }
    )


def _refusal(message: str) -> CallRefused:
    return CallRefused(Reply(content={"return_code": "FAIL", "return_msg": message}))
