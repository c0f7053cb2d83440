"""Each fault, and what the product's gateway makes of it."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from quanyu.modules.payments.providers.gateway import Outcome, PaymentKind, RefundOutcome
from quanyu.modules.payments.providers.notifications import NotificationKind
from quanyu.modules.payments.providers.opening import open_gateway
from quanyu.modules.payments.simulators import forgeries
from quanyu.modules.payments.simulators import keys as simulator_keys

PREPAID = PaymentKind.PREPAID
CODE = PaymentKind.CODE


@pytest.mark.parametrize("kind", ["lost_reply", "error_after_success", "unsigned_answer", "wrong_key_answer"])
def test_a_charge_whose_answer_is_worth_nothing_is_unknown_and_found_by_query(stage, provider, gateway, kind):
    stage.fault(kind, provider=provider, operation="charge_code")
    request = stage.code(provider)
    result = gateway.charge_code(request)
    assert result.outcome is Outcome.UNKNOWN
    assert result.error.retryable
    assert result.amount_fen is None
    assert gateway.query(request.out_trade_no, kind=CODE).outcome is Outcome.PAID


def test_a_timeout_after_success_is_unknown_within_the_read_timeout(stage, provider, gateway):
    stage.fault("timeout_after_success", seconds=3)
    request = stage.code(provider)
    started = time.monotonic()
    result = gateway.charge_code(request)
    assert time.monotonic() - started < 2.5
    assert (result.outcome, result.error.code) == (Outcome.UNKNOWN, "NO_ANSWER")
    assert gateway.query(request.out_trade_no, kind=CODE).outcome is Outcome.PAID


@pytest.mark.parametrize("kind", ["lost_reply", "unsigned_answer", "wrong_key_answer"])
def test_a_refund_whose_answer_is_lost_is_repeated_under_its_number_and_moves_once(stage, provider, gateway, kind):
    request = stage.paid_order(provider)
    stage.fault(kind, provider=provider, operation="refund")
    assert gateway.refund(stage.refund_of(request, 500)).outcome is RefundOutcome.UNKNOWN
    again = gateway.refund(stage.refund_of(request, 500))
    assert again.outcome in (RefundOutcome.PROCESSING, RefundOutcome.SUCCEEDED)
    assert stage.engine.book.find(provider, request.out_trade_no).refunded_fen == 500


@pytest.mark.parametrize("kind", ["server_error", "rate_limit"])
def test_a_provider_in_trouble_is_unknown_for_every_call_and_did_nothing(stage, provider, gateway, kind):
    paid = stage.paid_order(provider)
    stage.fault(kind, provider=provider, times=0)
    order = stage.order(provider)
    assert gateway.prepay(order).outcome is Outcome.UNKNOWN
    code = stage.code(provider)
    assert gateway.charge_code(code).outcome is Outcome.UNKNOWN
    assert gateway.query(paid.out_trade_no, kind=PREPAID).outcome is Outcome.UNKNOWN
    assert gateway.query(paid.out_trade_no, kind=CODE).outcome is Outcome.UNKNOWN
    assert gateway.close(order.out_trade_no).outcome is Outcome.UNKNOWN
    assert gateway.reverse(code.out_trade_no).outcome is Outcome.UNKNOWN
    assert gateway.refund(stage.refund_of(paid, 1)).outcome is RefundOutcome.UNKNOWN
    assert gateway.query_refund(paid.out_trade_no, "TK1").outcome is RefundOutcome.UNKNOWN
    assert [trade["out_trade_no"] for trade in stage.control("GET", "trades")] == [paid.out_trade_no]
    stage.control("DELETE", "faults")
    assert gateway.prepay(order).outcome is Outcome.WAITING


def test_a_refund_from_an_empty_account_is_not_lost_but_repeated_under_its_number(stage, provider, gateway):
    request = stage.paid_order(provider)
    stage.fault("account_empty", operation="refund")
    first = gateway.refund(stage.refund_of(request, 500))
    assert first.outcome is RefundOutcome.UNKNOWN
    assert first.error.retryable
    assert gateway.query_refund(request.out_trade_no, "TK1").outcome is RefundOutcome.ABSENT
    again = gateway.refund(stage.refund_of(request, 500))
    assert again.outcome in (RefundOutcome.PROCESSING, RefundOutcome.SUCCEEDED)


def test_a_slow_answer_within_the_timeout_counts(stage, provider, gateway):
    stage.fault("slow", seconds=0.3)
    result = gateway.charge_code(stage.code(provider))
    assert result.outcome is Outcome.PAID
    assert result.trace.latency_ms >= 300


def test_userpaying_lasts_as_many_polls_as_planned(stage, provider, gateway):
    request = stage.code(provider)
    stage.fault("userpaying", out_trade_no=request.out_trade_no, count=4)
    outcomes = [gateway.charge_code(request).outcome]
    outcomes += [gateway.query(request.out_trade_no, kind=CODE).outcome for _ in range(5)]
    assert outcomes == [Outcome.WAITING] * 5 + [Outcome.PAID]


def test_a_fault_for_one_order_leaves_the_others_alone(stage, provider, gateway):
    request = stage.order(provider)
    stage.fault("server_error", out_trade_no=request.out_trade_no, times=2)
    assert gateway.prepay(stage.order(provider)).outcome is Outcome.WAITING
    assert [gateway.prepay(request).outcome for _ in range(3)] == [Outcome.UNKNOWN, Outcome.UNKNOWN, Outcome.WAITING]


def test_a_lost_callback_never_comes_and_the_query_knows(stage, provider, gateway):
    stage.fault("lost_callback")
    request = stage.paid_order(provider)
    time.sleep(0.3)
    assert stage.shop.believed == []
    assert gateway.query(request.out_trade_no, kind=PREPAID).outcome is Outcome.PAID


def test_duplicate_callbacks_carry_one_notification_id(stage, provider):
    stage.fault("duplicate_callback", count=15)
    stage.paid_order(provider)
    stage.until(lambda: len(stage.shop.believed) == 15)
    assert len({notification.notification_id for notification in stage.shop.believed}) == 1


def test_a_late_callback_comes_late(stage, provider):
    stage.fault("late_callback", seconds=0.5)
    stage.paid_order(provider)
    time.sleep(0.2)
    assert stage.shop.believed == []
    stage.until(lambda: stage.shop.believed)


def test_out_of_order_the_refund_is_told_before_its_payment(stage, provider, gateway):
    stage.fault("out_of_order_callback")
    request = stage.paid_order(provider)
    gateway.refund(stage.refund_of(request, 1234, notify_url=request.notify_url))
    stage.until(lambda: len(stage.shop.believed) == 2)
    kinds = [notification.kind for notification in stage.shop.believed]
    assert kinds == [NotificationKind.REFUND, NotificationKind.PAYMENT]


def test_a_shop_that_was_down_is_told_again(stage, provider):
    stage.shop.down = True
    stage.paid_order(provider)
    stage.until(lambda: stage.control("GET", "deliveries"))
    assert stage.shop.believed == []
    stage.shop.down = False
    stage.until(lambda: stage.shop.believed)
    deliveries = stage.control("GET", "deliveries")
    assert [deliveries[0]["status"], deliveries[-1]["accepted"]] == [503, True]
    assert len({delivery["notification_id"] for delivery in deliveries}) == 1


ALL_FORGERIES = [("wechatpay", name) for name in forgeries.WECHATPAY] + [("alipay", name) for name in forgeries.ALIPAY]


@pytest.mark.parametrize(("provider", "forgery"), ALL_FORGERIES)
def test_a_forged_callback_is_refused_or_disagrees_and_the_genuine_one_is_believed(stage, provider, forgery):
    stage.fault("forged_callback", forgery=forgery, provider=provider)
    request = stage.paid_order(provider)
    stage.until(lambda: len(stage.control("GET", "deliveries")) == 2)
    bookable = [
        notification
        for notification in stage.shop.believed
        if notification.trade_state == "paid"
        and notification.disagreements(out_trade_no=request.out_trade_no, amount_fen=1234) == ()
    ]
    assert len(bookable) == 1
    assert len(stage.shop.believed) + len(stage.shop.refused) == 2
    forged, genuine = stage.control("GET", "deliveries")
    assert (forged["forgery"], genuine["forgery"]) == (forgery, "")
    assert forged["accepted"] is forgery.startswith("genuine_") or stage.shop.refused != []
    assert genuine["accepted"]


def test_a_forgery_can_be_sent_at_any_moment(stage, provider):
    request = stage.paid_order(provider)
    stage.until(lambda: stage.shop.believed)
    path = f"trades/{provider}/{request.out_trade_no}/notify"
    assert stage.control("POST", path, {"forgery": "wrong_key"})["accepted"] is False
    assert stage.control("POST", path)["accepted"] is True
    assert stage.shop.refused == ["signature_wrong"]


def test_a_changed_certificate_is_refused_until_it_is_fetched(stage):
    gateway = stage.gateways["wechatpay"]
    request = stage.order("wechatpay")
    gateway.prepay(request)
    serial = stage.control("POST", "certificate")["serial"]
    stage.control("POST", f"trades/wechatpay/{request.out_trade_no}/pay")
    stage.until(lambda: stage.shop.refused)
    assert stage.shop.refused[0] == "serial_unknown"
    assert gateway.refresh_keys() is True
    assert gateway.refresh_keys() is False
    stage.until(lambda: stage.shop.believed)
    assert serial in {key.serial for key in stage.engine.keys.platform}


def test_an_answer_under_a_changed_certificate_makes_the_client_fetch_it_by_itself(stage):
    stage.control("POST", "certificate")
    result = stage.gateways["wechatpay"].prepay(stage.order("wechatpay"))
    assert result.outcome is Outcome.WAITING


def test_a_certificate_sealed_with_another_apiv3_key_is_not_trusted(stage, keys):
    stage.control("POST", "certificate")
    config = replace(simulator_keys.wechatpay_config(keys, stage.address), apiv3_key="0" * 32)
    gateway = open_gateway(config)
    assert gateway.refresh_keys() is False
    result = open_gateway(config).prepay(stage.order("wechatpay"))
    assert (result.outcome, result.error.code) == (Outcome.UNKNOWN, "ANSWER_UNVERIFIED")


def test_forged_serials_cannot_make_us_fetch_keys_more_than_once_a_minute(stage, keys):
    moments = iter([datetime.now(UTC) + timedelta(seconds=s) for s in (0, 0, 30, 61, 61)])
    fetched = []
    gateway = open_gateway(simulator_keys.wechatpay_config(keys, stage.address), clock=lambda: next(moments))
    for _ in range(3):
        stage.control("POST", "certificate")
        fetched.append(gateway.refresh_keys())
    assert fetched == [True, False, True]


@pytest.mark.parametrize("skew", [400, -400])
def test_a_provider_whose_clock_is_off_is_not_believed(stage, skew):
    stage.control("POST", "clock", {"skew_seconds": skew})
    gateway = stage.gateways["wechatpay"]
    assert gateway.prepay(stage.order("wechatpay")).outcome in (Outcome.UNKNOWN, Outcome.FAILED)
    request = stage.code("wechatpay")
    gateway.charge_code(request)
    order = stage.order("wechatpay")
    stage.control("POST", "clock", {"skew_seconds": 0})
    gateway.prepay(order)
    stage.control("POST", "clock", {"skew_seconds": skew})
    stage.control("POST", f"trades/wechatpay/{order.out_trade_no}/pay")
    stage.until(lambda: stage.shop.refused)
    assert stage.shop.refused[0] == "stale"
    assert stage.shop.believed == []
