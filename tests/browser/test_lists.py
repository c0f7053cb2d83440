"""Lists by keyboard, in the drawer and in the query area, in a real Chromium."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_console import Visit, sign_in
from tests.browser.test_console import visit as visit  # noqa: PLC0414 - the fixture of a fresh window
from tests.harness import checkout as buying
from tests.harness import console
from tests.harness.chain import Chain, make_chain
from tests.harness.identity import make_person

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ORDERS = console.list_address("orders.order")
FOCUSED = "document.activeElement.dataset.row || document.activeElement.tagName"


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=100)


@pytest.fixture
def desk(chain: Chain, visit: Visit) -> Page:
    """Sign a store manager in, with three orders to look at."""
    for _ in range(3):
        buying.place(buying.command(chain.store, (chain.milk, 1)))
    page = visit()
    sign_in(page, make_person("store_manager", unit_id=chain.store.unit.id, with_pin=False))
    page.goto(ORDERS)
    return page


def rows(page: Page) -> list[str]:
    found = page.locator("#result_list tbody tr").evaluate_all("rows => rows.map(row => row.dataset.row)")
    return [str(one) for one in found]


def test_a_list_is_walked_looked_into_and_left_by_keys_alone(desk: Page):
    addresses = rows(desk)
    desk.keyboard.press("j")
    desk.keyboard.press("ArrowDown")
    assert desk.evaluate(FOCUSED) == addresses[1]
    desk.keyboard.press("k")
    desk.keyboard.press("Enter")
    drawer = desk.get_by_role("dialog")
    expect(drawer.locator("h1")).to_contain_text("订单")
    assert desk.url.endswith(ORDERS), "the list is not left"
    # The focus stays inside, whichever way one goes.
    for key in ["Tab"] * 12 + ["Shift+Tab"] * 14:
        desk.keyboard.press(key)
        inside = (
            "(() => { const at = document.activeElement; return at === document.body || !!at.closest('#qy-drawer') })()"
        )
        assert desk.evaluate(inside)
    desk.keyboard.press("j")
    expect(desk.locator("#result_list tr[data-open]")).to_have_attribute("data-row", addresses[1])
    desk.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    assert desk.evaluate(FOCUSED) == addresses[1], "the focus is given back to the row"
    desk.keyboard.press("o")
    desk.wait_for_url(f"**{addresses[1]}")


def test_a_click_looks_into_a_row_and_its_link_opens_the_page(desk: Page):
    (first, *_others) = rows(desk)
    desk.locator("#result_list tbody tr").first.locator("td").nth(3).click()
    drawer = desk.get_by_role("dialog")
    expect(drawer.locator("h1")).to_be_visible()
    expect(drawer).to_have_attribute("aria-modal", "true")
    drawer.get_by_role("link", name="取消订单").click()
    desk.wait_for_url(f"**{first}act/cancel/")
    desk.goto(ORDERS)
    desk.locator("#result_list .qy-row-link").first.click()
    desk.wait_for_url(f"**{first}")


def test_the_query_area_works_by_keys_and_says_what_is_set(desk: Page):
    number = desk.locator("#result_list .qy-row-link").nth(1).inner_text()
    desk.keyboard.press("/")
    expect(desk.locator("#qy-q")).to_be_focused()
    desk.keyboard.type(number)
    desk.keyboard.press("Enter")
    desk.wait_for_url(re.compile(r"\?q="))
    assert desk.url.endswith(f"?q={number}"), "empty fields are not in the address"
    assert len(rows(desk)) == 1
    desk.locator(".qy-asked-chip").click()
    desk.wait_for_url(re.compile(r"order/(\?.*)?$"))
    assert len(rows(desk)) >= 3
    days = desk.locator("input[name=placed_at__since]")
    expect(days).to_be_hidden()
    desk.select_option("select[name=placed_at__period]", "between")
    expect(days).to_be_visible()
    desk.locator("body").click(position={"x": 700, "y": 20})
    desk.keyboard.press("?")
    expect(desk.get_by_role("dialog", name="快捷键")).to_be_visible()
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("dialog")).to_have_count(0)


def test_rows_are_chosen_and_a_tablet_does_not_scroll_sideways(desk: Page):
    cancel = desk.get_by_role("button", name="取消订单")
    expect(cancel).to_be_disabled()
    desk.keyboard.press("j")
    desk.keyboard.press("x")
    expect(cancel).to_be_enabled()
    expect(desk.locator("[data-chosen]")).to_have_text("对选中的行： 1")
    cancel.click()
    expect(desk.get_by_role("cell", name="可以").or_(desk.locator(".qy-badge.qy-good"))).to_have_count(1)
    for width in (1280, 1024):
        desk.set_viewport_size({"width": width, "height": 768})
        for place in ("orders.order", "members.member", "inventory.stock"):
            desk.goto(console.list_address(place))
            assert desk.evaluate("document.documentElement.scrollWidth") <= width, (place, width)
