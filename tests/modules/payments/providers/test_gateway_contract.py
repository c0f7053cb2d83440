"""What callers may rely on before any network: checks, secrets, a dead provider."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from quanyu.modules.payments.providers.gateway import (
    CodePaymentRequest,
    Outcome,
    PaymentKind,
    PrepayRequest,
    RefundOutcome,
    RefundRequest,
    Scene,
)
from quanyu.modules.payments.providers.opening import open_gateway
from quanyu.modules.payments.providers.transport import Transport
from quanyu.modules.payments.simulators import keys as simulator_keys


@pytest.fixture
def order(now):
    return PrepayRequest(
        out_trade_no="XS0001",
        amount_fen=1,
        subject="x",
        scene=Scene.NATIVE,
        notify_url="https://shop.example/n",
        expires_at=now + timedelta(minutes=15),
    )


@pytest.mark.parametrize(
    "change",
    [
        {"out_trade_no": "short"},
        {"out_trade_no": "X" * 33},
        {"out_trade_no": "XS0001/../1"},
        {"amount_fen": 0},
        {"amount_fen": -1},
        {"scene": Scene.JSAPI},
        {"notify_url": "https://shop.example/n?x=1"},
        {"notify_url": "/n"},
        {"expires_at": datetime(2026, 1, 1)},  # noqa: DTZ001  # the missing zone is the point
    ],
)
def test_an_order_that_no_provider_could_take_cannot_be_built(order, change):
    with pytest.raises(ValueError, match=r"."):
        replace(order, **change)


def test_a_refund_larger_than_its_payment_cannot_be_built():
    with pytest.raises(ValueError, match="larger"):
        RefundRequest(out_trade_no="XS0001", out_refund_no="TK1", amount_fen=101, total_fen=100)


def test_secrets_do_not_show_in_a_repr(keys):
    shown = repr(simulator_keys.wechatpay_config(keys, "")) + repr(simulator_keys.alipay_config(keys, "")) + repr(keys)
    for secret in (keys.apiv3_key, keys.apiv2_key, "PRIVATE KEY"):
        assert secret not in shown


def test_an_apiv3_key_of_another_length_is_refused(keys):
    with pytest.raises(ValueError, match="32"):
        replace(simulator_keys.wechatpay_config(keys, ""), apiv3_key="short")


@pytest.mark.parametrize("provider", ["wechatpay", "alipay"])
def test_with_a_dead_provider_everything_is_unknown_and_nothing_raises(keys, order, provider):
    make = {"wechatpay": simulator_keys.wechatpay_config, "alipay": simulator_keys.alipay_config}[provider]
    gateway = open_gateway(make(keys, "http://127.0.0.1:1"), transport=Transport(connect_timeout_s=0.5))
    code = CodePaymentRequest(
        out_trade_no="XS0001", amount_fen=1, subject="x", auth_code="134567890123456789", store_id="S", terminal_id="T"
    )
    refund = RefundRequest(out_trade_no="XS0001", out_refund_no="TK1", amount_fen=1, total_fen=1)
    assert gateway.provider == provider
    for result in (
        gateway.prepay(order),
        gateway.charge_code(code),
        gateway.query("XS0001", kind=PaymentKind.PREPAID),
        gateway.query("XS0001", kind=PaymentKind.CODE),
        gateway.close("XS0001"),
        gateway.reverse("XS0001"),
    ):
        assert result.outcome is Outcome.UNKNOWN
        assert result.error.code == "NO_ANSWER"
        assert result.error.retryable
        assert result.trace.http_status is None
    for result in (gateway.refund(refund), gateway.query_refund("XS0001", "TK1")):
        assert result.outcome is RefundOutcome.UNKNOWN
    assert not gateway.refresh_keys()


def test_answers_to_a_provider_are_what_it_expects(wechatpay, alipay):
    assert (wechatpay.acknowledge().status, wechatpay.acknowledge().body) == (204, b"")
    assert wechatpay.refuse("stale").status == 401
    assert wechatpay.refuse("stale").body == b'{"code": "FAIL", "message": "stale"}'
    assert (alipay.acknowledge().status, alipay.acknowledge().body) == (200, b"success")
    assert alipay.refuse("stale").body != b"success"
