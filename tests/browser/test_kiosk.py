"""The screen in a store in Chromium: scan, outfit, cart, code, the phone that takes it; left alone; server gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api as catalog
from quanyu.modules.identity import api as identity
from quanyu.modules.orders import api as orders
from quanyu.platform import db
from tests.harness import catalog as goods
from tests.harness import mobile, web
from tests.harness.chain import BREAD_FEN, MILK_FEN, Chain, make_chain, put
from tests.harness.clients import MallClient
from tests.harness.kiosk import kiosk_code, make_guide

pytestmark = [pytest.mark.slow, pytest.mark.browser]
PATIENCE_MS = 30_000
PORTRAIT, LANDSCAPE = {"width": 1080, "height": 1920}, {"width": 1280, "height": 800}


@dataclass
class World:
    """A chain whose milk and bread make an outfit; ``code`` is on the milk."""

    chain: Chain
    guide_id: int
    code: str


@pytest.fixture(scope="module")
def world() -> World:
    chain = make_chain(stock=0)
    for sku in (chain.milk, chain.bread):
        put(chain.store, sku, 20)
    code = goods.ean13()
    catalog.add_barcode(sku_id=chain.milk.id, code=code, actor=SYSTEM, now=system_clock.now())
    guide_id = make_guide(chain.region.id, [chain.milk.product_id, chain.bread.product_id])
    return World(chain, guide_id, code)


@pytest.fixture(params=[PORTRAIT, LANDSCAPE], ids=["portrait", "landscape"])
def size(request: pytest.FixtureRequest) -> dict[str, int]:
    return request.param


@pytest.fixture
def context(chromium: Browser, live, size: dict[str, int]) -> Iterator[BrowserContext]:
    web.kiosk_built()
    opened = chromium.new_context(base_url=live.url, viewport=size, has_touch=True, locale="zh-CN")
    opened.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    yield opened
    opened.close()


def enrolled(context: BrowserContext, chain: Chain) -> Page:
    """Open the screen and enrol it as a person does."""
    page = context.new_page()
    page.goto("/kiosk/")
    page.locator("input[name=code]").fill(kiosk_code(chain.store))
    page.get_by_role("button", name="启用", exact=True).click()
    expect(page.locator(".guide-tile").first).to_be_visible()
    return page


def scan(page: Page, code: str) -> None:
    """Type as a scanner does."""
    page.keyboard.type(code, delay=4)
    page.keyboard.press("Enter")


def outfit_into_cart(page: Page, world: World) -> None:
    """Scan the milk, open its outfit and put all of it into the cart."""
    scan(page, world.code)
    expect(page.locator(".product h1")).to_have_text("纯牛奶")
    expect(page.locator("[data-test=supply]")).to_contain_text("就在本店货架上：")
    page.locator(".product-guides .guide-tile").click()
    expect(page.locator(".guide-deed .price")).to_have_text(f"¥{(MILK_FEN + BREAD_FEN) / 100:.2f}")
    page.locator("[data-test=add-all]").click()
    expect(page.locator(".nav-count")).to_have_text("2")


def test_mall19_from_the_scan_to_an_order_on_the_phone_that_is_the_stores(
    chromium: Browser, live, context: BrowserContext, world: World
):
    mobile.built()
    page = enrolled(context, world.chain)
    outfit_into_cart(page, world)
    page.locator("[data-test=to-cart]").click()
    page.locator("[data-test=hand-over]").click()
    url = page.locator("[data-test=qr]").get_attribute("data-url") or ""
    shopper = MallClient(live.url).sign_in()
    phone = chromium.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, locale="zh-CN")
    phone.add_init_script(f"localStorage.setItem('quanyu.token', '{shopper.token}')")
    shown = phone.new_page()
    shown.set_default_timeout(PATIENCE_MS)
    shown.goto(url)
    expect(shown.locator(".handover .line")).to_have_count(2)
    shown.locator("uni-button:visible").filter(has_text="收进我的购物车").click()
    expect(shown.locator(".handover .title")).to_have_text("已收进购物车")
    shown.locator("uni-button:visible").filter(has_text="去购物车下单").click()
    expect(shown.locator(".cart .sum")).to_contain_text(f"{(MILK_FEN + BREAD_FEN) / 100:.2f}")
    # The screen has heard of it, thanks, and knows nothing of who it was.
    expect(page.locator("[data-test=taken]")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage)") == ["quanyu-kiosk-token"]
    assert shopper.member_id not in page.content()
    page.get_by_role("button", name="完成").click()
    expect(page.locator(".nav-count")).to_have_count(0)
    placed = shopper.order(world.chain.store, {world.chain.milk.id: 1, world.chain.bread.id: 1}).expect(201)
    credited = {line.credited_store_id for line in orders.order(id=UUID(placed["id"])).lines}
    assert credited == {world.chain.store.unit.id}
    # Somebody else with the same code is told so, politely.
    late = chromium.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, locale="zh-CN")
    other = late.new_page()
    other.goto(url)
    expect(other.get_by_text("已被别的手机领取")).to_be_visible()
    phone.close()
    late.close()


def test_mall19_left_alone_the_screen_forgets_cart_and_language(context: BrowserContext, world: World):
    page = context.new_page()
    page.clock.install()
    page.goto("/kiosk/")
    page.locator("input[name=code]").fill(kiosk_code(world.chain.store))
    page.get_by_role("button", name="启用", exact=True).click()
    expect(page.locator(".guide-tile").first).to_be_visible()
    page.locator("[data-test=language]").click()
    page.locator(".guide-tile").first.click()
    page.locator("[data-test=add-all]").click()
    page.clock.run_for(49_000)
    expect(page.locator("[data-test=idle]")).to_have_count(0)
    page.clock.run_for(2_000)
    expect(page.locator("[data-test=idle] .idle-left")).to_have_text("9")
    expect(page.locator("[data-test=idle] h2")).to_have_text("Still there?")
    page.get_by_role("button", name="I am still here").click()
    expect(page.locator("[data-test=idle]")).to_have_count(0)
    expect(page.locator(".nav-count")).to_have_text("2")
    page.clock.run_for(50_000)
    expect(page.locator("[data-test=idle]")).to_be_visible()
    page.clock.run_for(10_000)
    expect(page.locator("[data-test=idle]")).to_have_count(0)
    expect(page.locator(".nav-count")).to_have_count(0)
    expect(page.locator(".nav button").first).to_contain_text("首页")
    expect(page.locator(".start")).to_be_visible()
    kept = "[Object.keys(localStorage), sessionStorage.length, document.cookie]"
    assert page.evaluate(kept) == [["quanyu-kiosk-token"], 0, ""]
    # Nobody was here since: nothing is there to forget, and nobody is warned.
    page.clock.run_for(120_000)
    expect(page.locator("[data-test=idle]")).to_have_count(0)


def test_mall19_the_screen_says_that_the_server_is_away_and_goes_on_by_itself(context: BrowserContext, world: World):
    page = enrolled(context, world.chain)
    context.route("**/api/**", lambda route: route.abort())
    page.locator(".guide-tile").first.click()
    expect(page.locator("[data-test=away]")).to_contain_text("暂时连不上服务器")
    context.unroute("**/api/**")
    expect(page.locator("[data-test=away]")).to_have_count(0)
    expect(page.locator("[data-test=add-all]")).to_be_enabled()


def test_mall19_a_screen_that_starts_before_its_server_says_so_and_starts_when_it_is_there(
    context: BrowserContext, world: World
):
    page = enrolled(context, world.chain)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    context.set_offline(True)
    page.reload()
    expect(page.locator(".splash")).to_have_text("暂时连不上服务器")
    context.set_offline(False)
    expect(page.locator(".guide-tile").first).to_be_visible()


def test_mall19_a_revoked_screen_asks_for_a_new_code(context: BrowserContext, world: World):
    page = enrolled(context, world.chain)
    newest = (
        "SELECT id::text FROM identity_device WHERE unit_id = %s AND kind = 'kiosk' ORDER BY enrolled_at DESC LIMIT 1"
    )
    device_id = db.value(newest, [world.chain.store.unit.id])
    identity.revoke_device(device_id=device_id, actor=SYSTEM, now=system_clock.now())
    page.locator(".guide-tile").first.click()
    expect(page.locator("input[name=code]")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage)") == []


def test_ea01_goods_are_found_by_letters_on_the_screen_and_unknown_codes_say_so(context: BrowserContext, world: World):
    page = enrolled(context, world.chain)
    page.get_by_role("button", name="搜索").click()
    for sign in "LJC":
        page.locator(".keys").get_by_role("button", name=sign, exact=True).click()
    expect(page.locator(".tile-name").first).to_have_text("龙井茶")
    page.locator("[data-test=language]").click()
    expect(page.locator("input[name=search]")).to_have_value("ljc")
    scan(page, goods.ean13())
    expect(page.locator(".notes .q-note")).to_contain_text("Nothing is known under the code")
