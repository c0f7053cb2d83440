"""Money at the till in a real browser: split tenders, and customers' payment codes with all that can go wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, Route, expect

from quanyu.platform import db
from tests.browser.test_pos import Counter, due, next_customer, player, scan, settled
from tests.browser.till_money import last_order, on_hand, orders, paid, paper_of, tenders
from tests.harness import web
from tests.harness.chain import BREAD_FEN, MILK_FEN, TEA_FEN, Chain, make_chain
from tests.harness.live import Live

__all__ = ["player"]
STOCK = 300


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=STOCK)


@pytest.fixture
def counter(player: Playwright, live: Live, tmp_path: Path) -> Iterator[Counter]:
    web.built()
    made = Counter(player, tmp_path / "profile", live.url)
    yield made
    if made.window is not None:
        made.close()


def test_pos_01_part_cash_part_two_cards_and_the_change_from_cash(counter: Counter, chain: Chain):
    page = counter.begin(chain)
    before = on_hand(chain, chain.tea)
    scan(page, chain.tea.barcodes[0])
    page.keyboard.press("F9")
    page.wait_for_selector("input[name=amount]")
    page.locator("input[name=amount]").focus()
    page.keyboard.type("30")
    page.keyboard.press("Tab")
    page.keyboard.type("8842")
    page.keyboard.press("Enter")
    expect(page.locator("[data-test=rows] li")).to_have_count(1)
    expect(page.locator("[data-test=due]")).to_have_text("¥58.00")
    page.locator("input[name=amount]").fill("60")
    expect(page.locator("[data-test=pay]")).to_be_disabled()
    page.locator("input[name=amount]").fill("8")
    page.keyboard.press("Enter")
    expect(page.locator("[data-test=rows] li")).to_have_count(2)
    page.keyboard.press("F8")
    page.wait_for_selector("input[name=given]")
    page.keyboard.type("100")
    expect(page.locator("[data-test=change]")).to_have_text("¥50.00")
    page.keyboard.press("Enter")
    paid(page)
    expect(page.locator("[data-test=receipt-change]")).to_have_text("¥50.00")
    assert [paper_of(page).count(text) for text in ("银行卡", "8842", "30.00", "100.00", "找零")] == [2, 1, 1, 1, 1]
    next_customer(page)
    settled(page)
    order = last_order(chain)
    assert (order["state"], order["payable_fen"], order["paid_fen"]) == ("completed", TEA_FEN, TEA_FEN)
    assert sorted(tenders(order)) == [
        ("card", "paid", 800, None),
        ("card", "paid", 3000, None),
        ("cash", "paid", 5000, 10_000),
    ]
    assert on_hand(chain, chain.tea) == (before[0] - 1, 0)


def test_pos_07_a_split_sale_without_the_server_arrives_with_all_its_tenders(counter: Counter, chain: Chain):
    page = counter.begin(chain)
    assert counter.window is not None
    before = orders(chain)
    counter.window.route("**/api/**", lambda route: route.abort())
    scan(page, chain.bread.barcodes[0])
    page.keyboard.press("F8")
    page.wait_for_selector("input[name=given]")
    page.keyboard.type("10")
    page.keyboard.press("Enter")
    expect(page.locator("[data-test=rows] li")).to_have_count(1)
    # Taken back, and given again.
    page.locator("[data-test=rows] li button").click()
    expect(page.locator("[data-test=rows]")).to_have_count(0)
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    expect(page.locator("[data-test=rows] li")).to_have_count(1)
    page.keyboard.press("F9")
    page.wait_for_selector("input[name=reference]")
    page.keyboard.press("Enter")
    paid(page)
    assert orders(chain) == before
    next_customer(page)
    counter.window.unroute_all()
    settled(page)
    order = last_order(chain)
    assert (orders(chain), order["payable_fen"]) == (before + 1, BREAD_FEN)
    assert sorted(tenders(order)) == [("card", "paid", BREAD_FEN - 500, None), ("cash", "paid", 500, 500)]
    assert db.rows("SELECT * FROM pos_breach_till_chain_broken") == []


WECHAT, ALIPAY = "1345678901234", "2845678901234"


def wallet_code(wallet: str, temper: str = "0000") -> str:
    """Return a payment code; its last four digits are the payer's temper (see simulators/payment_codes.py)."""
    return (WECHAT if wallet == "wechat" else ALIPAY) + "7" + temper


def show_code(page: Page, wallet: str, temper: str = "0000") -> None:
    page.keyboard.press("F11" if wallet == "wechat" else "F12")
    page.wait_for_selector("input[name=auth_code]")
    scan(page, wallet_code(wallet, temper))


@pytest.mark.parametrize("wallet", ["wechat", "alipay"])
def test_pos_01_a_customers_code_pays_at_once(counter: Counter, chain: Chain, wallet: str):
    page = counter.begin(chain)
    before = on_hand(chain, chain.bread)
    scan(page, chain.bread.barcodes[0])
    show_code(page, wallet)
    paid(page)
    order = last_order(chain)
    assert (order["state"], tenders(order)) == ("completed", [(wallet, "paid", BREAD_FEN, None)])
    assert on_hand(chain, chain.bread) == (before[0] - 1, 0)


def test_pos_01_the_cashier_chooses_the_wallet_and_a_slip_charges_nothing(counter: Counter, chain: Chain):
    page = counter.begin(chain)
    before = orders(chain)
    scan(page, chain.bread.barcodes[0])
    page.keyboard.press("F8")
    page.wait_for_selector("input[name=given]")
    scan(page, wallet_code("wechat"))
    expect(page.locator("dialog .q-note.bad")).to_contain_text("请先选择微信或支付宝")
    assert page.locator("input[name=given]").input_value() == ""
    page.keyboard.press("F11")
    page.wait_for_selector("input[name=auth_code]")
    scan(page, wallet_code("alipay"))
    expect(page.locator("dialog .q-note.bad")).to_contain_text("这不是微信支付的付款码")
    assert orders(chain) == before
    page.keyboard.press("F12")
    page.wait_for_selector(".wallet.alipay")
    scan(page, wallet_code("alipay"))
    paid(page)
    assert tenders(last_order(chain)) == [("alipay", "paid", BREAD_FEN, None)]


def test_pos_01_the_till_waits_for_a_password_and_a_reload_goes_on_waiting(counter: Counter, chain: Chain, live: Live):
    page = counter.begin(chain)
    before = orders(chain)
    scan(page, chain.milk.barcodes[0])
    live.simulator.plan("userpaying", count=4, operation="charge_code")
    show_code(page, "wechat")
    expect(page.locator("[data-test=wait]")).to_contain_text("等待顾客付款")
    expect(page.locator("[data-test=give-up]")).to_be_disabled()
    page.reload()
    expect(page.locator("[data-test=wait]")).to_contain_text("等待顾客付款")
    paid(page)
    next_customer(page)
    assert due(page) == 0
    order = last_order(chain)
    assert (orders(chain), order["state"]) == (before + 1, "completed")
    assert tenders(order) == [("wechat", "paid", MILK_FEN, None)]


@pytest.mark.parametrize(
    ("wallet", "temper", "state"),
    [("wechat", "9002", "failed"), ("wechat", "9004", "failed"), ("alipay", "9004", "closed")],
)
def test_pos_01_a_payment_that_fails_leads_back_to_the_tenders_with_nothing_lost(
    counter: Counter, chain: Chain, wallet: str, temper: str, state: str
):
    page = counter.begin(chain)
    before, count = on_hand(chain, chain.tea), orders(chain)
    scan(page, chain.tea.barcodes[0])
    show_code(page, wallet, temper)
    said = page.locator("dialog .q-note.bad").inner_text()
    assert orders(chain) == count + 1, said
    failed = last_order(chain)
    assert (failed["state"], [one[:2] for one in tenders(failed)]) == ("cancelled", [(wallet, state)])
    assert on_hand(chain, chain.tea) == before
    page.keyboard.press("F8")
    page.wait_for_selector("input[name=given]")
    page.keyboard.type("100")
    page.keyboard.press("Enter")
    paid(page)
    next_customer(page)
    settled(page)
    order = last_order(chain)
    assert (orders(chain), order["state"], tenders(order)) == (
        count + 2,
        "completed",
        [("cash", "paid", TEA_FEN, 10_000)],
    )
    assert on_hand(chain, chain.tea) == (before[0] - 1, 0)


def test_pos_01_what_is_unknown_stays_asked_about_and_is_given_up_only_after_the_delay(
    counter: Counter, chain: Chain, live: Live
):
    page = counter.begin(chain)
    before = on_hand(chain, chain.tea)
    scan(page, chain.tea.barcodes[0])
    live.simulator.plan("userpaying", count=999, operation="charge_code")
    show_code(page, "alipay")
    give_up = page.locator("[data-test=give-up]")
    expect(give_up).to_contain_text("秒后可撤销")
    # The door is open to the next customer while it is asked about.
    expect(page.locator("[data-test=later]")).to_be_enabled(timeout=30_000)
    asked = last_order(chain)
    assert (asked["state"], [one[1] for one in tenders(asked)]) == ("placed", ["asking"])
    assert on_hand(chain, chain.tea) == (before[0], 1)
    expect(give_up).to_be_enabled(timeout=30_000)
    give_up.click()
    expect(page.locator("dialog .q-note.bad")).to_contain_text("这笔付款已撤销")
    ended = last_order(chain)
    assert (ended["id"], ended["state"], [one[1] for one in tenders(ended)]) == (asked["id"], "cancelled", ["closed"])
    assert on_hand(chain, chain.tea) == before
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    assert due(page) == TEA_FEN


def test_pos_01_lost_answers_of_till_and_provider_charge_once_while_the_next_customer_is_served(
    counter: Counter, chain: Chain, live: Live
):
    page = counter.begin(chain)
    assert counter.window is not None
    before, lost = orders(chain), []

    def lose_the_first(route: Route) -> None:
        if route.request.url not in lost:
            lost.append(route.request.url)
            route.fetch()
            route.abort()
        else:
            route.continue_()

    counter.window.route("**/api/pos/v1/sales**", lose_the_first)
    counter.window.route("**/api/pos/v1/sales/**", lose_the_first)
    live.simulator.plan("lost_reply", operation="charge_code")
    live.simulator.plan("userpaying", count=9, operation="charge_code")
    scan(page, chain.milk.barcodes[0])
    show_code(page, "wechat")
    expect(page.locator("[data-test=later]")).to_be_enabled(timeout=30_000)
    page.locator("[data-test=later]").click()
    expect(page.locator("[data-test=asking]")).to_have_text("1 笔待确认")
    scan(page, chain.bread.barcodes[0])
    page.keyboard.press("F8")
    page.wait_for_selector("input[name=given]")
    page.keyboard.press("Enter")
    paid(page)
    next_customer(page)
    expect(page.locator(".notice.good")).to_contain_text("6.50", timeout=90_000)
    expect(page.locator("[data-test=asking]")).to_have_count(0)
    settled(page)
    assert len(lost) >= 2
    assert orders(chain) == before + 2
    rows = db.rows(
        "SELECT state, payable_fen FROM orders_order WHERE selling_store_id = %s ORDER BY placed_at DESC LIMIT 2",
        [chain.store.unit.id],
    )
    assert sorted((one["state"], one["payable_fen"]) for one in rows) == [
        ("completed", MILK_FEN),
        ("completed", BREAD_FEN),
    ]
    assert db.rows("SELECT * FROM pos_breach_till_chain_broken") == []


def test_pos_01_a_payment_that_fails_after_it_was_put_aside_leaves_its_basket_held(
    counter: Counter, chain: Chain, live: Live
):
    page = counter.begin(chain)
    before = on_hand(chain, chain.milk)
    live.simulator.plan("userpaying", count=9, operation="charge_code")
    scan(page, chain.milk.barcodes[0])
    show_code(page, "wechat", "9004")
    expect(page.locator("[data-test=later]")).to_be_enabled(timeout=30_000)
    page.locator("[data-test=later]").click()
    expect(page.locator("[data-test=asking]")).to_have_text("1 笔待确认")
    assert due(page) == 0
    expect(page.locator(".notice")).to_contain_text("付款没有成功", timeout=90_000)
    assert (last_order(chain)["state"], on_hand(chain, chain.milk)) == ("cancelled", before)
    page.keyboard.press("F7")
    page.wait_for_selector("text=微信支付未付成")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")
    assert due(page) == MILK_FEN
