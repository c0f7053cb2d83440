"""The `Gateway` of WeChat Pay."""

import json
from datetime import datetime

from quanyu.modules.payments.providers.clock import Clock, Nonce, random_nonce, system_clock
from quanyu.modules.payments.providers.gateway import (
    Acknowledgement,
    CodePaymentRequest,
    Headers,
    PaymentKind,
    PaymentResult,
    PrepayRequest,
    PrepayResult,
    Provider,
    RefundRequest,
    RefundResult,
)
from quanyu.modules.payments.providers.notifications import Notification
from quanyu.modules.payments.providers.transport import Transport
from quanyu.modules.payments.providers.wechatpay import v3_notifications
from quanyu.modules.payments.providers.wechatpay.config import WechatPayConfig
from quanyu.modules.payments.providers.wechatpay.v2_codes import V2Codes
from quanyu.modules.payments.providers.wechatpay.v3_client import V3Client
from quanyu.modules.payments.providers.wechatpay.v3_orders import V3Orders


class WechatPayGateway:
    """One WeChat Pay merchant: v3 for prepaid orders and refunds, v2 for payment codes."""

    provider = Provider.WECHATPAY

    def __init__(
        self,
        config: WechatPayConfig,
        *,
        transport: Transport | None = None,
        clock: Clock = system_clock,
        nonce: Nonce = random_nonce,
    ) -> None:
        transport = transport or Transport()
        self._config = config
        self._client = V3Client(config, transport=transport, clock=clock, nonce=nonce)
        self._orders = V3Orders(config, self._client, clock=clock, nonce=nonce)
        self._codes = V2Codes(config, transport=transport, nonce=nonce)

    def prepay(self, request: PrepayRequest) -> PrepayResult:
        """See `Gateway.prepay`."""
        return self._orders.prepay(request)

    def charge_code(self, request: CodePaymentRequest) -> PaymentResult:
        """See `Gateway.charge_code`."""
        return self._codes.charge(request)

    def query(self, out_trade_no: str, *, kind: PaymentKind) -> PaymentResult:
        """See `Gateway.query`."""
        if kind is PaymentKind.CODE:
            return self._codes.query(out_trade_no)
        return self._orders.query(out_trade_no)

    def close(self, out_trade_no: str) -> PaymentResult:
        """See `Gateway.close`."""
        return self._orders.close(out_trade_no)

    def reverse(self, out_trade_no: str) -> PaymentResult:
        """See `Gateway.reverse`."""
        return self._codes.reverse(out_trade_no)

    def refund(self, request: RefundRequest) -> RefundResult:
        """See `Gateway.refund`."""
        return self._orders.refund(request)

    def query_refund(self, out_trade_no: str, out_refund_no: str) -> RefundResult:
        """See `Gateway.query_refund`."""
        return self._orders.query_refund(out_trade_no, out_refund_no)

    def parse_notification(self, headers: Headers, raw_body: bytes, now: datetime) -> Notification:
        """See `Gateway.parse_notification`."""
        self._client.verify(headers, raw_body, now)
        return v3_notifications.read(raw_body, self._config)

    def refresh_keys(self) -> bool:
        """See `Gateway.refresh_keys`."""
        return self._client.refresh_keys()

    def acknowledge(self) -> Acknowledgement:
        """See `Gateway.acknowledge`."""
        return Acknowledgement(status=204)

    def refuse(self, code: str) -> Acknowledgement:
        """See `Gateway.refuse`."""
        body = json.dumps({"code": "FAIL", "message": code}).encode()
        return Acknowledgement(status=401, content_type="application/json", body=body)
