"""The forgery matrix: every wrong notification is refused with its own reason, or disagrees.

Each class is tried several times, because nonces, keys and ciphertexts are random.
"""

from datetime import timedelta

import pytest

from quanyu.modules.payments.providers import notifications as n
from quanyu.modules.payments.simulators import forgeries, messages
from quanyu.modules.payments.simulators.book import Refund, State, Trade
from quanyu.modules.payments.simulators.keys import ALIPAY_APP_ID, MINI_PROGRAM_APP_ID

ATTEMPTS = 5
ORDER = "XS2611220001000001"
AMOUNT = 1234

WECHATPAY_REFUSALS = {
    "no_signature": n.SignatureMissing,
    "empty_signature": n.SignatureMissing,
    "garbage_signature": n.SignatureWrong,
    "wrong_key": n.SignatureWrong,
    "merchant_serial": n.SerialUnknown,
    "unknown_serial": n.SerialUnknown,
    "other_body": n.SignatureWrong,
    "reserialised": n.SignatureWrong,
    "duplicated_header": n.SignatureMissing,
    "six_minutes_old": n.NotificationStale,
    "six_minutes_ahead": n.NotificationStale,
    "one_day_old": n.NotificationStale,
    "one_day_ahead": n.NotificationStale,
    "timestamp_not_a_number": n.MalformedNotification,
    "timestamp_missing": n.SignatureMissing,
    "timestamp_refreshed": n.SignatureWrong,
    "other_nonce": n.SignatureWrong,
    "signature_probe": n.SignatureProbe,
    "ciphertext_changed": n.DecryptionFailed,
    "other_associated_data": n.DecryptionFailed,
    "other_apiv3_key": n.DecryptionFailed,
    "external_entity": n.MalformedNotification,
    "genuine_other_merchant": n.WrongRecipient,
    "genuine_other_app": n.WrongRecipient,
}
ALIPAY_REFUSALS = {
    "no_signature": n.SignatureMissing,
    "empty_signature": n.SignatureMissing,
    "garbage_signature": n.SignatureWrong,
    "wrong_key": n.SignatureWrong,
    "weak_sign_type": n.SignatureMissing,
    "amount_changed": n.SignatureWrong,
    "order_changed": n.SignatureWrong,
    "state_changed": n.SignatureWrong,
    "parameter_added": n.SignatureWrong,
    "parameter_removed": n.SignatureWrong,
    "duplicated_parameter": n.MalformedNotification,
    "not_a_form": n.MalformedNotification,
    "three_days_old": n.NotificationStale,
    "one_day_ahead": n.NotificationStale,
    "no_notify_id": n.MalformedNotification,
    "genuine_other_merchant": n.WrongRecipient,
    "genuine_other_app": n.WrongRecipient,
}
# Rightly signed and addressed to us: only our own order can tell.
DISAGREEMENTS = {
    "genuine_other_order": n.Disagreement.ORDER,
    "genuine_amount_plus_one": n.Disagreement.AMOUNT,
    "genuine_amount_minus_one": n.Disagreement.AMOUNT,
    "genuine_other_currency": n.Disagreement.CURRENCY,
}


def paid_trade(provider, now):
    return Trade(
        provider=provider,
        out_trade_no=ORDER,
        trade_no="4200001234202611221234567890",
        prepay_id="wx1",
        amount_fen=AMOUNT,
        subject="牛奶",
        scene="jsapi",
        app_id=MINI_PROGRAM_APP_ID if provider == "wechatpay" else ALIPAY_APP_ID,
        payer_id="oPayer",
        state=State.SUCCESS,
        created_at=now.isoformat(),
        expires_at=(now + timedelta(minutes=15)).isoformat(),
        paid_at=now.isoformat(),
    )


@pytest.fixture
def payer(keys, wechatpay, alipay, now):
    """Forge (or write) a notification of one provider and let the gateway read it."""

    def read(provider, forgery=""):
        if provider == "wechatpay":
            fact = messages.wechat_payment(paid_trade(provider, now))
            write = forgeries.WECHATPAY[forgery] if forgery else messages.wechat_message
            gateway = wechatpay
        else:
            fact = messages.alipay_payment(paid_trade(provider, now), now)
            write = forgeries.ALIPAY[forgery] if forgery else messages.alipay_message
            gateway = alipay
        message = write(keys, fact, now)
        return gateway.parse_notification(message.headers, message.body, now)

    return read


def test_every_forgery_of_the_simulator_has_its_expected_end():
    always = {*DISAGREEMENTS, "genuine_refunded_state"}
    assert set(forgeries.WECHATPAY) == {*WECHATPAY_REFUSALS, *always}
    assert set(forgeries.ALIPAY) == {*ALIPAY_REFUSALS, *always}
    assert len(forgeries.WECHATPAY) >= 20
    assert len(forgeries.ALIPAY) >= 20


@pytest.mark.parametrize(("forgery", "refusal"), WECHATPAY_REFUSALS.items())
def test_a_forged_wechat_notification_is_refused_for_its_reason(payer, forgery, refusal):
    for _ in range(ATTEMPTS):
        with pytest.raises(n.NotificationRefused) as refused:
            payer("wechatpay", forgery)
        assert type(refused.value) is refusal


@pytest.mark.parametrize(("forgery", "refusal"), ALIPAY_REFUSALS.items())
def test_a_forged_alipay_notification_is_refused_for_its_reason(payer, forgery, refusal):
    for _ in range(ATTEMPTS):
        with pytest.raises(n.NotificationRefused) as refused:
            payer("alipay", forgery)
        assert type(refused.value) is refusal


@pytest.mark.parametrize("provider", ["wechatpay", "alipay"])
@pytest.mark.parametrize(("forgery", "disagreement"), DISAGREEMENTS.items())
def test_a_genuine_notification_about_something_else_disagrees_with_our_order(payer, provider, forgery, disagreement):
    notification = payer(provider, forgery)
    assert notification.disagreements(out_trade_no=ORDER, amount_fen=AMOUNT) == (disagreement,)


@pytest.mark.parametrize("provider", ["wechatpay", "alipay"])
def test_a_refunded_payment_replayed_as_success_does_not_read_as_paid(payer, provider):
    assert payer(provider, "genuine_refunded_state").trade_state is n.TradeState.REFUNDED


@pytest.mark.parametrize("provider", ["wechatpay", "alipay"])
def test_a_genuine_notification_tells_order_amount_merchant_and_payer(payer, provider, now):
    notification = payer(provider)
    assert notification.kind is n.NotificationKind.PAYMENT
    assert notification.trade_state is n.TradeState.PAID
    assert notification.amount_fen == AMOUNT
    assert notification.currency == "CNY"
    assert notification.out_trade_no == ORDER
    assert notification.transaction_id == "4200001234202611221234567890"
    assert notification.payer_id == "oPayer"
    assert notification.paid_at == now
    assert notification.sent_at == now
    assert notification.notification_id
    assert notification.disagreements(out_trade_no=ORDER, amount_fen=AMOUNT) == ()


@pytest.mark.parametrize("change", [str.lower, str.upper, str.title])
def test_header_names_count_in_any_case(keys, wechatpay, now, change):
    message = messages.wechat_message(keys, messages.wechat_payment(paid_trade("wechatpay", now)), now)
    headers = {change(name): value for name, value in message.headers}
    assert wechatpay.parse_notification(headers, message.body, now).out_trade_no == ORDER


@pytest.mark.parametrize(("seconds", "accepted"), [(-300, True), (-301, False), (300, True), (301, False)])
def test_a_wechat_signature_is_fresh_for_exactly_five_minutes(keys, wechatpay, now, seconds, accepted):
    written_at = now + timedelta(seconds=seconds)
    message = messages.wechat_message(keys, messages.wechat_payment(paid_trade("wechatpay", now)), written_at)
    if accepted:
        assert wechatpay.parse_notification(message.headers, message.body, now).out_trade_no == ORDER
    else:
        with pytest.raises(n.NotificationStale):
            wechatpay.parse_notification(message.headers, message.body, now)


def refunded_trade(provider, now):
    trade = paid_trade(provider, now)
    refund = Refund(out_refund_no="TK1", refund_id="5030", amount_fen=234, settled_at=now.isoformat())
    trade.refunds["TK1"] = refund
    return trade, refund


def test_a_wechat_refund_notification_tells_refund_and_payment_amounts(keys, wechatpay, now):
    trade, refund = refunded_trade("wechatpay", now)
    message = messages.wechat_message(keys, messages.wechat_refund(trade, refund), now)
    notification = wechatpay.parse_notification(message.headers, message.body, now)
    assert notification.kind is n.NotificationKind.REFUND
    assert notification.refund_state is n.RefundState.SUCCEEDED
    assert (notification.out_refund_no, notification.refund_fen, notification.amount_fen) == ("TK1", 234, AMOUNT)
    assert notification.refunded_at == now
    assert notification.paid_at is None
    ours = {"out_trade_no": ORDER, "amount_fen": AMOUNT}
    assert notification.disagreements(**ours, out_refund_no="TK1", refund_fen=234) == ()
    assert notification.disagreements(**ours, out_refund_no="TK2", refund_fen=235) == (
        n.Disagreement.REFUND,
        n.Disagreement.REFUND_AMOUNT,
    )


def test_an_alipay_notification_after_a_refund_never_reads_as_a_fresh_payment(keys, alipay, now):
    trade, _ = refunded_trade("alipay", now)
    message = messages.alipay_message(keys, messages.alipay_payment(trade, now), now)
    notification = alipay.parse_notification(message.headers, message.body, now)
    assert notification.kind is n.NotificationKind.REFUND
    assert notification.trade_state is n.TradeState.REFUNDED
    assert notification.out_refund_no == "TK1"
    # Alipay names only the sum of all refunds: the query must be asked for this one.
    assert (notification.refund_state, notification.refund_fen) == (None, None)


def test_a_genuine_event_nobody_asked_for_is_read_as_other(keys, wechatpay, now):
    fact = messages.Fact(notification_id="1", event_type="COUPON.USE", document={"coupon_id": "1"})
    message = messages.wechat_message(keys, fact, now)
    assert wechatpay.parse_notification(message.headers, message.body, now).kind is n.NotificationKind.OTHER
