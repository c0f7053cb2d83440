"""What goes with the basket, at a till without a server: one key adds it, and it is counted once (POS-02)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Playwright, Route, expect

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import TenderGiven
from quanyu.modules.insights import api as insights
from quanyu.modules.pos import api as pos
from quanyu.modules.pos.rules.advice_figures import PairFigures, Share
from quanyu.platform import settings_tree
from tests.browser import asked
from tests.browser.conftest import PATIENCE_MS
from tests.browser.test_pos import Counter, due, next_customer, pay_cash, player, scan, server, settled
from tests.harness import checkout as buying
from tests.harness.chain import BREAD_FEN, MILK_FEN, TEA_FEN, Chain, make_chain
from tests.harness.live import eventually
from tests.harness.till_server import TillServer

__all__ = ["player", "server"]
STRIP = "[data-test=advice]"
# Whether the basket on the disk knows that its advice was put away.
PUT_AWAY = """new Promise((done) => { const open = indexedDB.open("quanyu-pos"); open.onsuccess = () => {
    const kept = open.result.transaction("meta").objectStore("meta").get("basket");
    kept.onsuccess = () => { open.result.close(); done(kept.result?.value.advice?.isDismissed === true) } } })"""
# How many rows of advice, and of what is still to be told, lie in the browser's database.
ROWS = """new Promise((done) => { const open = indexedDB.open("quanyu-pos"); open.onsuccess = () => {
    const found = {}, reading = open.result.transaction(["advice", "advised"]);
    for (const name of ["advice", "advised"]) {
        reading.objectStore(name).count().onsuccess = (event) => { found[name] = event.target.result };
    }
    reading.oncomplete = () => { open.result.close(); done(found) } } })"""


def bought(chain: Chain, *skus: SkuInfo) -> None:
    placed = buying.place(buying.command(chain.store, *((sku, 1) for sku in skus)))
    tender = TenderGiven(tender="card", amount_fen=placed.payable_fen)
    checkout.add_tenders(order_id=placed.id, tenders=(tender,), till=None, actor=SYSTEM, now=system_clock.now())


def share_without(chain: Chain, basis_points: int) -> None:
    node = f"unit:{chain.store.unit.id}"
    settings_tree.set_value(SYSTEM, node, "pos.advice_control_bp", basis_points, system_clock.now())


@pytest.fixture(scope="module")
def chain() -> Chain:
    """Milk goes with tea, bread with nothing."""
    made = make_chain(stock=200)
    for _ in range(4):
        bought(made, made.milk, made.tea)
    for _ in range(20):
        bought(made, made.bread)
    insights.learn_habits(now=system_clock.now())
    return made


@pytest.fixture
def counter(player: Playwright, server: TillServer, tmp_path: Path) -> Iterator[Counter]:
    made = Counter(player, tmp_path / "profile", server.url)
    yield made
    if made.window is not None:
        made.close()


def report(chain: Chain) -> pos.AdviceReport:
    today = timezone.localdate(system_clock.now())
    return pos.advice_report(unit_ids=frozenset({chain.store.unit.id}), since=today, until=today + timedelta(days=1))


def until(page: Page, holds: Callable[[dict[str, int]], bool]) -> None:
    """Wait for what the browser's database holds in the end; the page goes on meanwhile."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not holds(page.evaluate(ROWS)):
        assert time.monotonic() < deadline, "it did not happen in time"
        page.wait_for_timeout(100)


def lines(page: Page, count: int) -> None:
    expect(page.locator(".line")).to_have_count(count)


def test_pos_02_advice_is_added_by_one_key_with_the_cable_pulled_and_counted_once_though_told_twice(
    counter: Counter, chain: Chain, server: TillServer
):
    share_without(chain, 0)
    page = counter.begin(chain)
    scan(page, chain.milk.barcodes[0])
    piece = page.locator(f"{STRIP} [data-sku='{chain.tea.id}']")
    expect(piece).to_contain_text("龙井茶")
    expect(piece).to_contain_text("常与「纯牛奶」同买")
    page.keyboard.press("Delete")
    lines(page, 0)
    expect(page.locator(STRIP)).to_have_count(0)
    assert counter.window is not None
    told: list[str] = []

    def lose_the_first(route: Route) -> None:
        told.append(route.request.post_data or "")
        if len(told) > 1:
            route.continue_()
            return
        route.fetch()
        route.abort()

    counter.window.route("**/api/pos/v1/advice/outcomes", lose_the_first)
    server.stop()
    try:
        page.reload()
        page.wait_for_selector("[data-test=tiles]")
        scan(page, chain.milk.barcodes[0])
        expect(piece).to_be_visible()
        page.keyboard.press("Insert")
        lines(page, 2)
        assert due(page) == MILK_FEN + TEA_FEN
        expect(page.locator(STRIP)).to_have_count(0)
        # A scanner is understood at once: nothing took the keyboard.
        scan(page, chain.bread.barcodes[0])
        lines(page, 3)
        pay_cash(page)
        next_customer(page)
    finally:
        server.start()
    settled(page)
    until(page, lambda rows: rows["advised"] == 0)
    assert len(told) == 2
    assert told[0] == told[1]
    found = report(chain)
    paid = MILK_FEN + TEA_FEN + BREAD_FEN
    assert found.whole.advised == Share(baskets=1, added=1, bought=1, lines=3, payable_fen=paid)
    assert found.pairs == (PairFigures(chain.milk.id, chain.tea.id, shown=1, added=1),)
    assert found.by_staff == {chain.cashier.id: found.whole}


def test_pos_02_advice_put_away_stays_away_for_this_basket_and_text_keeps_its_keys(counter: Counter, chain: Chain):
    share_without(chain, 0)
    page = counter.begin(chain)
    scan(page, chain.milk.barcodes[0])
    page.wait_for_selector(STRIP)
    page.keyboard.type("qmmb", delay=200)
    page.keyboard.press("Home")
    page.keyboard.press("End")
    page.keyboard.press("Insert")
    expect(page.locator("input[name=find]")).to_have_value("qmmb")
    page.keyboard.press("Escape")
    lines(page, 1)
    page.keyboard.press("End")
    expect(page.locator(STRIP)).to_have_count(0)
    # A tab that goes a moment after a key may lose that key: here it is on the disk first.
    asked.until(page, PUT_AWAY)
    page.reload()
    page.wait_for_selector("[data-test=tiles]")
    lines(page, 1)
    scan(page, chain.milk.barcodes[0])
    expect(page.locator(STRIP)).to_have_count(0)
    pay_cash(page)
    next_customer(page)
    # The next basket is another one.
    scan(page, chain.milk.barcodes[0])
    page.wait_for_selector(STRIP)


def test_pos_02_a_basket_of_the_control_share_sees_nothing_and_is_counted_beside(counter: Counter, chain: Chain):
    share_without(chain, 10_000)
    assert report(chain).whole.control == Share()
    page = counter.begin(chain)
    scan(page, chain.milk.barcodes[0])
    # The till knows what goes with it, and keeps it to itself.
    until(page, lambda rows: rows["advice"] > 0)
    page.keyboard.press("Insert")
    scan(page, chain.tea.barcodes[0])
    lines(page, 2)
    expect(page.locator(STRIP)).to_have_count(0)
    pay_cash(page)
    next_customer(page)
    settled(page)
    found = eventually(lambda: report(chain).whole.control if report(chain).whole.control.baskets else None)
    assert found == Share(baskets=1, added=0, bought=1, lines=2, payable_fen=MILK_FEN + TEA_FEN)
