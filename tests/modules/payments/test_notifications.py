"""Providers' notifications at the real endpoint: genuine ones are booked once, others change nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.ops import start_payment
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order, State
from quanyu.modules.payments import api as payments
from quanyu.modules.payments.contracts import Payment, PaymentState, Tender
from quanyu.modules.payments.http.notifications import BODY_BYTES_MAX
from quanyu.modules.payments.ops import gateways
from quanyu.modules.payments.simulators import forgeries, messages
from quanyu.modules.payments.simulators.book import Refund
from quanyu.platform import db
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.checkout import command, place, stock_of
from tests.harness.notices import fact_of, message_of, post, real_gateways, trade_of, world
from tests.harness.parallel import parallel

TENDERS = [Tender.WECHAT, Tender.ALIPAY]
# Two headers of one name do not survive Django's test client; the provider tests send them.
WECHAT_FORGERIES = sorted(set(forgeries.WECHATPAY) - {"duplicated_header"})


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=200)


@pytest.fixture(autouse=True)
def providers():
    with real_gateways():
        yield


def asked(chain: Chain, tender: Tender) -> tuple[Order, Payment]:
    """An order with a payment that its provider was asked for."""
    order, now = place(command(chain.store, (chain.milk, 2))), system_clock.now()
    ask = start_payment.Ask(order_id=order.id, tender=tender, way="jsapi", payer_id="oPayer")
    payment_id, _ = start_payment._stored(ask, actor=SYSTEM, now=now)
    db.execute("UPDATE payments_payment SET state = 'asking' WHERE id = %s", [payment_id])
    return order, payments.payment(id=payment_id)


def kept(tender: Tender) -> tuple[int, int]:
    """How many notifications and how many rejected ones are stored."""
    return (
        db.value("SELECT count(*) FROM payments_notification WHERE provider = %s", [tender.value]),
        db.value("SELECT count(*) FROM payments_rejected_notification WHERE provider = %s", [tender.value]),
    )


def world_of(order: Order, payment: Payment, chain: Chain) -> tuple[object, ...]:
    """Everything a notification could change."""
    return (
        orders.order(id=order.id),
        payments.payment(id=payment.id),
        stock_of(chain.store, chain.milk),
        db.value("SELECT count(*) FROM platform_outbox WHERE aggregate = %s", [f"order:{order.id}"]),
    )


def close_for_good(payment: Payment) -> None:
    """End what a test leaves open."""
    db.value("SELECT payments_end(%s, 'closed', now())", [payment.id])


@pytest.mark.parametrize("tender", TENDERS)
def test_a_genuine_notification_pays_the_order(chain, tender):
    order, payment = asked(chain, tender)
    answer = post(tender, message_of(tender, fact_of(payment)))
    assert answer.status in (200, 204)
    paid = orders.order(id=order.id)
    assert (paid.state, paid.paid_fen) == (State.PAID, 2 * MILK_FEN)
    assert payments.payment(id=payment.id).state is PaymentState.PAID


@pytest.mark.parametrize("tender", TENDERS)
def test_i7_the_same_notification_fifteen_times_is_booked_once(chain, tender):
    order, payment = asked(chain, tender)
    fact = fact_of(payment)
    before = kept(tender)
    answers = [post(tender, message_of(tender, fact)) for _ in range(15)]
    assert len({answer.status for answer in answers}) == 1
    assert kept(tender) == (before[0] + 1, before[1])
    assert [step.to_state for step in orders.order(id=order.id).history] == ["placed", "paid"]
    assert orders.order(id=order.id).paid_fen == 2 * MILK_FEN


def test_i7_the_same_notification_from_eight_sides_at_once_is_booked_once(chain):
    order, payment = asked(chain, Tender.WECHAT)
    message = message_of(Tender.WECHAT, fact_of(payment))
    answers = parallel(8, lambda _index: post(Tender.WECHAT, message).status)
    assert len(set(answers)) == 1
    assert orders.order(id=order.id).paid_fen == 2 * MILK_FEN
    assert [step.to_state for step in orders.order(id=order.id).history] == ["placed", "paid"]


@pytest.mark.parametrize("tender", TENDERS)
@pytest.mark.parametrize("shift", [-1, 1])
def test_i9_another_amount_than_ours_is_kept_but_not_booked(chain, tender, shift):
    order, payment = asked(chain, tender)
    before, stored = world_of(order, payment, chain), kept(tender)
    answer = post(tender, message_of(tender, fact_of(payment, amount_fen=payment.amount_fen + shift)))
    assert answer.status >= 400 or answer.body == b"fail"
    assert world_of(order, payment, chain) == before
    assert kept(tender) == (stored[0] + 1, stored[1])
    outcome = db.value("SELECT outcome FROM payments_notification ORDER BY id DESC LIMIT 1")
    assert outcome == "not_ours: amount"
    close_for_good(payment)


@pytest.mark.parametrize("tender", TENDERS)
def test_a_payment_we_do_not_know_is_kept_and_refused(chain, tender):
    order, payment = asked(chain, tender)
    before = world_of(order, payment, chain)
    answer = post(tender, message_of(tender, fact_of(payment, number="SOMEBODYELSE0001")))
    assert answer.status >= 400 or answer.body == b"fail"
    assert world_of(order, payment, chain) == before
    close_for_good(payment)


@pytest.mark.parametrize(
    ("tender", "forgery"),
    [(Tender.WECHAT, name) for name in WECHAT_FORGERIES] + [(Tender.ALIPAY, name) for name in sorted(forgeries.ALIPAY)],
)
def test_i9_no_forgery_pays_an_order(chain, tender, forgery):
    order, payment = asked(chain, tender)
    before, stored = world_of(order, payment, chain), kept(tender)
    forge = (forgeries.WECHATPAY if tender is Tender.WECHAT else forgeries.ALIPAY)[forgery]
    post(tender, forge(world(), fact_of(payment), system_clock.now()))
    assert world_of(order, payment, chain) == before
    if not forgery.startswith("genuine_"):
        assert kept(tender) == (stored[0], stored[1] + 1)
    close_for_good(payment)


def test_what_was_rejected_is_kept_as_it_was():
    post(Tender.ALIPAY, messages.Message((messages.FORM_TYPE,), b"sign=x"))
    for deed in ("UPDATE payments_rejected_notification SET reason = ''", "DELETE FROM payments_rejected_notification"):
        with pytest.raises(Exception, match="append-only"):
            db.execute(deed)


def test_a_late_notification_after_the_order_was_closed_revives_it(chain):
    order, payment = asked(chain, Tender.WECHAT)
    close_for_good(payment)
    now = system_clock.now() + timedelta(minutes=16)
    checkout.expire_due(now=now)
    assert orders.order(id=order.id).state is State.CANCELLED
    on_hand, reserved = stock_of(chain.store, chain.milk)
    post(Tender.WECHAT, message_of(Tender.WECHAT, fact_of(payment)))
    assert orders.order(id=order.id).state is State.PAID
    assert stock_of(chain.store, chain.milk) == (on_hand, reserved + 2)


def test_a_refund_is_done_when_the_provider_says_so(chain):
    order, payment = asked(chain, Tender.WECHAT)
    post(Tender.WECHAT, message_of(Tender.WECHAT, fact_of(payment)))
    checkout.cancel_order(order_id=order.id, reason="x", actor=SYSTEM, now=system_clock.now())
    (refund,) = payments.refunds_of(payment_ids=[payment.id])[payment.id]
    assert refund.state.value == "created"
    told = Refund(
        out_refund_no=refund.out_refund_no,
        refund_id="50000",
        amount_fen=refund.amount_fen,
        settled_at=system_clock.now().isoformat(),
    )
    for _ in range(3):
        post(Tender.WECHAT, message_of(Tender.WECHAT, messages.wechat_refund(trade_of(payment), told)))
    (refund,) = payments.refunds_of(payment_ids=[payment.id])[payment.id]
    assert (refund.state.value, refund.amount_fen) == ("done", 2 * MILK_FEN)
    done = db.value(
        "SELECT count(*) FROM platform_outbox WHERE topic = 'payments.refunded.1' AND aggregate = %s",
        [f"order:{order.id}"],
    )
    assert done == 1


def test_an_absurd_body_is_refused():
    stored = kept(Tender.WECHAT)
    for size, status in ((BODY_BYTES_MAX + 1, 413), (BODY_BYTES_MAX, 401)):
        response = Client().post("/api/payments/v1/notify/wechat", data=b"x" * size, content_type="application/json")
        assert response.status_code == status, response.content
    assert kept(Tender.WECHAT) == (stored[0], stored[1] + 1)


def test_a_provider_we_do_not_speak_to_is_told_to_come_again():
    gateways._gateways.pop(Tender.ALIPAY)
    assert post(Tender.ALIPAY, messages.Message((messages.FORM_TYPE,), b"a=b")).status == 503
    assert Client().post("/api/payments/v1/notify/paypal", data=b"", content_type="text/plain").status_code == 404
    assert Client().get("/api/payments/v1/notify/wechat").status_code == 405
