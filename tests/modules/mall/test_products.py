"""What a store offers: its own list, its own prices and stock (MALL-02, MALL-05, MALL-09, MALL-15)."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api as catalog
from tests.harness.chain import APPLES_FEN, BREAD_FEN, MILK_FEN, TEA_FEN, Chain, make_chain, put
from tests.harness.clients import MallClient


def _list(chain: Chain, query: str = "", *, client: MallClient | None = None) -> dict:
    path = f"/stores/{chain.store.unit.id}/products?category_id={chain.category.id}{query}"
    return (client or MallClient()).get(path).expect(200)


def _ids(page: dict) -> list[int]:
    return [one["sku_id"] for one in page["items"]]


def test_a_list_has_price_and_this_stores_stock_newest_first():
    chain = make_chain(stock=0)
    put(chain.store, chain.milk, 3)
    put(chain.warehouse, chain.bread, 5)
    put(chain.other_store, chain.tea, 7)
    found = {one["sku_id"]: one for one in _list(chain)["items"]}
    assert list(found) == [chain.apples.id, chain.tea.id, chain.bread.id, chain.milk.id]
    prices = {sku_id: one["price"]["price_fen"] for sku_id, one in found.items()}
    assert prices == {
        chain.milk.id: MILK_FEN,
        chain.bread.id: BREAD_FEN,
        chain.tea.id: TEA_FEN,
        chain.apples.id: APPLES_FEN,
    }
    stock = {sku_id: (one["available"], one["express_available"]) for sku_id, one in found.items()}
    # A parcel may leave a warehouse of the same owner, but never another store.
    assert stock == {
        chain.milk.id: (3, 3),
        chain.bread.id: (0, 5),
        chain.tea.id: (0, 0),
        chain.apples.id: (50_000, 50_000),
    }


def test_prices_sort_both_ways_and_pages_continue_without_gap_or_repeat():
    chain = make_chain()
    upward = [chain.milk.id, chain.bread.id, chain.apples.id, chain.tea.id]
    first = _list(chain, "&sort=price_up&limit=3")
    assert _ids(first) == upward[:3]
    assert _ids(_list(chain, f"&sort=price_up&limit=3&cursor={first['next_cursor']}")) == upward[3:]
    assert _ids(_list(chain, "&sort=price_down")) == upward[::-1]


def test_a_text_finds_by_name_and_by_pinyin_initials():
    chain = make_chain()
    assert _ids(_list(chain, "&text=全麦")) == [chain.bread.id]
    assert _ids(_list(chain, "&text=ljc")) == [chain.tea.id]
    assert _ids(_list(chain, "&text=没有这样的东西")) == []
    assert set(_ids(_list(chain, "&text=纯&sort=price_up"))) == {chain.milk.id}


def test_a_member_sees_the_member_price_and_everybody_else_what_it_would_be():
    chain = make_chain(member_milk_fen=600)
    (anonymous,) = [one for one in _list(chain)["items"] if one["sku_id"] == chain.milk.id]
    assert (anonymous["price"]["price_fen"], anonymous["price"]["member_fen"]) == (MILK_FEN, 600)
    (mine,) = [one for one in _list(chain, client=MallClient().sign_in())["items"] if one["sku_id"] == chain.milk.id]
    assert mine["price"]["price_fen"] == 600


def test_what_a_store_delists_is_offered_elsewhere_only():
    chain = make_chain()
    catalog.set_listing(
        unit_id=chain.store.unit.id, sku_id=chain.tea.id, is_listed=False, actor=SYSTEM, now=system_clock.now()
    )
    assert chain.tea.id not in _ids(_list(chain))
    gone = MallClient().get(f"/stores/{chain.store.unit.id}/products/{chain.tea.product_id}")
    assert (gone.status, gone.code) == (404, "mall.offer_unknown")
    MallClient().get(f"/stores/{chain.other_store.unit.id}/products/{chain.tea.product_id}").expect(200)


def test_a_page_costs_the_same_number_of_statements_for_one_product_and_for_four():
    chain = make_chain()
    _list(chain)
    counted = []
    for limit in (1, 4):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            _list(chain, f"&limit={limit}")
        counted.append(len(queries))
    assert counted[0] == counted[1]


def test_an_unchanged_list_is_not_sent_again():
    chain = make_chain()
    mall = MallClient()
    path = f"/stores/{chain.store.unit.id}/products?category_id={chain.category.id}"
    first = mall.get(path)
    same = mall.get(path, If_None_Match=first.headers["ETag"])
    assert (first.status, same.status, same.body) == (200, 304, None)
    put(chain.store, chain.milk, 1)
    assert mall.get(path, If_None_Match=first.headers["ETag"]).status == 200


def test_a_product_page_shows_stock_nearby_and_the_ways_to_get_it():
    chain = make_chain()
    place = f"longitude={chain.other_store.longitude}&latitude={chain.other_store.latitude}"
    path = f"/stores/{chain.store.unit.id}/products/{chain.milk.product_id}"
    body = MallClient().get(f"{path}?{place}").expect(200)
    assert [offer["sku_id"] for offer in body["offers"]] == [chain.milk.id]
    near = {one["store"]["id"]: (one["available"], one["store"]["distance_m"]) for one in body["nearby"]}
    assert near[chain.other_store.unit.id] == (20, 0)
    # The franchisee's own customers may have it there, though head office may not sell it.
    assert near[chain.franchise.unit.id][0] == 20
    ways = {way["delivery"]: (way["freight_fen"], way["free_from_fen"]) for way in body["delivery_ways"]}
    assert ways == {
        "pickup": (0, None),
        "express": (800, 9900),
        "instant": (500, 5900),
        "in_store": (0, None),
    }


def test_a_way_that_the_store_or_the_listing_does_not_allow_is_not_shown():
    chain = make_chain()
    catalog.set_listing(
        unit_id=chain.store.unit.id,
        sku_id=chain.milk.id,
        allows_express=False,
        actor=SYSTEM,
        now=system_clock.now(),
    )
    body = MallClient().get(f"/stores/{chain.store.unit.id}/products/{chain.milk.product_id}").expect(200)
    assert [way["delivery"] for way in body["delivery_ways"]] == ["pickup", "instant", "in_store"]


def test_a_barcode_scanned_in_the_store_is_the_offer_of_that_store():
    chain = make_chain()
    mall = MallClient()
    body = mall.get(f"/stores/{chain.store.unit.id}/scan?code={chain.bread.barcodes[0]}").expect(200)
    assert (body["sku_id"], body["price"]["price_fen"]) == (chain.bread.id, BREAD_FEN)
    unknown = mall.get(f"/stores/{chain.store.unit.id}/scan?code=6900000000001")
    assert unknown.status == 404


def test_an_unknown_store_has_no_products():
    answer = MallClient().get("/stores/999999999/products")
    assert (answer.status, answer.code) == (404, "mall.store_unknown")
