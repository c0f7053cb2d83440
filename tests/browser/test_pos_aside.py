"""A till that sells without the network only what waits for it (POS-07, INV-02), in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.platform import settings_tree
from tests.browser.asked import ALL_SENT, until
from tests.browser.test_pos import Counter, player, scan
from tests.browser.till_money import on_hand, orders
from tests.harness import web
from tests.harness.chain import Chain, make_chain
from tests.harness.checkout import available
from tests.harness.live import Live

__all__ = ["player"]
# What the till was told to wait for it, as {SKU: units}.
ASIDE = """() => new Promise((done) => {
  const open = indexedDB.open('quanyu-pos')
  open.onsuccess = () => {
    const one = open.result.transaction('meta').objectStore('meta').get('aside')
    one.onsuccess = () => {
      open.result.close()
      done(one.result?.value.goods.map((row) => `${row.sku_id}:${row.quantity}`).join() ?? '')
    }
  }
})"""


@pytest.fixture
def chain() -> Chain:
    made = make_chain(stock=10)
    node, now = f"unit:{made.store.unit.id}", system_clock.now()
    settings_tree.set_value(SYSTEM, node, "pos.set_aside_bp", 5_000, now, reason="a test")
    settings_tree.set_value(SYSTEM, node, "pos.offline_stock", "set_aside", now, reason="a test")
    return made


@pytest.fixture
def counter(player: Playwright, live: Live, tmp_path: Path) -> Iterator[Counter]:
    web.built()
    made = Counter(player, tmp_path / "profile", live.url)
    yield made
    if made.window is not None:
        made.close()


def sell(page: Page) -> None:
    page.keyboard.press("F8")
    page.wait_for_selector("input[name=given]")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-test=paper]")
    page.keyboard.press("Enter")


def test_pos07_without_the_network_it_sells_only_what_nobody_else_was_promised(counter: Counter, chain: Chain):
    page = counter.begin(chain)
    code = chain.milk.barcodes[0]
    for _ in range(2):
        scan(page, code)
    sell(page)
    until(page, ALL_SENT)
    # Two went on its best day, so two wait for it from now on.
    page.reload()
    page.wait_for_selector("[data-test=tiles]")
    until(page, ASIDE, f"{chain.milk.id}:2")
    assert (on_hand(chain, chain.milk), available(chain.store, chain.milk)) == ((8, 2), 6)
    page.keyboard.press("F10")
    expect(page.locator("[data-test=aside]")).to_contain_text("断网备货：1 种")
    page.keyboard.press("Escape")

    assert counter.window is not None
    counter.window.route("**/api/**", lambda route: route.abort())
    # Whoever wakes asks the server at once.
    page.reload()
    page.wait_for_selector("[data-test=tiles]")
    for _ in range(3):
        scan(page, code)
    expect(page.locator("[data-test=net]")).to_have_text("离线收银", timeout=70_000)
    expect(page.locator("[data-test=beyond-aside]")).to_have_text("断网：还可卖 2")
    page.keyboard.press("F8")
    expect(page.locator("[role=alert]")).to_contain_text("断网时只卖预留的货")
    expect(page.locator("input[name=given]")).to_have_count(0)
    page.keyboard.press("-")
    expect(page.locator("[data-test=beyond-aside]")).to_have_count(0)
    sell(page)
    # Nothing is left of it: the next one waits for the network.
    scan(page, code)
    expect(page.locator("[data-test=beyond-aside]")).to_have_text("断网：还可卖 0")
    page.keyboard.press("F8")
    expect(page.locator("[role=alert]")).to_contain_text("还可卖 0")

    counter.window.unroute_all()
    expect(page.locator("[data-test=net]")).to_have_text("已联网", timeout=70_000)
    until(page, ALL_SENT)
    assert orders(chain) == 2
    expect(page.locator("[data-test=beyond-aside]")).to_have_count(0)
    sell(page)
    until(page, ALL_SENT)
    assert (orders(chain), on_hand(chain, chain.milk)[0]) == (3, 5)
