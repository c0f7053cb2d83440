"""A stranger becomes a member, buys with a coupon and points, and returns at the counter: to the fen and the point."""

from __future__ import annotations

from typing import Any

import pytest

from quanyu.kernel.ids import uuid7
from tests.harness.chain import BREAD_FEN, MILK_FEN, TEA_FEN, make_chain
from tests.harness.clients import MallClient, TillClient, cash
from tests.harness.live import Live
from tests.journeys.rights import (
    available,
    claim,
    give_points,
    let_the_worker_work,
    new_member_pack,
    open_offer,
    state_of,
    usable_at_once,
)
from tests.journeys.steps import payment_of, wait_for_state

pytestmark = pytest.mark.slow


def test_coupon_and_points_go_from_the_phone_to_the_counter_and_come_back_to_the_fen(live: Live):
    chain = make_chain()
    store_id = chain.store.unit.id
    usable_at_once(chain.store)
    with new_member_pack(chain.store, amount_fen=500) as pack:
        shopper = MallClient(live.url).sign_in()
        let_the_worker_work()
    (welcome,) = shopper.get("/me/coupons").expect(200)["items"]
    assert (welcome["template_code"], welcome["state"]) == (pack.code, "available")

    # The coupon centre of the store, one claim, points from elsewhere.
    offer = open_offer(chain.store, threshold_fen=5000)
    centre = shopper.get(f"/stores/{store_id}/coupon-offers").expect(200)
    assert offer.code in [one["template_code"] for one in centre if one["refusal"] is None]
    coupon = claim(shopper, offer)
    give_points(shopper, 800)

    goods = [{"sku_id": chain.tea.id, "quantity": 1}, {"sku_id": chain.milk.id, "quantity": 2}]
    asked = {"store_id": store_id, "delivery": "pickup", "lines": goods, "points": 800}
    best = shopper.post("/quotes/best", asked).expect(200)
    assert (best["coupon_ids"], best["saved_fen"]) == ([coupon["id"]], 1000)
    quote = best["quote"]
    payable_fen = TEA_FEN + 2 * MILK_FEN - 1000 - 800
    assert (quote["goods_fen"], quote["coupon_fen"], quote["points_fen"], quote["payable_fen"]) == (
        10_100, 1000, 800, payable_fen,
    )  # fmt: skip
    assert quote["points"] == {"balance": 800, "most": 800, "spent": 800, "worth_fen": 800, "earned": 83}
    shown = {one["id"]: (one["chosen"], one["amount_fen"]) for one in quote["coupons"]}
    assert shown[coupon["id"]] == (True, 1000)

    order = shopper.order(
        chain.store,
        {chain.tea.id: 1, chain.milk.id: 2},
        coupon_ids=[coupon["id"]],
        points=800,
        expected_payable_fen=payable_fen,
    ).expect(201)
    assert (state_of(shopper, coupon), available(shopper)) == ("reserved", 0)
    till = TillClient(chain.store, live.url).sign_in(chain.cashier)
    till.open_shift()
    paid = _pay_and_collect(order, shopper=shopper, till=till, live=live)
    assert state_of(shopper, coupon) == "redeemed"
    assert (available(shopper), shopper.get("/me").expect(200)["standing"]["growth"]) == (83, 83)
    _bring_back_line_by_line(paid, shopper=shopper, till=till, coupon=coupon, payable_fen=payable_fen)


def _pay_and_collect(order: dict[str, Any], *, shopper: MallClient, till: TillClient, live: Live) -> dict[str, Any]:
    shopper.pay(order["id"]).expect(201)
    live.simulator.pay("wechat", payment_of(order).out_trade_no)
    paid = wait_for_state(shopper, order, "paid")
    till.post(f"/orders/{order['id']}/hand-over", {"code": paid["pickup_code"]}).expect(200)
    let_the_worker_work()
    return paid


def _bring_back_line_by_line(
    paid: dict[str, Any], *, shopper: MallClient, till: TillClient, coupon: dict[str, Any], payable_fen: int
) -> None:
    tea, milk = paid["lines"]
    assert [(line["coupon_fen"], line["points_spent"], line["net_fen"]) for line in (tea, milk)] == [
        (871, 697, 7232), (129, 103, 1068),
    ]  # fmt: skip
    returns = f"/receipts/{paid['number']}/returns"
    milk_back = [{"line_number": milk["number"], "quantity": 2}]
    preview = till.post(f"{returns}/preview", {"lines": milk_back}).expect(200)
    assert (preview["amount_fen"], preview["points_restored"], preview["coupons_returned"]) == (1068, 103, 0)
    part = till.post(returns, {"id": str(uuid7()), "reason": "quality", "lines": milk_back}).expect(201)
    assert (part["amount_fen"], part["refunds"]) == (1068, [["wechat", 1068]])
    # Of the 83 points the goods that stay would have earned 72.
    assert (part["points_restored"], part["points_taken_back"]) == (103, 11)
    assert available(shopper) == 83 - 11 + 103
    let_the_worker_work()
    assert shopper.get("/me").expect(200)["standing"]["growth"] == 72
    assert state_of(shopper, coupon) == "redeemed"

    tea_back = [{"line_number": tea["number"], "quantity": 1}]
    rest = till.post(returns, {"id": str(uuid7()), "reason": "quality", "lines": tea_back}).expect(201)
    assert (rest["amount_fen"], rest["points_restored"], rest["points_taken_back"], rest["coupons_returned"]) == (
        7232, 697, 72, 1,
    )  # fmt: skip
    assert part["amount_fen"] + rest["amount_fen"] == payable_fen
    assert (available(shopper), state_of(shopper, coupon)) == (800, "available")
    let_the_worker_work()
    me = shopper.get("/me").expect(200)
    assert (me["standing"]["growth"], me["coupons"]) == (0, 2)
    told = [(one["kind"], one["what"]) for one in shopper.get("/me/timeline?limit=100").expect(200)["items"]]
    assert ("order", "completed") in told
    assert told.count(("return", "returned")) == 2


def test_the_same_member_at_the_till_by_the_live_code_a_coupon_and_points(live: Live):
    chain = make_chain()
    usable_at_once(chain.store)
    shopper = MallClient(live.url).sign_in()
    coupon = claim(shopper, open_offer(chain.store, amount_fen=500))
    give_points(shopper, 1500)
    till = TillClient(chain.store, live.url).sign_in(chain.cashier)
    till.open_shift()

    code = shopper.get(f"/me/coupons/{coupon['id']}").expect(200)["code"]["payload"]
    scanned = till.post("/rights/scan", {"text": code}).expect(200)
    assert (scanned["kind"], scanned["rights"]["member"]["id"]) == ("coupon", shopper.member_id)
    rights = {"member_id": shopper.member_id, "coupon_ids": [scanned["coupon"]["id"]], "points": 1500}
    payable_fen = TEA_FEN + BREAD_FEN - 500 - 1500
    sale = till.sale({chain.tea.id: 1, chain.bread.id: 1}, tenders=cash(payable_fen), **rights)
    # A coupon shows whose it is, not who holds the phone now: so many points need the live code.
    refused = till.post("/sales", sale)
    assert (refused.status, refused.code) == (403, "pos.member_code_needed")
    assert (available(shopper), state_of(shopper, coupon)) == (1500, "available")

    live_code = shopper.get("/me/code").expect(200)["text"]
    assert till.post("/rights/scan", {"text": live_code}).expect(200)["rights"]["code_scanned"] is True
    sold = till.post("/sales", sale).expect(201)["order"]
    assert (sold["state"], sold["coupon_fen"], sold["points_spent"], sold["payable_fen"]) == (
        "completed", 500, 1500, payable_fen,
    )  # fmt: skip
    assert state_of(shopper, coupon) == "redeemed"
    paper = till.post(f"/receipts/{sold['number']}/prints").expect(201)
    earned = payable_fen // 100
    assert paper["coupons"] == [{"label": "十元券", "amount_fen": 500}]
    assert paper["points"] == {
        "spent": 1500,
        "worth_fen": 1500,
        "restored": 0,
        "earned": earned,
        "taken_back": 0,
        "is_pending": False,
        "balance": earned,
    }
    assert paper["member"]["phone_masked"].count("*") >= 4
    # The event of the sale comes later and earns nothing again.
    let_the_worker_work()
    assert available(shopper) == earned
    assert shopper.get(f"/orders/{sold['id']}").expect(200)["coupons"][0]["amount_fen"] == 500
