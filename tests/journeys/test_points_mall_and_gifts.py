"""The points mall, a coupon as a gift, and one coupon on two phones at once: over the real server."""

from __future__ import annotations

from uuid import uuid4

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.points import api as points
from tests.harness.chain import TEA_FEN, make_chain
from tests.harness.clients import MallClient, TillClient
from tests.harness.live import Live
from tests.harness.parallel import parallel
from tests.journeys.rights import available, claim, give_points, open_offer, state_of
from tests.journeys.steps import payment_of, wait_for_state

pytestmark = pytest.mark.slow


def test_goods_for_points_alone_and_for_points_and_cash(live: Live):
    chain = make_chain()
    terms = {"unit_ids": {chain.store.unit.id}, "actor": SYSTEM, "now": system_clock.now()}
    points.create_offer(sku_id=chain.milk.id, points=650, **terms)
    points.create_offer(sku_id=chain.bread.id, points=500, cash_fen=280, per_member_limit=1, **terms)
    shopper = MallClient(live.url).sign_in()
    give_points(shopper, 2000)
    free, cheap = shopper.get(f"/stores/{chain.store.unit.id}/points-offers").expect(200)["items"]

    def order(offer, quantity: int):
        sku_id = offer["goods"]["sku_id"]
        return shopper.order(chain.store, {sku_id: quantity}, points_offers={sku_id: offer["id"]})

    # For points alone: nothing is owed, so the order is paid when it is placed.
    whole = order(free, 2).expect(201)
    assert (whole["state"], whole["payable_fen"], whole["points_spent"]) == ("paid", 0, 1300)
    assert available(shopper) == 700
    till = TillClient(chain.store, live.url).sign_in(chain.cashier)
    till.post(f"/orders/{whole['id']}/hand-over", {"code": whole["pickup_code"]}).expect(200)
    assert chain.stocked(chain.store, chain.milk).counters() == (18, 0)

    half = order(cheap, 1).expect(201)
    assert (half["state"], half["payable_fen"], half["points_spent"]) == ("placed", 280, 500)
    assert available(shopper) == 200
    shopper.pay(half["id"]).expect(201)
    live.simulator.pay("wechat", payment_of(half).out_trade_no)
    wait_for_state(shopper, half, "paid")
    for refused, reason in ((order(cheap, 1), "limit_reached"), (order(free, 1), "points_short")):
        assert (refused.status, refused.code, refused.body["params"]["reason"]) == (
            409, "checkout.points_refused", reason,
        )  # fmt: skip
    assert available(shopper) == 200
    cancelled = shopper.post(f"/orders/{half['id']}/cancellation").expect(200)
    assert cancelled["points_restored"] == 500
    assert available(shopper) == 700


def test_a_coupon_given_away_is_used_by_who_accepted_it_only(live: Live):
    chain = make_chain()
    giver, receiver = (MallClient(live.url).sign_in() for _ in range(2))
    coupon = claim(giver, open_offer(chain.store, transferable=True))
    gift = giver.post(f"/me/coupons/{coupon['id']}/gift", Idempotency_Key=str(uuid4())).expect(201)
    while_open = giver.order(chain.store, {chain.tea.id: 1}, coupon_ids=[coupon["id"]])
    assert (while_open.status, while_open.code) == (409, "checkout.coupon_refused")

    receiver.post("/gifts/acceptance", {"token": gift["token"]}).expect(201)
    afterwards = giver.order(chain.store, {chain.tea.id: 1}, coupon_ids=[coupon["id"]])
    assert (afterwards.code, afterwards.body["field"]) == ("checkout.coupon_refused", "coupon_ids.0")
    order = receiver.order(chain.store, {chain.tea.id: 1}, coupon_ids=[coupon["id"]]).expect(201)
    assert (order["payable_fen"], state_of(receiver, coupon)) == (TEA_FEN - 1000, "reserved")
    receiver.post(f"/orders/{order['id']}/cancellation").expect(200)
    assert state_of(receiver, coupon) == "available"


def test_one_coupon_on_two_phones_at_the_same_time_makes_one_order(live: Live):
    chain = make_chain()
    first = MallClient(live.url).sign_in()
    second = MallClient(live.url)
    second.token, second.member_id = first.token, first.member_id
    coupon = claim(first, open_offer(chain.store))
    phones = [first, second]

    def buy(index: int):
        return phones[index].order(chain.store, {chain.tea.id: 1}, coupon_ids=[coupon["id"]])

    answers = parallel(2, buy)
    assert sorted(answer.status for answer in answers) == [201, 409]
    refused = next(answer for answer in answers if answer.status == 409)
    assert (refused.code, refused.body["field"]) == ("checkout.coupon_refused", "coupon_ids.0")
    placed = first.get("/orders").expect(200)["items"]
    assert [order["coupon_fen"] for order in placed] == [1000]
    assert chain.stocked(chain.store, chain.tea).counters() == (20, 1)
