"""From the phone to the counter: order for pickup, pay by simulated WeChat Pay, hand over by code (FUL-01)."""

from __future__ import annotations

import pytest

from tests.harness.chain import MILK_FEN, TEA_FEN, make_chain
from tests.harness.clients import MallClient, TillClient
from tests.harness.live import Live
from tests.journeys.steps import payment_of, wait_for_state

pytestmark = pytest.mark.slow


def test_a_pickup_order_is_paid_by_wechat_and_handed_over_by_its_code(live: Live):
    chain = make_chain()
    shopper = MallClient(live.url).sign_in()
    shopper.post("/cart/lines", {"store_id": chain.store.unit.id, "sku_id": chain.milk.id, "quantity": 2}).expect(201)
    quote = shopper.post(
        "/quotes",
        {
            "store_id": chain.store.unit.id,
            "delivery": "pickup",
            "lines": [{"sku_id": chain.milk.id, "quantity": 2}, {"sku_id": chain.tea.id, "quantity": 1}],
        },
    ).expect(200)
    payable_fen = 2 * MILK_FEN + TEA_FEN
    assert (quote["payable_fen"], quote["problems"]) == (payable_fen, [])

    order = shopper.order(chain.store, {chain.milk.id: 2, chain.tea.id: 1}, expected_payable_fen=payable_fen).expect(
        201
    )
    assert (order["state"], order["pickup_code"]) == ("placed", None)
    assert chain.stocked(chain.store, chain.milk).counters() == (20, 2)
    # What was ordered lies in the cart no longer.
    assert shopper.get(f"/cart?store_id={chain.store.unit.id}").expect(200)["lines"] == []

    started = shopper.pay(order["id"]).expect(201)
    assert (started["amount_fen"], started["state"]) == (payable_fen, "asking")
    assert started["code_url"]
    live.simulator.pay("wechat", payment_of(order).out_trade_no)
    paid = wait_for_state(shopper, order, "paid")
    assert paid["paid_fen"] == payable_fen
    assert [step["state"] for step in paid["timeline"]] == ["placed", "paid"]

    till = TillClient(chain.store, live.url).sign_in(chain.cashier)
    found = till.post("/pickups", {"code": paid["pickup_code"]}).expect(200)
    assert (found["id"], "pickup_code" in found) == (order["id"], False)
    wrong = till.post(f"/orders/{order['id']}/hand-over", {"code": "00000000"})
    assert (wrong.status, wrong.code) == (422, "checkout.pickup_code_wrong")
    assert chain.stocked(chain.store, chain.milk).counters() == (20, 2)

    handed = till.post(f"/orders/{order['id']}/hand-over", {"code": paid["pickup_code"]}).expect(200)
    assert handed["state"] == "completed"
    assert chain.stocked(chain.store, chain.milk).counters() == (18, 0)
    # The same once more (a lost answer) changes nothing.
    again = till.post(f"/orders/{order['id']}/hand-over", {"code": paid["pickup_code"]}).expect(200)
    assert again["state"] == "completed"
    assert chain.stocked(chain.store, chain.milk).counters() == (18, 0)
    assert shopper.get(f"/orders/{order['id']}").expect(200)["pickup_code"] is None
