"""Genuine and forged notifications of the simulated providers, posted to the real endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.test import Client

from quanyu.kernel.clock import system_clock
from quanyu.modules.payments import api as payments
from quanyu.modules.payments.contracts import Payment, Tender
from quanyu.modules.payments.ops import gateways
from quanyu.modules.payments.providers.opening import open_gateway
from quanyu.modules.payments.simulators import keys as simulator_keys
from quanyu.modules.payments.simulators import messages
from quanyu.modules.payments.simulators.book import State, Trade
from quanyu.modules.payments.simulators.keys import ALIPAY_APP_ID, MINI_PROGRAM_APP_ID, SimulatorKeys
from quanyu.modules.payments.simulators.messages import Fact, Message

NOWHERE = "http://127.0.0.1:9"
_PROVIDERS = {Tender.WECHAT: "wechatpay", Tender.ALIPAY: "alipay"}


@cache
def world() -> SimulatorKeys:
    """The secrets of both sides, made once per run."""
    return simulator_keys.generate()


@contextmanager
def real_gateways() -> Iterator[None]:
    """Let gateways that verify signatures speak for both tenders; their provider answers no calls."""
    before = dict(gateways._gateways)
    configs = {
        Tender.WECHAT: simulator_keys.wechatpay_config(world(), NOWHERE),
        Tender.ALIPAY: simulator_keys.alipay_config(world(), NOWHERE),
    }
    for tender, config in configs.items():
        payments.register_gateway(tender=tender, gateway=open_gateway(config))
    try:
        yield
    finally:
        gateways._gateways.clear()
        gateways._gateways.update(before)


@dataclass(frozen=True)
class Answer:
    """What the endpoint said."""

    status: int
    body: bytes


def trade_of(payment: Payment, *, amount_fen: int | None = None, number: str | None = None) -> Trade:
    """The provider's record of a paid payment; amount and number may disagree with ours."""
    now = system_clock.now()
    return Trade(
        provider=_PROVIDERS[payment.tender],
        out_trade_no=number or payment.out_trade_no,
        trade_no=f"4200{payment.id.int % 10**24:024d}",
        prepay_id="wx1",
        amount_fen=payment.amount_fen if amount_fen is None else amount_fen,
        subject="牛奶",
        app_id=MINI_PROGRAM_APP_ID if payment.tender is Tender.WECHAT else ALIPAY_APP_ID,
        scene="jsapi",
        notify_url="http://shop.test/notify",
        created_at=now.isoformat(),
        expires_at=now.isoformat(),
        state=State.SUCCESS,
        payer_id="oPayer",
        paid_at=now.isoformat(),
    )


def fact_of(payment: Payment, **given: Any) -> Fact:
    """What a provider tells of a paid payment."""
    trade = trade_of(payment, **given)
    if payment.tender is Tender.WECHAT:
        return messages.wechat_payment(trade)
    return messages.alipay_payment(trade, system_clock.now())


def message_of(tender: Tender, fact: Fact, *, now: datetime | None = None) -> Message:
    """The fact, sealed and signed by the provider."""
    now = now or system_clock.now()
    if tender is Tender.WECHAT:
        return messages.wechat_message(world(), fact, now)
    return messages.alipay_message(world(), fact, now)


def post(tender: Tender, message: Message) -> Answer:
    """Send a message to the endpoint as the provider would."""
    headers = dict(message.headers)
    response = Client().post(
        f"/api/payments/v1/notify/{tender.value}",
        data=message.body,
        content_type=headers.pop("Content-Type", "application/json"),
        headers=headers,
    )
    return Answer(response.status_code, response.content)
