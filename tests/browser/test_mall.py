"""The mall on a phone in Chromium: a stranger buys, the last piece, bad networks."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api as catalog
from quanyu.modules.organization.contracts import Location
from tests.harness import mobile, organization
from tests.harness.chain import MILK_FEN, Chain, make_chain, put
from tests.harness.clients import MallClient, TillClient
from tests.harness.live import Live

pytestmark = [pytest.mark.slow, pytest.mark.browser]
PATIENCE_MS = 30_000
PHONE = {"width": 390, "height": 844}
LHASA = "540102"


@pytest.fixture(scope="module")
def chain() -> Chain:
    """Stores and goods that these journeys share."""
    mobile.built()
    return make_chain()


class Hand:
    """A phone in a hand; ``foreign`` is what was asked of other hosts, ``broken`` what scripts complained of."""

    def __init__(self, context: BrowserContext, live: Live) -> None:
        self.context, self.live = context, live
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        self.foreign: list[str] = []
        self.broken: list[str] = []
        self.page.on("request", self._asked)
        self.page.on("pageerror", lambda fault: self.broken.append(str(fault)))

    def _asked(self, request: Request) -> None:
        if request.url.startswith("http") and not request.url.startswith((self.live.url, self.live.simulator.url)):
            self.foreign.append(request.url)

    def open(self, path: str) -> Page:
        """Open a page of the mall afresh, once: another hash of the same address would only turn the page inside."""
        self.page.goto(f"{self.live.url}/healthz")
        self.page.goto(f"{self.live.url}/mall/#{path}")
        return self.page

    def press(self, words: str) -> None:
        """Press the button that says this; of several the one in front."""
        self.page.locator("uni-button:visible").filter(has_text=words).last.click()


@pytest.fixture
def hand(chromium: Browser, live: Live, chain: Chain) -> Iterator[Hand]:
    """A stranger's phone that was in the chain's store last."""
    context = chromium.new_context(viewport=PHONE, is_mobile=True, has_touch=True, locale="zh-CN")
    keep(context, "quanyu.store", chain.store.unit.id)
    used = Hand(context, live)
    yield used
    context.close()
    assert used.foreign == []
    assert used.broken == []


def keep(context: BrowserContext, key: str, value: object) -> None:
    """Put something into the storage of the mall, as uni keeps it."""
    kind = "number" if isinstance(value, int) else "string"
    shown = value if isinstance(value, int) else f"'{value}'"
    context.add_init_script(f"localStorage.setItem('{key}', JSON.stringify({{type: '{kind}', data: {shown}}}))")


def sign_in(hand: Hand, live: Live) -> MallClient:
    """Be a member on this phone."""
    shopper = MallClient(live.url).sign_in()
    keep(hand.context, "quanyu.token", shopper.token)
    return shopper


def test_mall_01_a_shopper_finds_a_product_buys_for_pickup_and_pays(hand, live, chain):
    sign_in(hand, live)
    page = hand.page
    hand.open(f"/find/list/index?category={chain.category.id}")
    page.get_by_text("纯牛奶").first.click()
    expect(page.get_by_text("有货 20").first).to_be_visible()
    hand.press("立即购买")
    expect(page.get_by_text("选择规格").last).to_be_visible()
    hand.press("立即购买")
    expect(page.get_by_text("应付").first).to_be_visible()
    hand.press("提交订单")
    expect(page.get_by_text("待付金额")).to_be_visible()
    assert chain.stocked(chain.store, chain.milk).counters() == (20, 1)
    hand.press("去付款")
    page.get_by_role("button", name="支付").click()
    expect(page.get_by_text("付款成功")).to_be_visible()
    expect(page.get_by_text("提货码").first).to_be_visible()
    digits = re.search(r"\d{6,8}", page.locator(".digits").inner_text())
    assert digits is not None
    # The till's stock is the mall's stock: what the counter hands out leaves both at once.
    till = TillClient(chain.store, live.url).sign_in(chain.cashier)
    found = till.post("/pickups", {"code": digits[0]}).expect(200)
    till.post(f"/orders/{found['id']}/hand-over", {"code": digits[0]}).expect(200)
    assert chain.stocked(chain.store, chain.milk).counters() == (19, 0)
    hand.open(f"/pages/product/index?id={chain.milk.product_id}")
    expect(page.get_by_text("有货 19").first).to_be_visible()


def test_inv_02_the_second_buyer_of_the_last_piece_is_told_before_paying(hand, live, chain):
    fresh = make_chain(stock=0)
    put(fresh.store, fresh.tea, 1)
    sign_in(hand, live)
    keep(hand.context, "quanyu.store", fresh.store.unit.id)
    page = hand.open(f"/order/checkout/index?store={fresh.store.unit.id}&lines={fresh.tea.id}:1")
    expect(page.get_by_text("提交订单")).to_be_visible()
    faster = MallClient(live.url).sign_in()
    faster.order(fresh.store, {fresh.tea.id: 1}).expect(201)
    hand.press("提交订单")
    expect(page.get_by_role("alert")).to_contain_text("库存不足")
    assert fresh.stocked(fresh.store, fresh.tea).counters() == (1, 1)


def test_a_weak_network_keeps_what_was_entered_and_a_lost_answer_orders_once(hand, live, chain):
    shopper = sign_in(hand, live)
    page = hand.open(f"/order/checkout/index?store={chain.store.unit.id}&lines={chain.bread.id}:2")
    expect(page.get_by_text("提交订单")).to_be_visible()
    page.get_by_label("备注").locator("input").fill("放前台")
    lost: list[int] = []

    def lose(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    page.route("**/api/mall/v1/orders", lose)
    hand.press("提交订单")
    expect(page.get_by_role("alert")).to_contain_text("不会重复下单")
    hand.press("提交订单")
    expect(page.get_by_text("待付金额")).to_be_visible()
    assert lost == [201]
    orders = shopper.get("/orders").expect(200)["items"]
    assert [(order["note"], order["state"]) for order in orders] == [("放前台", "placed")]


@pytest.mark.parametrize(("status", "words"), [(None, "网络不太通畅"), (500, "服务暂时忙不过来")])
def test_without_an_answer_a_page_says_so_and_goes_on_when_asked(hand, live, chain, status, words):
    page, broken = hand.page, True

    def fail(route: Route) -> None:
        if not broken:
            route.continue_()
        elif status is None:
            route.abort()
        else:
            route.fulfill(status=status, body="{}", content_type="application/json")

    page.route("**/api/mall/v1/stores/*/products?*", fail)
    hand.open(f"/find/list/index?category={chain.category.id}")
    expect(page.get_by_text(words)).to_be_visible()
    broken = False
    hand.press("再试一次")
    expect(page.get_by_text("龙井茶").first).to_be_visible()


def test_a_slow_answer_shows_the_shape_of_what_comes(hand, live, chain):
    page = hand.page
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/mall/v1/stores/*/products?*", hold)
    hand.open(f"/find/list/index?category={chain.category.id}")
    expect(page.locator(".q-skel").first).to_be_visible()
    while held:
        held.pop().continue_()
    page.unroute("**/api/mall/v1/stores/*/products?*")
    expect(page.get_by_text("龙井茶").first).to_be_visible()


def test_gft_07_an_order_with_a_pickup_time_and_a_card_says_so(hand, live, chain):
    shopper = sign_in(hand, live)
    page = hand.open(f"/order/checkout/index?store={chain.store.unit.id}&lines={chain.bread.id}:1")
    expect(page.get_by_text("提交订单")).to_be_visible()
    page.get_by_text("作为礼物送出").first.click()
    page.locator("textarea:visible").fill("生日快乐")
    hand.press("确定")
    expect(page.get_by_text("生日快乐").first).to_be_visible()
    hand.press("提交订单")
    expect(page.get_by_text("待付金额")).to_be_visible()
    (order,) = shopper.get("/orders").expect(200)["items"]
    assert order["wishes"]["gift"] == {"wrap": True, "card": "生日快乐", "sender": "", "hide_prices": True}
    assert order["payable_fen"] != MILK_FEN


def label(chain: Chain, store: Location) -> str:
    """Return the code on the label of the milk in a store."""
    now = system_clock.now()
    return catalog.codes_of(sku_ids=[chain.milk.id], unit_id=store.unit.id, actor=SYSTEM, now=now)[chain.milk.id]


def last_store(page: Page) -> int:
    """Return the store that the phone will be in the next time."""
    return int(page.evaluate("JSON.parse(localStorage.getItem('quanyu.store')).data"))


def test_mall_17_goods_scanned_in_another_store_say_so_and_ask_before_the_store_changes(hand, live, chain):
    name = chain.other_store.unit.name
    page = hand.open(f"/pages/product/index?code={label(chain, chain.other_store)}")
    expect(page.get_by_text(f"在{name}扫码")).to_be_visible()
    expect(page.get_by_text(f"您正在逛{chain.store.unit.name}")).to_be_visible()
    assert last_store(page) == chain.store.unit.id
    hand.press("不换")
    expect(page.get_by_text("换到这家店")).to_have_count(0)
    expect(page.get_by_text(f"在{name}扫码")).to_be_visible()
    assert last_store(page) == chain.store.unit.id
    page.reload()
    hand.press("换到这家店")
    expect(page.get_by_text("换到这家店")).to_have_count(0)
    expect(page.locator(".q-cell").filter(has_text=name)).to_be_visible()
    assert last_store(page) == chain.other_store.unit.id


def test_mall_17_who_was_in_no_store_yet_enters_the_one_where_she_scanned(chromium, live, chain):
    name = chain.other_store.unit.name
    context = chromium.new_context(viewport=PHONE, is_mobile=True, has_touch=True, locale="zh-CN")
    shown = Hand(context, live)
    page = shown.open(f"/pages/product/index?token={label(chain, chain.other_store)}")
    expect(page.get_by_text(f"在{name}扫码")).to_be_visible()
    expect(page.locator(".q-cell").filter(has_text=name)).to_be_visible()
    found = last_store(page)
    # The page for scanning in the store leads there as well, and says which store was left.
    page = shown.open(f"/find/code/index?token={label(chain, chain.store)}")
    expect(page.get_by_text(f"在{chain.store.unit.name}扫码")).to_be_visible()
    expect(page.get_by_text(f"已从{name}换到这家店")).to_be_visible()
    changed = last_store(page)
    context.close()
    assert (found, changed) == (chain.other_store.unit.id, chain.store.unit.id)
    assert (shown.foreign, shown.broken) == ([], [])


def test_mall_03_who_does_not_tell_where_she_is_finds_a_store_by_its_city(hand, live, chain):
    far = organization.make_store(area_code=LHASA)
    page = hand.open("/pages/home/index")
    expect(page.locator(".store-head")).to_contain_text(chain.store.unit.name)
    page.get_by_role("button", name="定位").click()
    expect(page.get_by_text("没有取得您的位置")).to_be_visible()
    hand.press("重新定位")
    expect(page.get_by_text("没有取得您的位置")).to_be_visible()
    hand.press("按城市选")
    page.locator(".city").filter(has_text="拉萨").click()
    card = page.locator(".store-card").filter(has_text=far.unit.name)
    expect(card).to_be_visible()
    expect(page.get_by_text(chain.store.unit.name)).to_have_count(0)
    card.locator("uni-button").click()
    expect(page.locator(".store-head")).to_contain_text(far.unit.name)
    assert last_store(page) == far.unit.id


def test_a_product_is_kept_as_one_picture_to_pass_on(hand, live, chain):
    page = hand.open(f"/pages/product/index?id={chain.milk.product_id}")
    page.get_by_role("button", name="分享").click()
    expect(page.locator(".drawn")).to_be_visible()
    with page.expect_download() as kept:
        hand.press("保存图片")
    assert kept.value.suggested_filename.endswith(".jpg")
    # A picture that starts as JPEGs do.
    assert kept.value.path().read_bytes()[:3] == b"\xff\xd8\xff"


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
@pytest.mark.parametrize("page_of", mobile.pages())
def test_every_page_fits_a_phone_in_both_languages(chromium, live, chain, page_of, language):
    context = chromium.new_context(viewport=PHONE, is_mobile=True, has_touch=True, locale=language)
    keep(context, "quanyu.store", chain.store.unit.id)
    shown = Hand(context, live)
    shown.open(f"/{page_of}?id={chain.milk.product_id}")
    shown.page.wait_for_load_state("networkidle")
    width = shown.page.evaluate("document.documentElement.scrollWidth")
    text = shown.page.evaluate("document.body.innerText")
    context.close()
    assert width <= PHONE["width"]
    assert (shown.foreign, shown.broken) == ([], [])
    assert "undefined" not in text
    assert not re.search(r"\b(find|product|cart|order|common)\.[a-z]+[A-Za-z.]*\b", text)
