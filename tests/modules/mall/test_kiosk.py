"""The screen in a store: its rights, the full range, where goods come from, outfits and tutorials (MALL-19, EA-01)."""

from __future__ import annotations

from datetime import timedelta

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts.guides import GuideKind
from quanyu.modules.identity import api as identity
from quanyu.platform import settings_tree
from tests.harness import catalog as goods
from tests.harness import pricing
from tests.harness.chain import MILK_FEN, enrolment_code, make_chain, put
from tests.harness.clients import MALL, POS, InProcess, MallClient, TillClient
from tests.harness.kiosk import KIOSK, KioskClient, kiosk_code, make_guide

_READS = ("/kiosk", "/categories", "/products", "/guides", "/scan?code=1")


def _as(token: str, path: str) -> int:
    return InProcess().send("GET", path, None, {"Authorization": f"Bearer {token}"}).status


def test_mall19_a_screen_is_enrolled_by_a_code_of_its_own_kind_once():
    chain = make_chain()
    code = kiosk_code(chain.store)
    stranger = InProcess()
    enrolled = stranger.send("POST", f"{KIOSK}/kiosk", {"code": code}, {}).expect(201)
    assert enrolled["kiosk"]["store"]["id"] == chain.store.unit.id
    assert (enrolled["kiosk"]["idle_seconds"], enrolled["kiosk"]["handover_minutes"]) == (60, 30)
    assert stranger.send("POST", f"{KIOSK}/kiosk", {"code": code}, {}).code == "identity.enrolment_code_unknown"


def test_mall19_codes_of_tills_and_screens_are_not_each_others_and_stay_good():
    chain = make_chain()
    till_code, screen_code = enrolment_code(chain.store), kiosk_code(chain.store)
    ask = InProcess().send
    assert ask("POST", f"{KIOSK}/kiosk", {"code": till_code}, {}).code == "identity.enrolment_code_unknown"
    assert ask("POST", f"{POS}/till", {"code": screen_code}, {}).code == "identity.enrolment_code_unknown"
    ask("POST", f"{POS}/till", {"code": till_code}, {}).expect(201)
    ask("POST", f"{KIOSK}/kiosk", {"code": screen_code}, {}).expect(201)


def test_mall19_a_screen_and_a_till_do_not_reach_each_others_api():
    chain = make_chain()
    screen, till, shopper = KioskClient(chain.store), TillClient(chain.store), MallClient().sign_in()
    assert [_as(screen.token, KIOSK + path) for path in _READS] == [200, 200, 200, 200, 404]
    assert [_as(till.token, KIOSK + path) for path in _READS] == [401] * len(_READS)
    assert [_as(shopper.token, KIOSK + path) for path in _READS] == [401] * len(_READS)
    assert [_as("", KIOSK + path) for path in _READS] == [401] * len(_READS)
    assert [_as(screen.token, POS + path) for path in ("/till", "/catalogue", "/rules", "/shifts/current")] == [401] * 4
    assert [_as(screen.token, MALL + path) for path in ("/cart?store_id=1", "/me", "/orders")] == [401] * 3
    assert _as(screen.token, "/api/staff/v1/devices") in (401, 403)


def test_mall19_a_revoked_screen_is_nobody():
    chain = make_chain()
    screen = KioskClient(chain.store)
    identity.revoke_device(device_id=screen.kiosk["device_id"], actor=SYSTEM, now=system_clock.now())
    assert [screen.get(path).status for path in _READS] == [401] * len(_READS)
    assert screen.hand_over({chain.milk.id: 1}).status == 401


def test_ea01_the_screen_shows_the_whole_range_with_the_prices_and_stock_of_its_store():
    chain = make_chain(stock=0, member_milk_fen=100)
    put(chain.store, chain.bread, 3)
    pricing.make_book(unit_id=chain.store.unit.id, prices={chain.milk.id: 600})
    screen = KioskClient(chain.store)
    found = screen.get(f"/products?category_id={chain.category.id}").expect(200)["items"]
    shown = {one["sku_id"]: (one["price"]["price_fen"], one["available"]) for one in found}
    assert shown[chain.milk.id] == (600, 0)
    assert shown[chain.bread.id] == (1280, 3)
    assert len(shown) == 4
    page = screen.get(f"/products/{chain.milk.product_id}").expect(200)
    assert [offer["price"]["price_fen"] for offer in page["offers"]] == [600]
    same = MallClient().get(f"/stores/{chain.store.unit.id}/products/{chain.milk.product_id}").expect(200)
    assert page == same


def test_ea01_goods_are_found_by_name_pinyin_and_barcode():
    chain = make_chain()
    screen = KioskClient(chain.store)
    code = goods.ean13()
    catalog.add_barcode(sku_id=chain.tea.id, code=code, actor=SYSTEM, now=system_clock.now())
    for text in ("龙井", "longjing", "ljc"):
        found = screen.get(f"/products?text={text}&category_id={chain.category.id}").expect(200)["items"]
        assert [one["sku_id"] for one in found] == [chain.tea.id]
    assert screen.get(f"/scan?code={code}").expect(200)["sku_id"] == chain.tea.id
    assert screen.get(f"/scan?code={goods.ean13()}").code == "catalog.barcode_unknown"


def test_ea02_what_does_not_lie_here_comes_from_the_warehouse_that_checkout_would_choose():
    chain = make_chain(stock=0)
    put(chain.store, chain.milk, 2)
    put(chain.warehouse, chain.bread, 5)
    screen = KioskClient(chain.store)
    here = screen.get(f"/skus/{chain.milk.id}/supply").expect(200)
    assert (here["here"], here["source"], here["arrives_by"]) == (2, None, None)
    parcel = screen.get(f"/skus/{chain.bread.id}/supply").expect(200)
    assert (parcel["here"], parcel["source"]["name"]) == (0, chain.warehouse.unit.name)
    assert parcel["arrives_by"] is not None
    none = screen.get(f"/skus/{chain.tea.id}/supply").expect(200)
    assert (none["here"], none["source"], none["arrives_by"]) == (0, None, None)
    assert screen.get("/skus/999999999/supply").code == "mall.offer_unknown"


def _titles(screen: KioskClient, path: str = "/guides") -> list[str]:
    return [one["title"] for one in screen.get(path).expect(200)["items"]]


def test_cnt01_a_store_shows_what_is_published_for_it_and_sells_something_of():
    chain, now = make_chain(), system_clock.now()
    milk, bread = chain.milk.product_id, chain.bread.product_id
    make_guide(chain.region.id, [milk, bread], title="早餐")
    make_guide(chain.store.unit.id, [bread], title="烤面包", kind=GuideKind.TUTORIAL)
    make_guide(chain.other_store.unit.id, [milk], title="别家的")
    make_guide(chain.region.id, [milk], title="草稿", is_draft=True)
    make_guide(chain.region.id, [milk], title="明天", published_from=now + timedelta(days=1))
    make_guide(
        chain.region.id,
        [milk],
        title="过去",
        published_from=now - timedelta(days=2),
        published_until=now - timedelta(days=1),
    )
    screen = KioskClient(chain.store)
    assert _titles(screen) == ["烤面包", "早餐"]
    assert _titles(screen, f"/guides?product_id={milk}") == ["早餐"]
    catalog.set_listing(unit_id=chain.store.unit.id, sku_id=chain.bread.id, is_listed=False, actor=SYSTEM, now=now)
    assert _titles(screen) == ["早餐"]


def test_cnt01_an_outfit_brings_its_goods_in_order_with_variants_prices_and_stock():
    chain = make_chain()
    id_ = make_guide(chain.region.id, [chain.bread.product_id, chain.milk.product_id])
    screen = KioskClient(chain.store)
    shown = screen.get(f"/guides/{id_}").expect(200)
    assert [one["product_id"] for one in shown["goods"]] == [chain.bread.product_id, chain.milk.product_id]
    (milk,) = shown["goods"][1]["offers"]
    assert (milk["sku_id"], milk["price"]["price_fen"], milk["available"]) == (chain.milk.id, MILK_FEN, 20)
    assert [step["text_en"] for step in shown["steps"]] == ["Warm the milk."]
    same = MallClient().get(f"/stores/{chain.store.unit.id}/guides/{id_}").expect(200)
    assert same == shown
    assert KioskClient(chain.franchise).get(f"/guides/{id_}").code == "catalog.guide_unknown"


def test_mall19_how_long_a_screen_waits_is_a_setting_of_its_store():
    chain = make_chain()
    node, key, now = f"unit:{chain.store.unit.id}", "mall.kiosk_idle_seconds", system_clock.now()
    settings_tree.set_value(SYSTEM, node, key, 120, now)
    assert KioskClient(chain.store).kiosk["idle_seconds"] == 120
    assert KioskClient(chain.other_store).kiosk["idle_seconds"] == 60
