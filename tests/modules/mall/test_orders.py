"""Quote, place and cancel in the mall; a member's own orders and nobody else's (MALL-04, MALL-06, MALL-08)."""

from __future__ import annotations

from uuid import uuid4

from quanyu.kernel.ids import uuid7
from tests.harness.chain import MILK_FEN, TEA_FEN, Chain, make_chain, put
from tests.harness.clients import MallClient


def _address(mall: MallClient, **place: float) -> str:
    body = {"name": "张小三", "phone": "13800138000", "area_code": "440305", "text": "科技园路 2 号", **place}
    return str(mall.post("/addresses", body).expect(201)["id"])


def _quote(mall: MallClient, chain: Chain, lines: dict[int, int], delivery: str, **more: object) -> dict:
    wanted = [{"sku_id": sku_id, "quantity": quantity} for sku_id, quantity in lines.items()]
    body = {"store_id": chain.store.unit.id, "delivery": delivery, "lines": wanted, **more}
    return mall.post("/quotes", body).expect(200)


def test_express_costs_freight_below_the_threshold_and_nothing_from_it_on():
    chain, mall = make_chain(), MallClient().sign_in()
    address_id = _address(mall)
    below = _quote(mall, chain, {chain.milk.id: 1}, "express", address_id=address_id)
    assert (below["freight_fen"], below["payable_fen"], below["problems"]) == (800, MILK_FEN + 800, [])
    above = _quote(mall, chain, {chain.tea.id: 2}, "express", address_id=address_id)
    assert (above["freight_fen"], above["payable_fen"]) == (0, 2 * TEA_FEN)


def test_a_quote_says_what_would_refuse_the_order():
    chain, mall = make_chain(stock=1), MallClient().sign_in()
    body = _quote(mall, chain, {chain.milk.id: 3}, "pickup")
    assert body["problems"] == ["inventory.stock_short"]
    assert [(line["available"], line["problem"]) for line in body["lines"]] == [(1, "inventory.stock_short")]
    assert _quote(mall, chain, {chain.milk.id: 1}, "express")["problems"] == ["checkout.address_missing"]


def test_instant_delivery_reaches_as_far_as_the_stores_radius():
    chain, mall = make_chain(), MallClient().sign_in()
    near = _address(mall, longitude=chain.store.longitude + 0.01, latitude=chain.store.latitude)
    far = _address(mall, longitude=chain.store.longitude + 0.1, latitude=chain.store.latitude)
    order = mall.order(chain.store, {chain.milk.id: 1}, delivery="instant", address_id=near).expect(201)
    assert (order["freight_fen"], order["payable_fen"]) == (500, MILK_FEN + 500)
    refused = mall.order(chain.store, {chain.milk.id: 1}, delivery="instant", address_id=far)
    assert (refused.status, refused.code) == (409, "checkout.out_of_radius")
    assert refused.body["params"]["radius_m"] == 3000
    assert chain.stocked(chain.store, chain.milk).counters() == (20, 1)


def test_an_express_order_takes_from_a_warehouse_what_the_store_lacks():
    chain, mall = make_chain(stock=0), MallClient().sign_in()
    put(chain.warehouse, chain.tea, 2)
    mall.order(chain.store, {chain.tea.id: 2}, delivery="express", address_id=_address(mall)).expect(201)
    assert chain.stocked(chain.warehouse, chain.tea).counters() == (2, 2)


def test_an_order_to_consume_in_the_store_needs_no_address():
    chain, mall = make_chain(), MallClient().sign_in()
    order = mall.order(chain.store, {chain.milk.id: 1}, delivery="in_store").expect(201)
    assert (order["delivery"], order["state"], order["freight_fen"]) == ("in_store", "placed", 0)


def test_the_same_order_sent_twice_is_one_order():
    chain, mall, order_id, key = make_chain(), MallClient().sign_in(), str(uuid7()), str(uuid4())
    first = mall.order(chain.store, {chain.milk.id: 2}, id=order_id, key=key)
    replayed = mall.order(chain.store, {chain.milk.id: 2}, id=order_id, key=key)
    assert (replayed.expect(201), replayed.headers["Idempotency-Replayed"]) == (first.expect(201), "true")
    # Even under another key: the order's own id never expires.
    again = mall.order(chain.store, {chain.milk.id: 2}, id=order_id)
    assert again.expect(201)["number"] == first.body["number"]
    assert chain.stocked(chain.store, chain.milk).counters() == (20, 2)


def test_an_order_id_does_not_stand_for_two_orders():
    chain, mall, order_id, key = make_chain(), MallClient().sign_in(), str(uuid7()), str(uuid4())
    mall.order(chain.store, {chain.milk.id: 2}, id=order_id, key=key).expect(201)
    other = mall.order(chain.store, {chain.milk.id: 3}, id=order_id)
    assert (other.status, other.code) == (422, "checkout.key_reused")
    same_key = mall.order(chain.store, {chain.milk.id: 3}, key=key)
    assert (same_key.status, same_key.code) == (422, "idempotency.key_reused")
    stranger = MallClient().sign_in().order(chain.store, {chain.milk.id: 2}, id=order_id)
    assert (stranger.status, stranger.code) == (422, "checkout.key_reused")
    assert chain.stocked(chain.store, chain.milk).counters() == (20, 2)


def test_an_order_without_an_idempotency_key_is_refused():
    chain, mall = make_chain(), MallClient().sign_in()
    body = {
        "id": str(uuid7()),
        "store_id": chain.store.unit.id,
        "delivery": "pickup",
        "lines": [{"sku_id": chain.milk.id, "quantity": 1}],
    }
    refused = mall.post("/orders", body)
    assert (refused.status, refused.code) == (400, "idempotency.key_missing")
    assert mall.get("/orders").expect(200)["items"] == []


def test_another_amount_than_the_shopper_agreed_to_is_refused_and_nothing_is_held():
    chain, mall = make_chain(), MallClient().sign_in()
    refused = mall.order(chain.store, {chain.milk.id: 1}, expected_payable_fen=1)
    assert (refused.status, refused.code) == (409, "checkout.price_changed")
    assert refused.body["params"] == {"payable_fen": MILK_FEN, "expected_fen": 1}
    assert chain.stocked(chain.store, chain.milk).counters() == (20, 0)


def test_more_than_there_is_is_refused_with_the_line_and_the_figure():
    chain, mall = make_chain(stock=2), MallClient().sign_in()
    refused = mall.order(chain.store, {chain.bread.id: 1, chain.milk.id: 3})
    assert (refused.status, refused.code, refused.body["field"]) == (409, "inventory.stock_short", "lines.1.quantity")
    assert (refused.body["params"]["wanted"], refused.body["params"]["available"]) == (3, 2)
    assert chain.stocked(chain.store, chain.bread).counters() == (2, 0)


def test_somebody_elses_order_does_not_exist():
    chain, mall = make_chain(), MallClient().sign_in()
    order = mall.order(chain.store, {chain.milk.id: 1}).expect(201)
    stranger = MallClient().sign_in()
    asked = [
        stranger.get(f"/orders/{order['id']}"),
        stranger.get(f"/orders/{order['id']}/payments"),
        stranger.post(f"/orders/{order['id']}/payments/check"),
        stranger.pay(order["id"]),
        stranger.post(f"/orders/{order['id']}/cancellation"),
    ]
    assert [(answer.status, answer.code) for answer in asked] == [(404, "orders.order_unknown")] * 5
    assert mall.get(f"/orders/{order['id']}").expect(200)["state"] == "placed"


def test_an_unpaid_order_is_cancelled_and_its_goods_are_free_again():
    chain, mall = make_chain(), MallClient().sign_in()
    order = mall.order(chain.store, {chain.milk.id: 2}).expect(201)
    cancelled = mall.post(f"/orders/{order['id']}/cancellation", {"reason": "too_late"}).expect(200)
    assert (cancelled["state"], cancelled["cancel_reason"]) == ("cancelled", "too_late")
    assert [step["state"] for step in cancelled["timeline"]] == ["placed", "cancelled"]
    assert chain.stocked(chain.store, chain.milk).counters() == (20, 0)


def test_my_orders_come_newest_first_page_by_page():
    chain, mall = make_chain(), MallClient().sign_in()
    placed = [mall.order(chain.store, {chain.milk.id: 1}).expect(201)["id"] for _ in range(3)]
    first = mall.get("/orders?limit=2").expect(200)
    assert [order["id"] for order in first["items"]] == placed[:0:-1]
    rest = mall.get(f"/orders?limit=2&cursor={first['next_cursor']}").expect(200)
    assert ([order["id"] for order in rest["items"]], rest["next_cursor"]) == ([placed[0]], None)
