"""The cart: put in by hand or by scan, priced and counted anew at every look (MALL-13, MALL-15)."""

from __future__ import annotations

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api as catalog
from quanyu.platform import settings_tree
from tests.harness import pricing
from tests.harness.chain import BREAD_FEN, MILK_FEN, Chain, make_chain, put
from tests.harness.clients import MallClient, Reply


def _add(mall: MallClient, chain: Chain, sku_id: int, quantity: int = 1, *, store_id: int | None = None) -> Reply:
    return mall.post(
        "/cart/lines", {"store_id": store_id or chain.store.unit.id, "sku_id": sku_id, "quantity": quantity}
    )


def _cart(mall: MallClient, chain: Chain) -> dict:
    return mall.get(f"/cart?store_id={chain.store.unit.id}").expect(200)


def test_adding_the_same_product_again_adds_up():
    chain, mall = make_chain(), MallClient().sign_in()
    _add(mall, chain, chain.milk.id, 2).expect(201)
    cart = _add(mall, chain, chain.milk.id, 3).expect(201)
    assert [(line["quantity"], line["amount_fen"]) for line in cart["lines"]] == [(5, 5 * MILK_FEN)]
    assert (cart["selected_count"], cart["selected_fen"]) == (1, 5 * MILK_FEN)


def test_weighed_goods_lie_in_the_cart_in_grams():
    chain, mall = make_chain(), MallClient().sign_in()
    cart = _add(mall, chain, chain.apples.id, 525).expect(201)
    # 0.525 kg at 19.90 yuan is 10.4475 yuan: 10.45 rounded half up.
    assert (cart["lines"][0]["quantity_scale"], cart["lines"][0]["amount_fen"]) == (1000, 1045)


def test_price_and_stock_are_those_of_the_moment_of_looking():
    chain, mall = make_chain(stock=1), MallClient().sign_in()
    _add(mall, chain, chain.milk.id, 2).expect(201)
    # The warehouse has one as well, but a line is served from one place.
    assert _cart(mall, chain)["lines"][0]["fault"] == "short"
    put(chain.store, chain.milk, 1)
    pricing.make_book(unit_id=chain.store.unit.id, prices={chain.milk.id: 500})
    (line,) = _cart(mall, chain)["lines"]
    assert (line["fault"], line["available"], line["amount_fen"]) == (None, 2, 1000)


def test_lines_of_another_store_stay_greyed_and_do_not_count():
    chain, mall = make_chain(), MallClient().sign_in()
    _add(mall, chain, chain.milk.id, 2, store_id=chain.other_store.unit.id).expect(201)
    cart = _add(mall, chain, chain.bread.id).expect(201)
    assert [(line["store_id"], line["fault"]) for line in cart["lines"]] == [
        (chain.other_store.unit.id, "other_store"),
        (chain.store.unit.id, None),
    ]
    assert (cart["selected_count"], cart["selected_fen"]) == (1, BREAD_FEN)
    there = mall.get(f"/cart?store_id={chain.other_store.unit.id}").expect(200)
    assert there["selected_fen"] == 2 * MILK_FEN


def test_what_is_delisted_or_sold_out_is_greyed_with_the_reason():
    chain, mall = make_chain(stock=0), MallClient().sign_in()
    _add(mall, chain, chain.milk.id).expect(201)
    _add(mall, chain, chain.bread.id).expect(201)
    catalog.set_listing(
        unit_id=chain.store.unit.id, sku_id=chain.bread.id, is_listed=False, actor=SYSTEM, now=system_clock.now()
    )
    cart = _cart(mall, chain)
    assert [line["fault"] for line in cart["lines"]] == ["sold_out", "not_for_sale"]
    assert cart["selected_fen"] == 0


def test_what_only_a_parcel_can_bring_can_be_ordered():
    chain, mall = make_chain(stock=0), MallClient().sign_in()
    put(chain.warehouse, chain.milk, 4)
    (line,) = _add(mall, chain, chain.milk.id, 2).expect(201)["lines"]
    assert (line["fault"], line["available"], line["express_available"]) == (None, 0, 4)


def test_quantity_and_selection_change_and_lines_are_taken_out():
    chain, mall = make_chain(), MallClient().sign_in()
    _add(mall, chain, chain.milk.id).expect(201)
    _add(mall, chain, chain.bread.id).expect(201)
    path = f"/cart/lines/{chain.store.unit.id}/{chain.milk.id}"
    assert mall.call("PATCH", path, {"quantity": 4}).expect(200)["selected_fen"] == 4 * MILK_FEN + BREAD_FEN
    assert mall.call("PATCH", path, {"is_selected": False}).expect(200)["selected_fen"] == BREAD_FEN
    everything = {"store_id": chain.store.unit.id, "is_selected": True}
    assert mall.post("/cart/selection", everything).expect(200)["selected_count"] == 2
    removed = mall.post("/cart/removals", {"store_id": chain.store.unit.id, "sku_ids": [chain.milk.id]}).expect(200)
    assert [line["sku_id"] for line in removed["lines"]] == [chain.bread.id]
    gone = mall.call("PATCH", path, {"quantity": 1})
    assert (gone.status, gone.code) == (404, "mall.cart_line_unknown")


def test_the_limits_of_a_cart_are_settings_and_a_refusal_changes_nothing():
    chain, mall, now = make_chain(), MallClient().sign_in(), system_clock.now()
    node = f"unit:{chain.store.unit.id}"
    settings_tree.set_value(SYSTEM, node, "mall.cart_pieces_max", 5, now)
    _add(mall, chain, chain.milk.id, 4).expect(201)
    too_many = _add(mall, chain, chain.milk.id, 2)
    assert (too_many.status, too_many.code, too_many.body["params"]) == (
        422,
        "mall.cart_quantity_too_large",
        {"most": 5},
    )
    # Five kilograms fit, as pieces and kilograms count alike.
    _add(mall, chain, chain.apples.id, 5000).expect(201)
    assert [line["quantity"] for line in _cart(mall, chain)["lines"]] == [4, 5000]


def test_what_the_store_does_not_offer_does_not_go_into_the_cart():
    chain, mall = make_chain(), MallClient().sign_in()
    refused = _add(mall, chain, 999_999_999)
    assert (refused.status, refused.code) == (404, "mall.offer_unknown")
    assert _cart(mall, chain)["lines"] == []


def test_a_cart_is_its_members_own():
    chain, mall = make_chain(), MallClient().sign_in()
    _add(mall, chain, chain.milk.id).expect(201)
    assert _cart(MallClient().sign_in(), chain)["lines"] == []


def test_the_store_of_the_cart_is_the_one_visited_last():
    chain, mall = make_chain(), MallClient().sign_in()
    _add(mall, chain, chain.milk.id).expect(201)
    body = mall.get("/stores/entry").expect(200)
    assert (body["reason"], body["store"]["id"]) == ("last_visited", chain.store.unit.id)
