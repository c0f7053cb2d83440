"""The console in a real Chromium: sign in, choose a language, read an order, cancel it, and not see other stores."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from quanyu.kernel.clock import system_clock
from quanyu.modules.orders.models import Order
from tests.browser.conftest import PATIENCE_MS
from tests.harness import checkout as buying
from tests.harness import console
from tests.harness.chain import Chain, make_chain
from tests.harness.identity import PASSWORD, Person, make_person
from tests.harness.live import Live

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Visit = Callable[[], Page]


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=100)


@pytest.fixture
def visit(live: Live, chromium: Browser) -> Iterator[Visit]:
    """Open pages in a fresh browser window; nothing may load from outside or break the content policy."""
    foreign: list[str] = []
    broken: list[str] = []
    window = chromium.new_context(base_url=live.url, viewport={"width": 1440, "height": 900}, locale="zh-CN")
    window.set_default_timeout(PATIENCE_MS)

    def page() -> Page:
        opened = window.new_page()
        opened.on("request", lambda request: _note(foreign, request.url, live.url))
        opened.on("console", lambda message: broken.append(message.text) if message.type == "error" else None)
        return opened

    yield page
    window.close()
    assert foreign == []
    assert [text for text in broken if "Content Security Policy" in text or "is not defined" in text] == []


def _note(foreign: list[str], address: str, own: str) -> None:
    if not address.startswith((own, "data:", "blob:")):
        foreign.append(address)


def sign_in(page: Page, person: Person) -> None:
    page.goto("/console/")
    page.fill("input[name=username]", person.username)
    page.fill("input[name=password]", PASSWORD)
    if person.secret:
        page.fill("input[name=code]", person.code(system_clock.now()))
    page.click("button[type=submit]")
    page.wait_for_url(re.compile(r"/console/$"))


def test_head_office_signs_in_with_a_code_changes_the_language_and_cancels_an_unpaid_order(chain: Chain, visit: Visit):
    order = buying.place(buying.command(chain.store, (chain.milk, 2)))
    before = buying.stock_of(chain.store, chain.milk)
    page = visit()
    sign_in(page, make_person("head_office"))
    expect(page.get_by_text("会员销售占比")).to_be_visible()

    page.get_by_role("button", name="English").click()
    expect(page.get_by_text("Sales to members")).to_be_visible()

    page.get_by_role("link", name="Orders", exact=True).click()
    page.fill("input[name=q]", order.number)
    page.keyboard.press("Enter")
    page.get_by_role("link", name=order.number, exact=True).click()
    expect(page.locator("h1")).to_have_text(f"Order {order.number}")
    expect(page.get_by_text("Net ¥13.00 + freight ¥0.00 = payable ¥13.00")).to_be_visible()

    page.get_by_role("link", name="Cancel order").click()
    page.get_by_role("button", name="Cancel order").click()
    expect(page.get_by_text("This field is required.")).to_be_visible()
    page.fill("input[name=reason]", "Ordered twice")
    page.get_by_role("button", name="Cancel order").click()
    expect(page.get_by_text("The order is cancelled; what was paid goes back.")).to_be_visible()
    expect(page.get_by_role("link", name="Cancel order")).to_have_count(0)
    assert Order.objects.get(pk=order.id).state == "cancelled"
    assert buying.stock_of(chain.store, chain.milk) == (before[0], before[1] - 2)


def test_a_store_manager_sees_his_own_store_only(chain: Chain, visit: Visit):
    own = buying.place(buying.command(chain.store, (chain.bread, 1)))
    other = buying.place(buying.command(chain.other_store, (chain.bread, 1)))
    page = visit()
    sign_in(page, make_person("store_manager", unit_id=chain.store.unit.id))
    page.get_by_role("link", name="订单", exact=True).click()
    expect(page.get_by_text(own.number)).to_be_visible()
    expect(page.get_by_text(other.number)).to_have_count(0)
    answer = page.goto(console.row_address("orders.order", other.id))
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_text("此页面不存在，或者属于其他门店。")).to_be_visible()


def test_the_dark_theme_is_kept_and_the_menu_works_by_keyboard(chain: Chain, visit: Visit):
    page = visit()
    sign_in(page, make_person("cashier", unit_id=chain.store.unit.id))
    page.get_by_text("unfold_more").click()
    page.get_by_text("深色", exact=True).click()
    expect(page.locator("html")).to_have_class(re.compile("dark"))
    page.reload()
    expect(page.locator("html")).to_have_class(re.compile("dark"))
    page.get_by_role("link", name="订单", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/orders/order/")


def test_too_many_wrong_tries_lead_to_a_page_that_says_so(chain: Chain, visit: Visit):
    person = make_person("cashier", unit_id=chain.store.unit.id)
    page = visit()
    for _ in range(12):
        page.goto("/console/login/")
        page.fill("input[name=username]", person.username)
        page.fill("input[name=password]", "not the password")
        page.click("button[type=submit]")
        if page.get_by_text("登录暂时锁定").count():
            break
    expect(page.get_by_text("登录暂时锁定")).to_be_visible()
