"""Cash in and out at the till in a real browser: with its reason, booked once, never telling what the drawer holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Page, Playwright, Route, expect

from quanyu.kernel.clock import system_clock
from quanyu.modules.pos import api as pos
from quanyu.modules.pos.queries import tills
from quanyu.platform import db
from tests.browser.test_pos import FLOAT_FEN, Counter, next_customer, pay_cash, player, scan, settled
from tests.browser.test_pos_printing import TOKEN, Desk, connect, desk, said
from tests.harness import web
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.live import Live, eventually

__all__ = ["desk", "player"]
Move = tuple[int, str, int]


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=100)


@pytest.fixture
def counter(player: Playwright, live: Live, tmp_path: Path) -> Iterator[Counter]:
    web.built()
    made = Counter(player, tmp_path / "profile", live.url)
    yield made
    if made.window is not None:
        made.close()


def shift_of(chain: Chain) -> str:
    """Return the store's newest shift: the one that the test has opened."""
    return str(
        db.value("SELECT id FROM pos_shift WHERE store_id = %s ORDER BY opened_at DESC LIMIT 1", [chain.store.unit.id])
    )


def moves(chain: Chain) -> list[Move]:
    """Return (amount, reason, by whom) of the test's shift."""
    rows = db.rows(
        "SELECT amount_fen, reason, staff_id FROM pos_cash_move WHERE shift_id = %s ORDER BY at", [shift_of(chain)]
    )
    return [(one["amount_fen"], one["reason"], one["staff_id"]) for one in rows]


def open_drawer(page: Page) -> None:
    """By the keys: the menu, and its fourth digit."""
    page.keyboard.press("F10")
    page.wait_for_selector("[data-test=menu-drawer] kbd")
    page.keyboard.press("4")
    page.wait_for_selector("[data-test=cash]")


def fill(page: Page, sign: str, yuan: str, reason: str) -> None:
    """Choose in or out by its sign, type the amount and an own reason."""
    expect(page.locator("input[name=amount]")).to_be_focused()
    page.keyboard.press(sign)
    page.keyboard.type(yuan)
    page.locator("input[name=reason]").focus()
    page.keyboard.type(reason)


def done(page: Page, yuan: str) -> None:
    expect(page.locator("[data-test=moved] strong")).to_have_text(f"¥{yuan}", timeout=20_000)
    expect(page.locator("[data-test=next]")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")


def test_pos_01_the_menu_is_chosen_by_its_digits(counter: Counter, chain: Chain):
    page = counter.begin(chain)
    page.keyboard.press("F10")
    page.wait_for_selector("[data-test=menu-pickup]")
    assert page.locator("dialog .menu-entries kbd").all_inner_texts() == list("123456789")
    page.keyboard.press("0")
    expect(page.locator("[data-test=menu-pickup]")).to_be_visible()
    for digit, title in (
        ("1", "提货"),
        ("2", "退货"),
        ("3", "销售记录"),
        ("4", "现金存取"),
        ("5", "X 报表"),
        ("6", "交班"),
        ("9", "服务核销"),
    ):
        if page.locator("[data-test=menu-pickup]").count() == 0:
            page.keyboard.press("F10")
            page.wait_for_selector("[data-test=menu-pickup]")
        page.keyboard.press(digit)
        expect(page.locator("dialog h2")).to_have_text(title)
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog", state="detached")
    page.keyboard.press("F10")
    page.wait_for_selector("[data-test=menu-pickup]")
    page.keyboard.press("7")
    page.wait_for_selector("input[name=pin]")


def test_pos_01_cash_goes_in_and_out_by_keys_alone_and_the_sum_stays_hidden(counter: Counter, chain: Chain):
    page = counter.begin(chain)
    scan(page, chain.milk.barcodes[0])
    pay_cash(page, "10")
    next_customer(page)
    settled(page)
    open_drawer(page)
    expect(page.locator("[data-test=move]")).to_be_disabled()
    fill(page, "+", "200", "换零")
    expect(page.locator("[data-test=move]")).to_contain_text("存入 ¥200.00")
    page.keyboard.press("Enter")
    done(page, "200.00")
    open_drawer(page)
    fill(page, "-", "35.50", "买胶带 - 两卷")
    page.keyboard.press("Enter")
    done(page, "35.50")
    # By touch: a reason of the list.
    open_drawer(page)
    page.locator("[data-test=out]").click()
    for key in "300":
        page.locator(".q-pad button", has_text=key).first.click()
    page.get_by_role("button", name="送存银行").click()
    page.locator("[data-test=move]").click()
    done(page, "300.00")
    by = chain.cashier.id
    assert moves(chain) == [(20_000, "换零", by), (-3550, "买胶带 - 两卷", by), (-30_000, "送存银行", by)]
    page.keyboard.press("F10")
    page.wait_for_selector("[data-test=menu-report]")
    page.keyboard.press("5")
    report = page.locator("[data-test=report]")
    expect(report).to_contain_text("200.00")
    expect(report).to_contain_text("-335.50")
    expected = FLOAT_FEN + MILK_FEN + 20_000 - 3550 - 30_000
    assert [text in report.inner_text() for text in ("钱箱应有", f"{expected / 100:.2f}")] == [False, False]
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")
    page.keyboard.press("F10")
    page.wait_for_selector("[data-test=menu-close]")
    page.keyboard.press("6")
    page.wait_for_selector("input[name=counted]")
    page.locator("input[name=counted]").focus()
    page.keyboard.type(f"{expected / 100:.2f}")
    page.wait_for_selector("dialog .main:not([disabled])")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-test=report] .facts-total:not(.bad)")


def test_pos_07_a_lost_answer_books_cash_once_also_after_a_reload(counter: Counter, chain: Chain):
    page = counter.begin(chain)
    assert counter.window is not None
    asked: list[str] = []

    def lose(route: Route) -> None:
        asked.append(route.request.post_data or "")
        if len(asked) == 1:
            route.fetch()
        route.abort()

    counter.window.route("**/cash-moves", lose)
    open_drawer(page)
    fill(page, "-", "80", "送存银行")
    page.keyboard.press("Enter")
    expect(page.locator("[data-test=kept]")).to_contain_text("是否入账还不知道")
    expect(page.locator("[data-test=kept] strong")).to_have_text("−¥80.00")
    assert moves(chain) == [(-8000, "送存银行", chain.cashier.id)]
    # Nothing is counted while it is not known.
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    page.keyboard.press("F10")
    page.wait_for_selector("[data-test=menu-close]")
    page.keyboard.press("6")
    expect(page.locator("dialog .q-note.bad")).to_contain_text("先确认再交班")
    page.locator("input[name=counted]").fill("420")
    expect(page.locator("dialog .main")).to_be_disabled()
    page.reload()
    page.wait_for_selector("[data-test=tiles]")
    counter.window.unroute_all()
    open_drawer(page)
    done(page, "80.00")
    assert moves(chain) == [(-8000, "送存银行", chain.cashier.id)]
    assert len(set(asked)) == 1
    open_drawer(page)
    expect(page.locator("input[name=amount]")).to_have_value("")


def test_pos_07_cash_without_the_server_is_kept_and_booked_by_itself_once(counter: Counter, chain: Chain):
    page = counter.begin(chain)
    assert counter.window is not None
    counter.window.route("**/api/**", lambda route: route.abort())
    open_drawer(page)
    fill(page, "+", "50", "零钱")
    page.keyboard.press("Enter")
    expect(page.locator("[data-test=kept]")).to_contain_text("请勿另记一笔")
    assert moves(chain) == []
    counter.window.unroute_all()
    expect(page.locator("[data-test=moved] strong")).to_have_text("¥50.00", timeout=60_000)
    assert moves(chain) == [(5000, "零钱", chain.cashier.id)]


def test_pos_01_a_refusal_is_told_and_nothing_is_booked(counter: Counter, chain: Chain):
    page = counter.begin(chain)
    shift = shift_of(chain)
    terminal_id = db.value("SELECT terminal_id FROM pos_shift WHERE id = %s", [shift])
    till = tills.by_device(device_id=terminal_id)
    assert till is not None
    pos.close_shift(
        shift_id=UUID(shift),
        counted_fen=FLOAT_FEN,
        till=till,
        actor=chain.cashier.actor,
        now=system_clock.now(),
    )
    open_drawer(page)
    fill(page, "-", "10", "送存银行")
    page.keyboard.press("Enter")
    expect(page.locator("dialog .q-note.bad")).to_contain_text("没有已开的班次")
    expect(page.locator("input[name=amount]")).to_have_value("10")
    assert moves(chain) == []
    # Nothing is left behind: the till does not send it again.
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    open_drawer(page)
    expect(page.locator("[data-test=kept]")).to_have_count(0)
    assert moves(chain) == []


def test_pos_01_the_slip_is_printed_once_and_the_drawer_opens(counter: Counter, chain: Chain, desk: Desk):
    page = counter.begin(chain)
    scan(page, chain.milk.barcodes[0])
    pay_cash(page, "10")
    connect(page, desk.port, TOKEN)
    page.keyboard.press("Enter")
    next_customer(page)
    desk.device.write_bytes(b"")
    open_drawer(page)
    fill(page, "+", "20", "零钱")
    page.keyboard.press("Enter")
    said(page, "凭条已打印")
    paper = eventually(desk.paper)
    assert (paper.cuts, paper.drawers) == (1, 1)
    assert [any(text in line for line in paper.lines) for text in ("现金存入凭条", "20.00", "零钱", "签字")] == [
        True
    ] * 4
