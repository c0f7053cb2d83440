"""The till in a real browser: a day by keyboard, the server gone, tabs closed, a lost reply; each sale arrives once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, Route, expect, sync_playwright

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.rules import barcodes
from quanyu.platform import db
from tests.browser.conftest import ARGUMENTS, CHROMIUM, PATIENCE_MS
from tests.harness import members, web
from tests.harness.chain import BREAD_FEN, MILK_FEN, Chain, enrolment_code, make_chain
from tests.harness.identity import PIN
from tests.harness.live import eventually
from tests.harness.till_server import TillServer

MEMBER_MILK_FEN = 550
FLOAT_FEN = 50_000


@pytest.fixture(scope="module")
def server() -> Iterator[TillServer]:
    web.built()
    running = TillServer()
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def player() -> Iterator[Playwright]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playing:
        yield playing


@pytest.fixture(scope="module")
def chain() -> Chain:
    made = make_chain(stock=200, member_milk_fen=MEMBER_MILK_FEN)
    catalog.update_sku(sku_id=made.apples.id, plu="00777", actor=SYSTEM, now=system_clock.now())
    return made


@dataclass
class Counter:
    """A till's browser with its profile on disk: closing it and opening it again is the next morning."""

    player: Playwright
    folder: Path
    url: str
    own: tuple[str, ...] = ()
    foreign: list[str] = field(default_factory=list)
    window: BrowserContext | None = None

    def open(self) -> Page:
        self.window = self.player.chromium.launch_persistent_context(
            str(self.folder), executable_path=CHROMIUM, args=ARGUMENTS, viewport={"width": 1280, "height": 800}
        )
        self.window.set_default_timeout(PATIENCE_MS)
        self.window.on(
            "request",
            lambda asked: (
                None
                if asked.url.startswith((self.url, "data:", "blob:", *self.own))
                else self.foreign.append(asked.url)
            ),
        )
        page = self.window.pages[0]
        page.goto(f"{self.url}/pos/")
        return page

    def close(self) -> None:
        assert self.window is not None
        self.window.close()
        assert self.foreign == []

    def begin(self, chain: Chain) -> Page:
        """Enrol, sign in, open a shift: keyboard only."""
        page = self.open()
        page.wait_for_selector("input[name=code]")
        page.keyboard.type(enrolment_code(chain.store))
        page.keyboard.press("Enter")
        page.wait_for_selector("input[name=pin]")
        page.keyboard.type(chain.cashier.username)
        page.keyboard.press("Tab")
        page.keyboard.type(PIN)
        page.keyboard.press("Enter")
        page.wait_for_selector("input[name=float]")
        page.keyboard.type("500")
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-test=tiles]")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        return page


@pytest.fixture
def counter(player: Playwright, server: TillServer, tmp_path: Path) -> Iterator[Counter]:
    made = Counter(player, tmp_path / "profile", server.url)
    yield made
    if made.window is not None:
        made.close()


def scan(page: Page, code: str) -> None:
    """Type as a scanner does."""
    page.keyboard.type(code, delay=4)
    page.keyboard.press("Enter")


def due(page: Page) -> int:
    text = page.locator("[data-test=payable]").inner_text().replace("¥", "").strip()
    return round(float(text) * 100)


def pay_cash(page: Page, given: str = "") -> None:
    page.keyboard.press("F8")
    page.wait_for_selector("input[name=given]")
    page.keyboard.type(given)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-test=paper]")


def next_customer(page: Page) -> None:
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-test=paper]", state="detached")


def sales_of(chain: Chain) -> list[dict[str, Any]]:
    """Return what tills of the store sold and what became of it, by the till's numbers."""
    return db.rows(
        "SELECT s.seq, s.state, s.payable_fen, o.payable_fen AS booked_fen FROM pos_till_sale s "
        "JOIN pos_terminal t ON t.device_id = s.terminal_id LEFT JOIN orders_order o ON o.id = s.id "
        "WHERE t.store_id = %s ORDER BY s.received_at, s.seq",
        [chain.store.unit.id],
    )


def settled(page: Page) -> None:
    """Wait until nothing is left to send."""
    expect(page.locator("[data-test=pending]")).to_have_count(0, timeout=60_000)


def test_pos_01_a_day_at_the_till_with_the_keyboard_alone(counter: Counter, chain: Chain):
    before = len(sales_of(chain))
    page = counter.begin(chain)
    scan(page, chain.milk.barcodes[0])
    scan(page, chain.milk.barcodes[0])
    page.keyboard.type("qmmb")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelectorAll('.line').length === 2")
    assert due(page) == 2 * MILK_FEN + BREAD_FEN
    page.keyboard.press("+")
    assert due(page) == 2 * MILK_FEN + 2 * BREAD_FEN
    page.keyboard.press("F6")
    page.wait_for_selector("input[name=hold]")
    page.keyboard.type("王姐")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")
    assert due(page) == 0
    page.keyboard.press("F7")
    page.wait_for_selector("text=王姐")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")
    pay_cash(page, "100")
    change = 10_000 - 2 * MILK_FEN - 2 * BREAD_FEN
    assert page.locator("[data-test=receipt-change]").inner_text() == f"¥{change / 100:.2f}"
    assert page.locator("[data-test=paper]").inner_text().count("纯牛奶") == 1
    next_customer(page)
    # The scale's label: 0.525 kg of apples under PLU 777.
    scan(page, "220077700525" + str(barcodes.check_digit("220077700525")))
    assert due(page) == 1045
    page.keyboard.press("F9")
    page.wait_for_selector("input[name=reference]")
    page.keyboard.type("8842")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-test=paper]")
    next_customer(page)
    settled(page)
    booked = eventually(lambda: [one for one in sales_of(chain)[before:] if one["state"] == "booked"][1:])
    assert [one["booked_fen"] for one in booked] == [1045]
    page.keyboard.press("?")
    page.wait_for_selector("dl.keys")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    page.keyboard.press("F10")
    page.wait_for_selector("[data-test=menu-close]")
    page.locator("[data-test=menu-close]").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("input[name=counted]")
    page.locator("input[name=counted]").focus()
    counted = FLOAT_FEN + 2 * MILK_FEN + 2 * BREAD_FEN
    page.keyboard.type(f"{counted / 100:.2f}")
    page.wait_for_selector("dialog .main:not([disabled])")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-test=report] .facts-total:not(.bad)")


def test_pos_05_a_member_has_his_price_at_once_and_the_server_comes_to_the_same(counter: Counter, chain: Chain):
    phone = members.phone()
    members.sign_in(phone_number=phone)
    page = counter.begin(chain)
    scan(page, chain.milk.barcodes[0])
    assert due(page) == MILK_FEN
    page.keyboard.press("F4")
    page.wait_for_selector("input[name=member]")
    page.keyboard.type(phone, delay=200)
    page.keyboard.press("Enter")
    page.wait_for_selector(".shopper.known")
    assert due(page) == MEMBER_MILK_FEN
    pay_cash(page)
    settled(page)
    assert [(one["state"], one["booked_fen"]) for one in sales_of(chain)][-1] == ("booked", MEMBER_MILK_FEN)
    assert db.value("SELECT gap_fen FROM pos_till_sale ORDER BY received_at DESC LIMIT 1") == 0


def test_pos_07_the_server_stopped_the_tab_closed_the_browser_gone_and_every_sale_arrives_once(
    counter: Counter, chain: Chain, server: TillServer
):
    page = counter.begin(chain)
    settled(page)
    before = len(sales_of(chain))
    server.stop()
    try:
        page.reload()
        page.wait_for_selector("[data-test=tiles]")
        scan(page, chain.milk.barcodes[0])
        pay_cash(page)
        # The tab is closed the moment the receipt shows.
        page.close()
        assert counter.window is not None
        page = counter.window.new_page()
        page.goto(f"{server.url}/pos/")
        expect(page.locator("[data-test=pending]")).to_have_text("1 笔待上传")
        scan(page, chain.bread.barcodes[0])
        pay_cash(page)
        counter.close()
        page = counter.open()
        expect(page.locator("[data-test=pending]")).to_have_text("2 笔待上传")
        expect(page.locator("[data-test=net]")).to_have_text("离线收银")
        assert len(sales_of(chain)) == before
    finally:
        server.start()
    settled(page)
    assert [(one["seq"], one["state"], one["booked_fen"]) for one in sales_of(chain)[before:]] == [
        (1, "booked", MILK_FEN),
        (2, "booked", BREAD_FEN),
    ]


def test_pos_07_a_lost_reply_and_two_tabs_make_exactly_one_sale_each(counter: Counter, chain: Chain):
    page = counter.begin(chain)
    settled(page)
    before = len(sales_of(chain))
    assert counter.window is not None
    lost: list[str] = []

    def lose_the_first(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.request.url)
        route.fetch()
        route.abort()

    counter.window.route("**/api/pos/v1/journal", lose_the_first)
    other = counter.window.new_page()
    other.goto(f"{counter.url}/pos/")
    other.wait_for_selector("[data-test=tiles]")
    for one, code in ((page, chain.milk.barcodes[0]), (other, chain.bread.barcodes[0])):
        one.bring_to_front()
        scan(one, code)
        pay_cash(one)
    page.bring_to_front()
    settled(page)
    assert lost != []
    assert sorted((one["seq"], one["state"]) for one in sales_of(chain)[before:]) == [(1, "booked"), (2, "booked")]
    assert db.rows("SELECT * FROM pos_breach_till_chain_broken") == []
