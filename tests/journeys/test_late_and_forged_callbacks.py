"""Money that comes too late is taken or given back, once; money that never came changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from quanyu.kernel.clock import system_clock
from quanyu.modules.payments import api as payments
from quanyu.modules.payments.contracts import RefundState, Tender
from quanyu.modules.payments.ops import refund_payment
from quanyu.platform import db
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.clients import MallClient, TillClient, cash
from tests.harness.live import Live, eventually
from tests.journeys.steps import (
    let_unpaid_orders_lapse,
    payment_of,
    provider_that_only_says_closed,
    wait_for_state,
)

pytestmark = pytest.mark.slow


def _lapsed(live: Live, chain: Chain) -> tuple[MallClient, dict[str, Any], str]:
    """Place an order whose time to pay runs out, though its payer still can; return shopper, order, payment number."""
    shopper = MallClient(live.url).sign_in()
    order = shopper.order(chain.store, {chain.milk.id: 1}).expect(201)
    shopper.pay(order["id"], tender="wechat", way="native").expect(201)
    number = payment_of(order).out_trade_no
    with provider_that_only_says_closed(Tender.WECHAT):
        let_unpaid_orders_lapse()
    lapsed = shopper.get(f"/orders/{order['id']}").expect(200)
    assert (lapsed["state"], lapsed["cancel_reason"]) == ("cancelled", "expired")
    return shopper, order, number


def test_a_late_payment_revives_the_order_when_its_goods_are_still_there(live: Live):
    chain = make_chain(stock=1)
    shopper, order, number = _lapsed(live, chain)
    assert chain.stocked(chain.store, chain.milk).counters() == (1, 0)
    live.simulator.pay("wechat", number, force=True)
    revived = wait_for_state(shopper, order, "paid")
    assert (revived["paid_fen"], revived["refunded_fen"]) == (MILK_FEN, 0)
    assert [step["state"] for step in revived["timeline"]] == ["placed", "cancelled", "paid"]
    assert chain.stocked(chain.store, chain.milk).counters() == (1, 1)


def test_a_late_payment_whose_goods_are_sold_is_given_back_once(live: Live):
    chain = make_chain(stock=1)
    shopper, order, number = _lapsed(live, chain)
    till = TillClient(chain.store, live.url).sign_in(chain.cashier)
    till.open_shift()
    till.sell({chain.milk.id: 1}, tenders=cash(MILK_FEN)).expect(201)
    live.simulator.pay("wechat", number, force=True)
    payment = payment_of(order)
    eventually(lambda: payments.refunds_of(payment_ids=[payment.id]).get(payment.id))
    # The provider says it once more, as providers do.
    live.simulator.notify("wechat", number)
    (refund,) = payments.refunds_of(payment_ids=[payment.id])[payment.id]
    assert (refund.amount_fen, refund.reason) == (MILK_FEN, "late_payment")
    eventually(lambda: _refunded(payment.id))
    (trade,) = [one for one in live.simulator.control("GET", "trades") if one["out_trade_no"] == number]
    assert [one["amount_fen"] for one in trade["refunds"].values()] == [MILK_FEN]
    assert shopper.get(f"/orders/{order['id']}").expect(200)["state"] == "cancelled"
    assert chain.stocked(chain.store, chain.milk).counters() == (0, 0)


def _refunded(payment_id: Any) -> bool:
    """Send this payment's refund, as the worker would at its turn; the queue holds those of other tests too."""
    (refund,) = payments.refunds_of(payment_ids=[payment_id])[payment_id]
    return refund_payment.send(refund, now=system_clock.now()) is RefundState.DONE


@pytest.mark.parametrize("tender", ["wechat", "alipay"])
def test_forged_callbacks_are_rejected_and_change_nothing(live: Live, tender: str):
    chain = make_chain(stock=1)
    shopper = MallClient(live.url).sign_in()
    order = shopper.order(chain.store, {chain.milk.id: 1}).expect(201)
    shopper.pay(order["id"], tender=tender).expect(201)
    number = payment_of(order).out_trade_no
    # The genuine notification is lost; only forgeries arrive.
    live.simulator.plan("lost_callback", out_trade_no=number, times=0)
    live.simulator.pay(tender, number)
    provider = {"wechat": "wechatpay", "alipay": "alipay"}[tender]
    forgeries = live.simulator.control("GET", "forgeries")[provider]
    assert len(forgeries) >= 5
    for forgery in forgeries:
        live.simulator.notify(tender, number, forgery=forgery)
    still = shopper.get(f"/orders/{order['id']}/payments").expect(200)
    assert (still["order_state"], [one["state"] for one in still["payments"]]) == ("placed", ["asking"])
    assert db.value("SELECT count(*) FROM payments_rejected_notification") > 0
    # Whoever asks the provider learns the truth.
    checked = shopper.post(f"/orders/{order['id']}/payments/check").expect(200)
    assert (checked["order_state"], checked["payments"][0]["amount_fen"]) == ("paid", MILK_FEN)


def test_a_paid_order_that_is_cancelled_is_refunded_once(live: Live):
    chain = make_chain(stock=1)
    shopper = MallClient(live.url).sign_in()
    order = shopper.order(chain.store, {chain.milk.id: 1}).expect(201)
    shopper.pay(order["id"]).expect(201)
    live.simulator.pay("wechat", payment_of(order).out_trade_no)
    wait_for_state(shopper, order, "paid")
    cancelled = [shopper.post(f"/orders/{order['id']}/cancellation").expect(200) for _ in range(2)]
    assert [(one["state"], one["refunded_fen"]) for one in cancelled] == [("cancelled", MILK_FEN)] * 2
    payment = payment_of(order)
    assert len(payments.refunds_of(payment_ids=[payment.id])[payment.id]) == 1
    eventually(lambda: _refunded(payment.id))
    assert chain.stocked(chain.store, chain.milk).counters() == (1, 0)
