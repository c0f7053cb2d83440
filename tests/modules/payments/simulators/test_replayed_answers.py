"""A genuine answer, signed by the provider, played back to another question."""

import pytest

from quanyu.modules.payments.providers.gateway import Outcome, PaymentKind, RefundOutcome
from quanyu.modules.payments.providers.opening import open_gateway
from quanyu.modules.payments.providers.transport import Transport
from quanyu.modules.payments.simulators import keys as simulator_keys


class Replaying(Transport):
    """Keeps the answer of its first exchange and gives it to every later one."""

    kept = None

    def send(self, *args, **kwargs):
        if self.kept is None:
            self.kept = super().send(*args, **kwargs)
        return self.kept


@pytest.fixture
def replaying(stage, keys):
    def make(provider):
        config = {"wechatpay": simulator_keys.wechatpay_config, "alipay": simulator_keys.alipay_config}[provider]
        return open_gateway(config(keys, stage.address), transport=Replaying())

    return make


@pytest.mark.parametrize("kind", PaymentKind)
def test_the_paid_state_of_another_order_is_not_taken_for_ours(stage, provider, replaying, kind):
    gateway = replaying(provider)
    paid = stage.paid_order(provider).out_trade_no
    assert gateway.query(paid, kind=kind).outcome is Outcome.PAID
    assert gateway.query(stage.number(), kind=kind).outcome is Outcome.UNKNOWN


def test_the_charge_of_another_order_is_not_taken_for_ours(stage, provider, replaying):
    gateway = replaying(provider)
    assert gateway.charge_code(stage.code(provider)).outcome is Outcome.PAID
    assert gateway.charge_code(stage.code(provider)).outcome is Outcome.UNKNOWN


def test_the_refund_of_another_order_is_not_taken_for_ours(stage, replaying):
    gateway = replaying("wechatpay")
    refund = stage.refund_of(stage.paid_order("wechatpay"), 1)
    assert gateway.refund(refund).outcome is RefundOutcome.PROCESSING
    other = stage.refund_of(stage.paid_order("wechatpay"), 1, "TK2")
    assert gateway.refund(other).outcome is RefundOutcome.UNKNOWN


def test_the_closing_of_another_alipay_order_is_not_taken_for_ours(stage, replaying):
    gateway = replaying("alipay")
    request = stage.order("alipay")
    stage.gateways["alipay"].prepay(request)
    assert gateway.close(request.out_trade_no).outcome is Outcome.CLOSED
    assert gateway.close(stage.number()).outcome is Outcome.UNKNOWN


def test_an_answer_to_another_method_of_alipay_is_not_taken_for_ours(stage, replaying):
    gateway = replaying("alipay")
    number = stage.paid_order("alipay").out_trade_no
    assert gateway.query(number, kind=PaymentKind.PREPAID).outcome is Outcome.PAID
    closed = gateway.close(number)
    assert (closed.outcome, closed.error.code) == (Outcome.UNKNOWN, "ANSWER_UNVERIFIED")
