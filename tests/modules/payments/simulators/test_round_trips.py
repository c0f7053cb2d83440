"""The product's gateways against the simulator: real HTTP, real signatures, both directions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests

from quanyu.modules.payments.providers.gateway import Outcome, PaymentKind, RefundOutcome, Scene
from quanyu.modules.payments.providers.notifications import NotificationKind, RefundState, TradeState
from quanyu.modules.payments.providers.opening import open_gateway
from quanyu.modules.payments.simulators import keys as simulator_keys

PREPAID = PaymentKind.PREPAID
CODE = PaymentKind.CODE


def test_a_prepaid_order_waits_is_paid_and_is_notified_once(stage, provider, gateway):
    request = stage.order(provider)
    result = gateway.prepay(request)
    assert result.outcome is Outcome.WAITING
    assert result.prepay_id
    assert result.error is None
    assert result.trace.http_status == 200
    assert result.trace.request_id
    assert gateway.query(request.out_trade_no, kind=PREPAID).outcome is Outcome.WAITING

    stage.control("POST", f"trades/{provider}/{request.out_trade_no}/pay")
    notification = stage.until(lambda: stage.shop.believed)[0]
    assert notification.kind is NotificationKind.PAYMENT
    assert notification.trade_state is TradeState.PAID
    assert notification.disagreements(out_trade_no=request.out_trade_no, amount_fen=1234) == ()

    found = gateway.query(request.out_trade_no, kind=PREPAID)
    assert found.outcome is Outcome.PAID
    assert (found.amount_fen, found.currency, found.payer_id) == (1234, "CNY", "oPayer1")
    assert found.transaction_id == notification.transaction_id
    assert found.paid_at == notification.paid_at
    assert (found.merchant_id, found.app_id) == (notification.merchant_id, notification.app_id)
    assert [delivery["accepted"] for delivery in stage.control("GET", "deliveries")] == [True]
    assert stage.shop.refused == []


def test_a_query_brings_an_amount_that_is_not_ours_to_the_caller(stage, provider, gateway):
    request = stage.paid_order(provider)
    stage.engine.book.find(provider, request.out_trade_no).amount_fen = 1
    assert gateway.query(request.out_trade_no, kind=PREPAID).amount_fen == 1


def test_the_same_number_with_the_same_terms_is_the_same_order(stage, provider, gateway):
    request = stage.order(provider)
    assert gateway.prepay(request).prepay_id == gateway.prepay(request).prepay_id
    changed = gateway.prepay(stage.order(provider, out_trade_no=request.out_trade_no, amount_fen=1))
    assert changed.outcome is Outcome.UNKNOWN  # somebody may still pay the first one
    assert len(stage.control("GET", "trades")) == 1


def test_a_netrc_of_the_host_does_not_replace_our_signature(stage, provider, gateway, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert gateway.prepay(stage.order(provider)).outcome is Outcome.WAITING


def test_an_order_that_is_paid_or_closed_is_not_opened_again(stage, provider, gateway):
    paid = stage.paid_order(provider)
    assert gateway.prepay(paid).outcome is Outcome.PAID
    closed = stage.order(provider)
    gateway.prepay(closed)
    gateway.close(closed.out_trade_no)
    assert gateway.prepay(closed).outcome is Outcome.CLOSED


def test_a_closed_order_takes_no_money(stage, provider, gateway):
    request = stage.order(provider)
    gateway.prepay(request)
    assert gateway.close(request.out_trade_no).outcome is Outcome.CLOSED
    assert gateway.close(request.out_trade_no).outcome is Outcome.CLOSED
    assert gateway.query(request.out_trade_no, kind=PREPAID).outcome is Outcome.CLOSED
    path = f"{stage.address}/control/trades/{provider}/{request.out_trade_no}/pay"
    answer = requests.post(path, json={"force": True}, timeout=5)
    assert (answer.status_code, answer.json()) == (409, {"error": "closed"})


def test_closing_a_paid_order_says_paid_with_the_facts(stage, provider, gateway):
    request = stage.paid_order(provider)
    late = gateway.close(request.out_trade_no)
    assert late.outcome is Outcome.PAID
    assert late.amount_fen == 1234
    assert late.transaction_id


def test_a_number_nobody_knows_is_absent(stage, provider, gateway):
    for kind in PaymentKind:
        assert gateway.query("XS99999999", kind=kind).outcome is Outcome.ABSENT
    assert gateway.query_refund("XS99999999", "TK9").outcome is RefundOutcome.ABSENT


def test_closing_a_number_wechat_never_heard_of_does_not_claim_closed(stage):
    assert stage.gateways["wechatpay"].close("XS99999999").outcome is Outcome.ABSENT


def test_an_alipay_qr_code_that_nobody_scanned_is_ended_by_close(stage):
    gateway = stage.gateways["alipay"]
    request = stage.order("alipay", scene=Scene.NATIVE)
    code_url = gateway.prepay(request).code_url
    assert gateway.query(request.out_trade_no, kind=PREPAID).outcome is Outcome.ABSENT
    assert gateway.close(request.out_trade_no).outcome is Outcome.CLOSED
    page = requests.post(f"{code_url}/pay", timeout=5)
    assert "订单已关闭" in page.text
    assert stage.engine.book.find("alipay", request.out_trade_no).paid_at == ""


def test_wechat_refunds_are_processing_then_notified_and_found(stage):
    gateway = stage.gateways["wechatpay"]
    request = stage.paid_order("wechatpay")
    stage.until(lambda: stage.shop.believed)
    refund = stage.refund_of(request, 234, notify_url=request.notify_url, reason="缺货")
    first = gateway.refund(refund)
    assert first.outcome is RefundOutcome.PROCESSING
    notification = stage.until(lambda: stage.shop.believed[1:])[0]
    assert notification.kind is NotificationKind.REFUND
    assert notification.refund_state is RefundState.SUCCEEDED
    assert (notification.out_refund_no, notification.refund_fen) == ("TK1", 234)
    found = gateway.query_refund(request.out_trade_no, "TK1")
    assert found.outcome is RefundOutcome.SUCCEEDED
    assert (found.amount_fen, found.refund_id) == (234, first.refund_id)
    assert gateway.query(request.out_trade_no, kind=PREPAID).outcome is Outcome.REFUNDED


def test_an_alipay_refund_is_done_at_once_and_notified_as_a_refund(stage):
    gateway = stage.gateways["alipay"]
    request = stage.paid_order("alipay")
    stage.until(lambda: stage.shop.believed)
    assert gateway.refund(stage.refund_of(request, 234)).outcome is RefundOutcome.SUCCEEDED
    notification = stage.until(lambda: stage.shop.believed[1:])[0]
    assert (notification.kind, notification.out_refund_no) == (NotificationKind.REFUND, "TK1")
    found = gateway.query_refund(request.out_trade_no, "TK1")
    assert (found.outcome, found.amount_fen) == (RefundOutcome.SUCCEEDED, 234)


def test_the_same_refund_number_moves_money_once_and_another_is_another_refund(stage, provider, gateway):
    request = stage.paid_order(provider)
    for _ in range(3):
        result = gateway.refund(stage.refund_of(request, 1000))
        assert result.outcome in (RefundOutcome.PROCESSING, RefundOutcome.SUCCEEDED)
    changed = gateway.refund(stage.refund_of(request, 1))
    assert (changed.outcome, changed.error.code) == (RefundOutcome.UNKNOWN, "REFUND_DIFFERS")
    too_much = gateway.refund(stage.refund_of(request, 235, "TK2"))
    assert too_much.outcome is RefundOutcome.FAILED
    rest = gateway.refund(stage.refund_of(request, 234, "TK3"))
    assert rest.outcome in (RefundOutcome.PROCESSING, RefundOutcome.SUCCEEDED)
    trade = stage.engine.book.find(provider, request.out_trade_no)
    assert {number: refund.amount_fen for number, refund in trade.refunds.items()} == {"TK1": 1000, "TK3": 234}


def test_an_unpaid_order_is_not_refunded(stage, provider, gateway):
    request = stage.order(provider)
    gateway.prepay(request)
    assert gateway.refund(stage.refund_of(request, 1)).outcome is RefundOutcome.FAILED
    assert stage.engine.book.find(provider, request.out_trade_no).refunds == {}


def test_a_shown_code_is_charged_at_once_with_the_facts(stage, provider, gateway):
    request = stage.code(provider)
    result = gateway.charge_code(request)
    assert result.outcome is Outcome.PAID
    assert (result.amount_fen, result.currency) == (1234, "CNY")
    assert result.paid_at
    found = gateway.query(request.out_trade_no, kind=CODE)
    assert (found.outcome, found.transaction_id) == (Outcome.PAID, result.transaction_id)
    assert stage.control("GET", "deliveries") == []


def test_charging_a_paid_number_again_takes_no_second_payment(stage, provider, gateway):
    request = stage.code(provider)
    first = gateway.charge_code(request)
    assert gateway.charge_code(request).outcome is Outcome.UNKNOWN
    assert gateway.query(request.out_trade_no, kind=CODE).transaction_id == first.transaction_id
    assert len(stage.control("GET", "trades")) == 1


def test_a_payer_who_types_a_password_is_waited_for(stage, provider, gateway):
    request = stage.code(provider, "9001")
    outcomes = [gateway.charge_code(request).outcome]
    outcomes += [gateway.query(request.out_trade_no, kind=CODE).outcome for _ in range(3)]
    assert outcomes == [Outcome.WAITING, Outcome.WAITING, Outcome.WAITING, Outcome.PAID]


@pytest.mark.parametrize(
    ("provider", "ending", "code"),
    [
        ("wechatpay", "9002", "NOTENOUGH"),
        ("wechatpay", "9003", "AUTHCODEEXPIRE"),
        ("alipay", "9002", "ACQ.BUYER_BALANCE_NOT_ENOUGH"),
        ("alipay", "9003", "ACQ.PAYMENT_AUTH_CODE_INVALID"),
    ],
)
def test_a_refused_code_fails_for_good_and_leaves_no_payment(stage, provider, ending, code):
    gateway = stage.gateways[provider]
    request = stage.code(provider, ending)
    result = gateway.charge_code(request)
    assert (result.outcome, result.error.code) == (Outcome.FAILED, code)
    assert gateway.query(request.out_trade_no, kind=CODE).outcome is Outcome.ABSENT


def test_a_payer_who_gives_up_ends_without_payment(stage, provider, gateway):
    request = stage.code(provider, "9004")
    gateway.charge_code(request)
    last = [gateway.query(request.out_trade_no, kind=CODE).outcome for _ in range(3)][-1]
    assert last in (Outcome.FAILED, Outcome.CLOSED)


@pytest.mark.parametrize("ending", ["0000", "9001"])
def test_a_reversed_code_payment_holds_no_money_paid_or_not(stage, provider, gateway, ending):
    request = stage.code(provider, ending)
    gateway.charge_code(request)
    assert gateway.reverse(request.out_trade_no).outcome is Outcome.CLOSED
    assert gateway.reverse(request.out_trade_no).outcome is Outcome.CLOSED
    assert gateway.query(request.out_trade_no, kind=CODE).outcome is Outcome.CLOSED
    assert gateway.charge_code(request).outcome is Outcome.CLOSED


def test_the_payers_app_accepts_our_signature_and_no_other(stage):
    gateway = stage.gateways["wechatpay"]
    result = gateway.prepay(stage.order("wechatpay"))
    url = f"{stage.address}/cashier/wechatpay/invoke"
    assert requests.post(url, json=dict(result.invoke), timeout=5).json() == {"cashier_url": result.cashier_url}
    for name in ("appId", "timeStamp", "nonceStr", "paySign", "signType"):
        changed = {**result.invoke, name: result.invoke[name][:-1] + "0"}
        if changed != result.invoke:
            assert requests.post(url, json=changed, timeout=5).status_code == 400


def strangers(stage, keys):
    """Gateways whose merchant signs with a wrong key."""
    key = keys.platform[0].private_key
    wechat = simulator_keys.wechatpay_config(keys, stage.address)
    ali = simulator_keys.alipay_config(keys, stage.address)
    return {
        "wechatpay": open_gateway(replace(wechat, merchant_private_key=key, apiv2_key="0" * 32)),
        "alipay": open_gateway(replace(ali, app_private_key=key)),
    }


def test_the_simulator_carries_out_nothing_that_is_signed_wrongly(stage, keys, provider):
    stranger = strangers(stage, keys)[provider]
    paid = stage.paid_order(provider)
    assert stranger.prepay(stage.order(provider)).outcome is Outcome.FAILED
    assert stranger.charge_code(stage.code(provider)).outcome in (Outcome.FAILED, Outcome.UNKNOWN)
    stranger.close(paid.out_trade_no)
    stranger.reverse(paid.out_trade_no)
    stranger.refund(stage.refund_of(paid, 1))
    trades = stage.control("GET", "trades")
    assert [(trade["out_trade_no"], trade["state"], trade["refunds"]) for trade in trades] == [
        (paid.out_trade_no, "SUCCESS", {})
    ]


def test_a_refused_question_says_nothing_about_the_payment(stage, keys, provider):
    stranger = strangers(stage, keys)[provider]
    number = stage.paid_order(provider).out_trade_no
    for result in (
        stranger.query(number, kind=PREPAID),
        stranger.query(number, kind=CODE),
        stranger.close(number),
        stranger.reverse(number),
    ):
        assert result.outcome is Outcome.UNKNOWN
    assert stranger.query_refund(number, "TK1").outcome is RefundOutcome.UNKNOWN
    refused = stranger.refund(stage.refund_of(stage.paid_order(provider), 1))
    assert refused.outcome is RefundOutcome.UNKNOWN


def test_a_refund_refused_because_its_number_is_in_use_is_the_refund_that_landed(stage):
    gateway = stage.gateways["wechatpay"]
    request = stage.paid_order("wechatpay")
    gateway.refund(stage.refund_of(request, 500))
    repeated = gateway.refund(replace(stage.refund_of(request, 500), total_fen=9999))
    assert repeated.outcome in (RefundOutcome.PROCESSING, RefundOutcome.SUCCEEDED)
    assert stage.engine.book.find("wechatpay", request.out_trade_no).refunded_fen == 500


def test_a_refund_of_another_order_under_our_number_is_not_taken_for_ours(stage, provider, gateway):
    other = stage.paid_order(provider)
    gateway.refund(stage.refund_of(other, 500))
    request = stage.paid_order(provider)
    found = gateway.query_refund(request.out_trade_no, "TK1")
    assert found.outcome in (RefundOutcome.UNKNOWN, RefundOutcome.ABSENT)


def test_an_expired_order_is_not_paid_but_a_payment_in_the_last_moment_arrives(stage, provider, gateway):
    request = stage.order(provider, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    result = gateway.prepay(request)
    page = requests.post(f"{result.cashier_url}/pay", timeout=5)
    assert "订单已过期" in page.text
    assert gateway.query(request.out_trade_no, kind=PREPAID).outcome is Outcome.WAITING
    stage.control("POST", f"trades/{provider}/{request.out_trade_no}/pay", {"force": True})
    assert stage.until(lambda: stage.shop.believed)[0].out_trade_no == request.out_trade_no
