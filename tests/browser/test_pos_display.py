"""The customer's display in its own window: it follows the till, tells on nobody, and goes dark with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, Playwright, expect

from quanyu.kernel.clock import system_clock
from quanyu.kernel.money import format_yuan
from quanyu.modules.members import api as members_api
from tests.browser.test_pos import Counter, next_customer, pay_cash, player, scan, settled
from tests.browser.till_money import last_order
from tests.harness import members, web
from tests.harness.chain import MILK_FEN, TEA_FEN, Chain, make_chain
from tests.harness.live import Live

pytestmark = [pytest.mark.slow, pytest.mark.browser]
__all__ = ["player"]
MEMBER_MILK_FEN = 550
# The till's goods lie in its own database; here they get a picture that is there without a server.
PICTURES = """async () => {
  const open = indexedDB.open('quanyu-pos')
  await new Promise((done) => { open.onsuccess = done })
  const store = open.result.transaction('buckets', 'readwrite').objectStore('buckets')
  const rows = await new Promise((done) => { const all = store.getAll(); all.onsuccess = () => done(all.result) })
  for (const row of rows) store.put({ ...row, items: row.items.map((one) => ({ ...one, image: '/pos/icon-512.png' })) })
  await new Promise((done) => { store.transaction.oncomplete = done })
  open.result.close()
}"""


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=300, member_milk_fen=MEMBER_MILK_FEN)


@pytest.fixture
def counter(player: Playwright, live: Live, tmp_path: Path) -> Iterator[Counter]:
    web.built()
    made = Counter(player, tmp_path / "profile", live.url)
    yield made
    if made.window is not None:
        made.close()


def opened(counter: Counter, page: Page) -> Page:
    """Open the display from the menu, as a person does."""
    assert counter.window is not None
    page.keyboard.press("F10")
    with counter.window.expect_page() as found:
        page.locator("[data-test=menu-display]").click()
    shown = found.value
    shown.set_viewport_size({"width": 1280, "height": 800})
    expect(shown.locator("main[data-scene=idle]")).to_be_visible()
    page.bring_to_front()
    return shown


def shows(display: Page, scene: str) -> None:
    expect(display.locator("main")).to_have_attribute("data-scene", scene)


def total(display: Page, fen: int) -> None:
    expect(display.locator("[data-test=shown-total]")).to_have_text(f"¥{format_yuan(fen)}")


def test_pos_01_the_customer_sees_lines_price_payment_change_and_the_receipts_code(counter: Counter, chain: Chain):
    phone = members.phone()
    session = members.sign_in(phone_number=phone)
    page = counter.begin(chain)
    display = opened(counter, page)
    scan(page, chain.milk.barcodes[0])
    scan(page, chain.tea.barcodes[0])
    total(display, MILK_FEN + TEA_FEN)
    expect(display.locator("[data-test=shown-lines] li")).to_have_count(2)
    scan(page, members_api.member_code(token=session.token, now=system_clock.now()).text)
    whole = MEMBER_MILK_FEN + TEA_FEN
    total(display, whole)
    expect(display.locator("[data-test=shown-lines] li").first).to_contain_text("会员价")
    expect(display.locator(".show-sum .off")).to_have_text(f"会员价-{format_yuan(MILK_FEN - MEMBER_MILK_FEN)}")
    expect(display.locator("[data-test=shown-points]")).to_contain_text("本单可得积分")
    # Nobody in the queue learns whose purchase this is.
    seen = display.locator("main").inner_text()
    assert [part for part in (phone, phone[-4:], session.member.number) if part in seen] == []
    page.keyboard.press("F8")
    shows(display, "pay")
    expect(display.locator(".show-pay")).to_contain_text("请付款 · 现金")
    page.keyboard.press("Escape")
    shows(display, "basket")
    pay_cash(page, "200")
    shows(display, "thanks")
    expect(display.locator("[data-test=shown-change]")).to_have_text(f"¥{format_yuan(20_000 - whole)}")
    code = display.locator("[data-test=shown-receipt]").get_attribute("data-text")
    next_customer(page)
    settled(page)
    assert code == last_order(chain)["id"].hex
    # The thanks stay for a while, and never over the next customer's goods.
    shows(display, "thanks")
    scan(page, chain.milk.barcodes[0])
    total(display, MILK_FEN)
    expect(display.locator("[data-test=shown-member]")).to_have_count(0)


def test_pos_07_it_works_alone_survives_reloads_and_shows_nothing_of_a_till_that_closed(counter: Counter, chain: Chain):
    page = counter.begin(chain)
    assert counter.window is not None
    page.evaluate(PICTURES)
    display = opened(counter, page)
    counter.window.route("**/api/**", lambda route: route.abort())
    scan(page, chain.tea.barcodes[0])
    total(display, TEA_FEN)
    display.reload()
    total(display, TEA_FEN)
    page.reload()
    total(display, TEA_FEN)
    page.wait_for_selector("[data-test=tiles]")
    scan(page, chain.milk.barcodes[0])
    total(display, TEA_FEN + MILK_FEN)
    page.get_by_role("button", name="English").click()
    expect(display.locator(".show-pay")).to_contain_text("Total")
    page.close()
    shows(display, "closed")
    expect(display.locator("[data-test=welcome]")).to_have_text("This counter is closed")
    expect(display.locator("[data-test=slide] img")).to_have_attribute("src", "/pos/icon-512.png")
    assert format_yuan(TEA_FEN + MILK_FEN) not in display.locator("main").inner_text()
    # The till comes back with what lay on the counter; its shift is closed for the customer when nobody is signed in.
    back = counter.window.new_page()
    back.goto(f"{counter.url}/pos/")
    back.wait_for_selector("[data-test=tiles]")
    total(display, TEA_FEN + MILK_FEN)
    back.keyboard.press("F10")
    back.locator("[data-test=menu-sign_out]").click()
    shows(display, "closed")


def test_pos_01_only_one_window_of_a_till_speaks_and_the_next_takes_over(counter: Counter, chain: Chain):
    page = counter.begin(chain)
    assert counter.window is not None
    display = opened(counter, page)
    second = counter.window.new_page()
    second.goto(f"{counter.url}/pos/")
    second.wait_for_selector("[data-test=tiles]")
    scan(page, chain.tea.barcodes[0])
    total(display, TEA_FEN)
    second.bring_to_front()
    scan(second, chain.milk.barcodes[0])
    expect(second.locator("[data-test=payable]")).to_have_text(f"¥{format_yuan(MILK_FEN)}")
    total(display, TEA_FEN)
    page.close()
    total(display, MILK_FEN)


def test_pos_01_the_display_is_served_before_the_till_was_ever_opened(live: Live):
    web.built()
    answer = requests.get(f"{live.url}/pos/display", timeout=30)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")
    assert '<div id="app">' in answer.text
