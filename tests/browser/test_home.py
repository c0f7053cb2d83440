"""The home page in a real Chromium: orders slide in, pause holds them, figures follow, the session ends it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from quanyu.kernel.clock import system_clock
from tests.browser.conftest import PATIENCE_MS
from tests.harness import figures
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.identity import PASSWORD, make_person
from tests.harness.live import Live

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=100)


@pytest.fixture
def page(live: Live, chromium: Browser, chain: Chain) -> Iterator[Page]:
    """The home page of a store manager, in Chinese."""
    window = chromium.new_context(base_url=live.url, viewport={"width": 1280, "height": 900}, locale="zh-CN")
    window.set_default_timeout(PATIENCE_MS)
    opened = window.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda failure: errors.append(str(failure)))
    opened.goto("/console/")
    opened.fill("input[name=username]", make_person("store_manager", unit_id=chain.store.unit.id).username)
    opened.fill("input[name=password]", PASSWORD)
    opened.click("button[type=submit]")
    opened.wait_for_url(re.compile(r"/console/$"))
    yield opened
    window.close()
    assert errors == []


def test_orders_slide_in_the_figures_follow_and_pause_holds_them(chain: Chain, page: Page):
    stream, sales = page.locator(".qy-stream"), page.locator("[data-figure=sales] strong")
    expect(sales).to_have_text("¥0.00")
    expect(stream).to_have_attribute("aria-live", "polite")

    first = figures.sell(chain, chain.store, 2, at=system_clock.now())
    row = stream.locator("[data-order]", has_text=first.number)
    expect(row).to_have_class(re.compile("qh-new"), timeout=PATIENCE_MS)
    figures.tell(chain.store)
    expect(sales).to_have_text(f"¥{2 * MILK_FEN / 100:.2f}", timeout=2 * PATIENCE_MS)

    page.get_by_role("button", name="暂停").click()
    other = figures.sell(chain, chain.other_store, 1, at=system_clock.now())
    held = figures.sell(chain, chain.store, 1, at=system_clock.now())
    page.wait_for_timeout(6_000)  # longer than a turn
    expect(stream.get_by_text(held.number)).to_have_count(0)
    page.get_by_role("button", name="继续").click()
    expect(stream.get_by_text(held.number)).to_be_visible(timeout=PATIENCE_MS)
    expect(stream.get_by_text(other.number)).to_have_count(0)
    assert stream.locator("[data-order]").first.inner_text().count(held.number) == 1


def test_who_wants_no_motion_gets_none_and_the_sessions_end_ends_it(chain: Chain, page: Page):
    page.emulate_media(reduced_motion="reduce")
    sold = figures.sell(chain, chain.store, 1, at=system_clock.now())
    row = page.locator("[data-order]", has_text=sold.number)
    expect(row).to_be_visible(timeout=PATIENCE_MS)
    assert row.evaluate("one => getComputedStyle(one).animationName") == "none"

    page.context.clear_cookies()
    expect(page.get_by_text("您已退出登录，请重新加载页面。")).to_be_visible(timeout=PATIENCE_MS)


def test_periods_charts_and_the_table_of_each(chain: Chain, page: Page):
    page.get_by_role("link", name="近 7 天", exact=True).click()
    expect(page.locator("[aria-current=true]", has_text="近 7 天")).to_be_visible()
    expect(page.locator("[data-chart] canvas").first).to_be_visible()
    page.get_by_text("以表格查看").first.click()
    expect(page.get_by_role("columnheader", name="日期")).to_be_visible()
