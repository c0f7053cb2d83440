"""Discounts by hand at the till in a real browser: within the limit without the server too, above it by a manager."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, expect

from quanyu.kernel.clock import system_clock
from quanyu.kernel.money import format_yuan
from quanyu.modules.members import api as members_api
from quanyu.platform import db
from tests.browser.test_pos import Counter, due, next_customer, pay_cash, player, scan, settled
from tests.browser.till_money import last_order, orders, paper_of
from tests.harness import members, web
from tests.harness.chain import BREAD_FEN, MILK_FEN, TEA_FEN, Chain, make_chain
from tests.harness.checkout import coupon_for
from tests.harness.identity import PIN
from tests.harness.live import Live

pytestmark = [pytest.mark.slow, pytest.mark.browser]
__all__ = ["player"]


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=300)


@pytest.fixture
def counter(player: Playwright, live: Live, tmp_path: Path) -> Iterator[Counter]:
    web.built()
    made = Counter(player, tmp_path / "profile", live.url)
    yield made
    if made.window is not None:
        made.close()


def discount(page: Page, text: str, *, way: str = "percent", reason: str = "damaged", whole: bool = False) -> None:
    """Open the dialog and type a discount, but do not give it yet."""
    page.keyboard.press("F5")
    page.wait_for_selector("input[name=discount]")
    if whole:
        page.keyboard.press("F5")
        expect(page.locator("[data-test=whole]")).to_have_class("chosen")
    if way != "percent":
        page.locator(f"[data-test={way}]").click()
    page.locator(f"input[name=reason][value={reason}]").check(force=True)
    page.locator("input[name=discount]").fill(text)


def given(page: Page) -> None:
    page.locator("input[name=discount]").press("Enter")
    page.wait_for_selector("dialog", state="detached")


def written(chain: Chain) -> list[dict[str, Any]]:
    """Return what the audit trail says of this store's discounts, oldest first."""
    return db.rows(
        "SELECT reason, (detail->>'discount_fen')::int AS fen, detail->>'approved_by' AS approved_by "
        "FROM platform_audit WHERE action = 'pos.discount' AND unit_id = %s ORDER BY id",
        [chain.store.unit.id],
    )


def test_pos_01_a_line_and_an_order_are_discounted_with_a_reason_and_the_paper_says_so(counter: Counter, chain: Chain):
    page = counter.begin(chain)
    scan(page, chain.tea.barcodes[0])
    discount(page, "10")
    expect(page.locator("[data-test=after]")).to_have_text(f"¥{format_yuan(TEA_FEN - TEA_FEN // 10)}")
    given(page)
    assert due(page) == TEA_FEN - TEA_FEN // 10
    expect(page.locator(".line .tag")).to_have_text("收银台优惠 · 瑕疵")
    scan(page, chain.milk.barcodes[0])
    # The whole order: all lines that have no discount of their own.
    discount(page, "0.50", way="amount", reason="regular", whole=True)
    given(page)
    whole = TEA_FEN - TEA_FEN // 10 + MILK_FEN - 50
    assert due(page) == whole
    page.keyboard.press("F8")
    expect(page.locator("[data-test=pay-cut]")).to_contain_text(format_yuan(TEA_FEN // 10 + 50))
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    pay_cash(page)
    paper = paper_of(page)
    assert [
        paper.count(text)
        for text in ("收银台优惠 · 瑕疵", "收银台优惠 · 熟客优惠", f"-{format_yuan(TEA_FEN // 10)}", "-0.50")
    ] == [1] * 4
    next_customer(page)
    settled(page)
    assert last_order(chain)["payable_fen"] == whole
    assert written(chain)[-1] == {"reason": "damaged, regular", "fen": TEA_FEN // 10 + 50, "approved_by": None}


def test_pos_01_a_new_price_is_only_ever_lower_and_can_be_taken_back(counter: Counter, chain: Chain):
    page = counter.begin(chain)
    scan(page, chain.bread.barcodes[0])
    scan(page, chain.bread.barcodes[0])
    discount(page, format_yuan(BREAD_FEN + 1), way="price", reason="shelf_price")
    expect(page.locator(".cut-sum")).to_contain_text("只能把价格改低")
    expect(page.locator("[data-test=give]")).to_be_disabled()
    page.locator("input[name=discount]").fill(format_yuan(BREAD_FEN - 50))
    given(page)
    assert due(page) == 2 * (BREAD_FEN - 50)
    # Another piece has the new price too.
    page.keyboard.press("+")
    assert due(page) == 3 * (BREAD_FEN - 50)
    page.keyboard.press("F5")
    page.locator("[data-test=take-back]").click()
    page.wait_for_selector("dialog", state="detached")
    assert due(page) == 3 * BREAD_FEN


def test_pos_01_above_the_limit_a_manager_types_the_pin_which_is_kept_nowhere(counter: Counter, chain: Chain):
    page = counter.begin(chain)
    assert counter.window is not None
    scan(page, chain.tea.barcodes[0])
    discount(page, "30", reason="goodwill")
    expect(page.locator(".cut-sum")).to_contain_text("超过 10%")
    page.locator("input[name=discount]").press("Enter")
    page.wait_for_selector("input[name=manager]")
    page.keyboard.type(chain.manager.username)
    page.keyboard.press("Tab")
    page.keyboard.type("0000")
    page.keyboard.press("Enter")
    expect(page.locator("dialog .q-note.bad")).to_be_visible()
    assert page.locator("input[name=manager-pin]").input_value() == ""
    page.keyboard.type(PIN)
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")
    less = TEA_FEN - TEA_FEN * 3 // 10
    assert due(page) == less
    # Allowed beforehand: the till sells it by itself, and the server knows the word.
    counter.window.route("**/api/**", lambda route: route.abort())
    pay_cash(page)
    next_customer(page)
    counter.window.unroute_all()
    settled(page)
    row = db.row(
        "SELECT gap_fen, state, content::text AS content FROM pos_till_sale s JOIN pos_terminal t "
        "ON t.device_id = s.terminal_id WHERE t.store_id = %s ORDER BY received_at DESC LIMIT 1",
        [chain.store.unit.id],
    )
    assert row is not None
    assert (row["gap_fen"], row["state"], PIN in row["content"]) == (0, "booked", False)
    expected = {"reason": "goodwill", "fen": TEA_FEN * 3 // 10, "approved_by": str(chain.manager.id)}
    assert written(chain)[-1] == expected
    # More of the same is more than was allowed: the till asks again before it sells.
    scan(page, chain.tea.barcodes[0])
    discount(page, "30", reason="goodwill")
    page.locator("input[name=discount]").press("Enter")
    page.wait_for_selector("input[name=manager]")
    page.keyboard.type(chain.manager.username)
    page.keyboard.press("Tab")
    page.keyboard.type(PIN)
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")
    page.keyboard.press("+")
    before = orders(chain)
    page.keyboard.press("F8")
    page.wait_for_selector("[data-test=asked]")
    page.locator("[data-test=without-discounts]").click()
    page.wait_for_selector("dialog", state="detached")
    assert (due(page), orders(chain)) == (2 * TEA_FEN, before)


def test_pos_07_without_the_server_the_limit_holds_and_a_manager_gives_it_alone(counter: Counter, chain: Chain):
    page = counter.begin(chain)
    assert counter.window is not None
    counter.window.route("**/api/**", lambda route: route.abort())
    expect(page.locator("[data-test=net]")).to_have_text("离线收银", timeout=70_000)
    scan(page, chain.tea.barcodes[0])
    discount(page, "50")
    expect(page.locator(".cut-sum")).to_contain_text("离线时只有店长登录后才能给")
    expect(page.locator("[data-test=give]")).to_be_disabled()
    page.locator("input[name=discount]").fill("5")
    given(page)
    pay_cash(page)
    next_customer(page)
    counter.window.unroute_all()
    expect(page.locator("[data-test=net]")).to_have_text("已联网", timeout=70_000)
    settled(page)
    assert last_order(chain)["payable_fen"] == TEA_FEN - TEA_FEN // 20
    # A manager who has signed in gives what he may, also alone.
    page.keyboard.press("F10")
    page.locator("[data-test=menu-sign_out]").click()
    page.locator("input[name=username]").fill(chain.manager.username)
    page.locator("input[name=pin]").fill(PIN)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-test=tiles]")
    counter.window.route("**/api/**", lambda route: route.abort())
    expect(page.locator("[data-test=net]")).to_have_text("离线收银", timeout=70_000)
    scan(page, chain.tea.barcodes[0])
    discount(page, "50")
    given(page)
    pay_cash(page)
    next_customer(page)
    counter.window.unroute_all()
    settled(page)
    row = db.row(
        "SELECT gap_fen, payable_fen FROM pos_till_sale s JOIN pos_terminal t ON t.device_id = s.terminal_id "
        "WHERE t.store_id = %s ORDER BY received_at DESC LIMIT 1",
        [chain.store.unit.id],
    )
    assert row == {"gap_fen": 0, "payable_fen": TEA_FEN - TEA_FEN // 2}


def test_pos_03_a_discount_that_a_manager_allowed_and_a_coupon_are_sold_by_the_server(counter: Counter, chain: Chain):
    session = members.sign_in(phone_number=members.phone())
    coupon_for(session.member, threshold_fen=2000)
    page = counter.begin(chain)
    scan(page, chain.tea.barcodes[0])
    scan(page, members_api.member_code(token=session.token, now=system_clock.now()).text)
    page.wait_for_selector(".shopper.known")
    discount(page, "30", reason="goodwill")
    page.locator("input[name=discount]").press("Enter")
    page.wait_for_selector("input[name=manager]")
    page.keyboard.type(chain.manager.username)
    page.keyboard.press("Tab")
    page.keyboard.type(PIN)
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")
    page.keyboard.press("F4")
    page.wait_for_selector(".coupon:not([disabled])")
    page.keyboard.press("1")
    less = TEA_FEN - TEA_FEN * 3 // 10 - 1000
    expect(page.locator("[data-test=rights-due]")).to_have_text(f"¥{format_yuan(less)}")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")
    pay_cash(page)
    assert paper_of(page).count("收银台优惠 · 致歉补偿") == 1
    order = last_order(chain)
    assert (order["state"], order["payable_fen"], order["coupon_fen"]) == ("completed", less, 1000)
    word = db.row("SELECT approved_by_id, most_fen FROM pos_discount_approval WHERE sale_id = %s", [order["id"]])
    assert word == {"approved_by_id": chain.manager.id, "most_fen": TEA_FEN * 3 // 10}
    next_customer(page)
