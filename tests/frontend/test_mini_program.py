"""The compiled mini-program on WeChat's component engine, with the real API behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api as catalog
from tests.harness import mobile
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.clients import MallClient
from tests.harness.live import Live

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not mobile.HAS_ENGINE, reason="WeChat's compilers run on Linux on x86-64 only"),
]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked mini-program."""
    return mobile.mini_program(tmp_path_factory.mktemp("mini-program"))


@pytest.fixture(scope="module")
def chain() -> Chain:
    """Stores and goods that these tests share."""
    return make_chain()


@contextmanager
def phone(built: Path, live: Live, chain: Chain, shopper: MallClient | None = None) -> Iterator[mobile.Phone]:
    """A phone whose owner was in the chain's store last, signed in when a shopper is given."""
    kept: dict[str, object] = {"quanyu.store": chain.store.unit.id}
    if shopper is not None:
        kept["quanyu.token"] = shopper.token
    switched_on = mobile.Phone(built, api=live.url, kept=kept)
    try:
        yield switched_on
    finally:
        switched_on.close()


def went_to(calls: list[tuple[str, dict[str, str]]]) -> list[str]:
    """Return where the phone was led."""
    return [given["url"] for name, given in calls if name in {"navigateTo", "redirectTo", "switchTab"}]


def test_mall_01_home_shows_the_store_and_what_is_new(built, live, chain):
    with phone(built, live, chain) as shown:
        text = shown.open("pages/home/index")
        assert chain.store.unit.name in text
        assert "龙井茶" in text
        assert "新品上架" in text


def test_mall_05_a_list_of_a_category_shows_its_goods_with_prices(built, live, chain):
    with phone(built, live, chain) as shown:
        text = shown.open("find/list/index", category=str(chain.category.id))
        assert "纯牛奶" in text
        assert "¥6.50" in text
        assert "红富士苹果" in text


def test_mall_01_a_product_page_tells_price_stock_and_ways(built, live, chain):
    with phone(built, live, chain) as shown:
        text = shown.open("pages/product/index", id=str(chain.milk.product_id))
        assert "¥6.50" in text
        assert "有货 20" in text
        assert "门店自提" in text


def test_mall_17_the_code_of_a_label_opens_its_goods_and_says_where_it_hangs(built, live, chain):
    now, store = system_clock.now(), chain.other_store.unit
    token = catalog.codes_of(sku_ids=[chain.milk.id], unit_id=store.id, actor=SYSTEM, now=now)[chain.milk.id]
    # WeChat's own code carries the token in the scene, an address that it scanned comes whole.
    for query in ({"scene": token}, {"q": f"https%3A%2F%2Fshop.example%2Fq%2F{token}"}):
        with phone(built, live, chain) as shown:
            text = shown.open("pages/product/index", **query)
            assert "纯牛奶" in text
            assert f"在{store.name}扫码" in text
            assert f"您正在逛{chain.store.unit.name}" in text


def test_mall_03_without_a_position_the_stores_are_found_by_city_and_list(built, live, chain):
    with phone(built, live, chain) as shown:
        assert "全部城市" in shown.open("find/stores/index", by="city")
        text = shown.do("tap", text="定位")["text"]
        assert "没有取得您的位置" in text
        assert "看全部门店" in text


def test_mall_04_cart_to_an_order_for_pickup(built, live, chain):
    shopper = MallClient(live.url).sign_in()
    shopper.post("/cart/lines", {"store_id": chain.store.unit.id, "sku_id": chain.milk.id, "quantity": 2}).expect(201)
    held = chain.stocked(chain.store, chain.milk).counters()
    with phone(built, live, chain, shopper) as shown:
        assert "¥13" in shown.open("pages/cart/index")
        lines = f"{chain.milk.id}:2"
        checkout = f"/order/checkout/index?store={chain.store.unit.id}&lines={lines}"
        assert went_to(shown.do("tap", text="结算 (1)")["calls"]) == [checkout]
        assert "应付¥13" in shown.open("order/checkout/index", store=str(chain.store.unit.id), lines=lines)
        calls = shown.do("tap", text="提交订单")["calls"]
        order = shopper.get("/orders").expect(200)["items"][0]
        assert (order["state"], order["delivery"], order["payable_fen"]) == ("placed", "pickup", 2 * MILK_FEN)
        assert ["redirectTo", f"/order/pay/index?id={order['id']}"] in [
            [name, given.get("url")] for name, given in calls
        ]
        on_hand, reserved = chain.stocked(chain.store, chain.milk).counters()
        assert (on_hand, reserved) == (held[0], held[1] + 2)
        assert "待付金额¥13" in shown.open("order/pay/index", id=order["id"])
        assert "待付款" in shown.open("order/list/index")
        assert order["number"] in shown.open("order/detail/index", id=order["id"])


def test_mem_03_the_members_pages_open(built, live, chain):
    shopper = MallClient(live.url).sign_in()
    with phone(built, live, chain, shopper) as shown:
        assert "会员码" in shown.open("pages/me/index")
        assert shown.open("member/code/index")
        assert "积分" in shown.open("member/points/index")


@pytest.mark.parametrize("page", mobile.pages())
def test_every_page_opens_without_a_fault(built, live, chain, page):
    # Also with nothing in its address, and with nobody signed in: links are shared and sessions end.
    with phone(built, live, chain) as shown:
        answer = shown.do("open", page=page, query={})
        assert answer["faults"] == []
