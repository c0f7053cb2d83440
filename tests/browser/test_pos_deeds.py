"""Deeds of the till in a real browser: orders given up, amounts rounded off, presents, who served (POS-01, 08, 09)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Page, Playwright, Route, expect

from quanyu.modules.identity import api as identity
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Gift, Order, State, Wishes
from quanyu.platform import db
from tests.browser.test_pos import Counter, player, scan
from tests.harness import web
from tests.harness.chain import BREAD_FEN, MILK_FEN, TEA_FEN, Chain, make_chain
from tests.harness.identity import PIN, Person
from tests.harness.live import Live, eventually
from tests.harness.members import make_member

__all__ = ["player"]


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


def last_order(chain: Chain) -> Order:
    """Return the newest order that is credited to the store."""
    found = db.value(
        "SELECT o.id FROM orders_order o JOIN orders_line l ON l.order_id = o.id WHERE l.credited_store_id = %s "
        "ORDER BY o.placed_at DESC, o.id DESC LIMIT 1",
        [chain.store.unit.id],
    )
    return orders.order(id=UUID(str(found)))


def booked(chain: Chain, payable_fen: int) -> Order | None:
    """Return the order that a till of the store made by itself for so much, once it is booked."""
    found = db.value(
        "SELECT s.id FROM pos_till_sale s JOIN pos_terminal t ON t.device_id = s.terminal_id "
        "WHERE t.store_id = %s AND s.state = 'booked' AND s.payable_fen = %s ORDER BY s.received_at DESC LIMIT 1",
        [chain.store.unit.id, payable_fen],
    )
    return orders.order(id=found) if found else None


def pay_cash(page: Page) -> None:
    page.keyboard.press("F8")
    page.wait_for_selector("input[name=given]")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-test=paper]")


def fetched_elsewhere(page: Page, chain: Chain) -> Order:
    """Sell tea to a member who fetches it in the other store, for cash; its paper is shown."""
    member = make_member(name="钱多多")
    scan(page, chain.tea.barcodes[0])
    scan(page, member.card_number)
    expect(page.locator(".shopper")).to_contain_text("钱*多")
    page.keyboard.press("F1")
    page.click("[data-test=way-pickup]")
    expect(page.locator("[data-test=way-sum]")).to_be_visible()
    page.click("[data-test=take-way]")
    expect(page.locator("dialog")).to_have_count(0)
    pay_cash(page)
    return last_order(chain)


def change_person(page: Page, person: Person) -> None:
    page.keyboard.press("F10")
    page.click("[data-test=menu-sign_out]")
    page.wait_for_selector("input[name=pin]")
    page.fill("input[name=username]", person.username)
    page.fill("input[name=pin]", PIN)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-test=tiles]")


def refunds_of(order: Order) -> list[tuple[str, int]]:
    rows = db.rows(
        "SELECT p.tender, r.amount_fen FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id "
        "WHERE p.order_id = %s ORDER BY p.tender, r.amount_fen",
        [order.id],
    )
    return [(one["tender"], one["amount_fen"]) for one in rows]


def test_pos08_a_manager_gives_up_a_paid_order_by_keys_and_a_lost_answer_pays_back_once(counter: Counter, chain: Chain):
    page = counter.begin(chain)
    order = fetched_elsewhere(page, chain)
    # The cashier may not; it is said before anything is asked of the server.
    page.keyboard.press("c")
    expect(page.locator("[data-test=cancel-never]")).to_contain_text("没有取消已付款订单的权限")
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).to_have_count(0)
    assert orders.order(id=order.id).state is State.PAID
    change_person(page, chain.manager)
    sent = 0

    def lose(route: Route) -> None:
        nonlocal sent
        sent += 1
        if sent == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/cancellation", lose)
    page.keyboard.press("F10")
    page.keyboard.press("3")
    row = page.locator("[data-test=sales] .found-row").first
    row.locator("[data-test=return-this]").click()
    expect(page.locator("[data-test=cancel-total]")).to_have_text("¥88.00")
    expect(page.locator("[data-test=cancel-form]")).to_contain_text(order.number)
    # Without a reason nothing is sent.
    page.locator("[data-test=cancel-confirm]").click()
    expect(page.locator("[data-test=cancel-form]")).to_contain_text("请先选择原因")
    assert sent == 0
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    expect(page.locator("[data-test=cancel-done]")).to_contain_text("订单已取消")
    expect(page.locator("[data-test=return-cash]")).to_have_text("¥88.00")
    expect(page.locator("[data-test=paper]")).to_contain_text("等得太久")
    assert sent == 2
    ended = orders.order(id=order.id)
    assert (ended.state, ended.cancel_reason, ended.refunded_fen) == (State.CANCELLED, "too_late", TEA_FEN)
    assert refunds_of(order) == [("cash", TEA_FEN)]
    page.keyboard.press("Enter")
    page.keyboard.press("F10")
    page.keyboard.press("3")
    expect(row).to_contain_text("已取消")
    row.locator("[data-test=return-this]").click()
    expect(page.locator("[data-test=never]")).to_contain_text("这笔订单已取消")


def test_pos08_a_cancellation_without_an_answer_is_known_after_a_reload(counter: Counter, chain: Chain):
    page = counter.begin(chain)
    order = fetched_elsewhere(page, chain)
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).to_have_count(0)
    change_person(page, chain.manager)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/cancellation", lose)
    page.keyboard.press("F10")
    page.keyboard.press("3")
    page.locator("[data-test=sales] .found-row").first.locator(".found-one").click()
    page.keyboard.press("c")
    page.wait_for_selector("[data-test=cancel-form]")
    page.keyboard.press("4")
    page.keyboard.type("家里停电")
    page.keyboard.press("Enter")
    expect(page.locator("[data-test=cancel-asking]")).to_contain_text("服务器还没有回答")
    page.unroute("**/cancellation")
    page.reload()
    page.wait_for_selector("[data-test=tiles]")
    page.keyboard.press("F10")
    page.keyboard.press("3")
    note = page.locator("[data-test=open-cancel]")
    expect(note).to_contain_text(order.number)
    note.locator("button").click()
    expect(page.locator("[data-test=cancel-done]")).to_contain_text("订单已取消")
    expect(page.locator("[data-test=paper]")).to_contain_text("家里停电")
    ended = orders.order(id=order.id)
    assert (ended.state, ended.cancel_reason) == (State.CANCELLED, "家里停电")
    assert refunds_of(order) == [("cash", TEA_FEN)]
    page.keyboard.press("Enter")
    page.keyboard.press("F10")
    page.keyboard.press("3")
    expect(page.locator("[data-test=sales]")).to_be_visible()
    expect(note).to_have_count(0)


def test_pos01_the_jiao_fall_away_by_one_key_without_the_network_and_stand_by_themselves(
    counter: Counter, chain: Chain
):
    page = counter.begin(chain)
    scan(page, chain.bread.barcodes[0])
    scan(page, chain.milk.barcodes[0])
    assert counter.window is not None
    counter.window.set_offline(True)
    page.keyboard.press("F8")
    due = page.locator("[data-test=due]")
    expect(due).to_have_text("¥19.30")
    # There are no fen to take off: the one step is the whole yuan, and the same key takes it back.
    expect(page.locator("[data-test=round-10]")).to_have_count(0)
    page.keyboard.press("F6")
    expect(due).to_have_text("¥19.00")
    page.keyboard.press("F6")
    expect(due).to_have_text("¥19.30")
    page.locator("[data-test=round-100]").click()
    expect(due).to_have_text("¥19.00")
    page.keyboard.type("20")
    page.keyboard.press("Enter")
    paper = page.locator("[data-test=paper]")
    expect(paper).to_contain_text("抹零")
    expect(paper).to_contain_text("-0.30")
    expect(page.locator("[data-test=receipt-change]")).to_have_text("¥1.00")
    page.keyboard.press("Enter")
    counter.window.set_offline(False)
    order = eventually(lambda: booked(chain, 1900), seconds=60)
    entry = db.row("SELECT rounding_fen, hand_discount_fen FROM pos_journal_entry WHERE id = %s", [order.id])
    assert entry == {"rounding_fen": 30, "hand_discount_fen": 0}
    assert db.value("SELECT gap_fen FROM pos_till_sale WHERE id = %s", [order.id]) == 0
    page.keyboard.press("F10")
    page.keyboard.press("5")
    expect(page.locator("[data-test=report]")).to_contain_text("抹零 1 单")


def test_pos09_a_purchase_is_wrapped_by_one_key_without_the_network_and_among_its_facts(counter: Counter, chain: Chain):
    page = counter.begin(chain)
    scan(page, chain.tea.barcodes[0])
    scan(page, chain.bread.barcodes[0])
    assert counter.window is not None
    counter.window.set_offline(True)
    page.keyboard.press("F8")
    wrap = page.locator("[data-test=wrap]")
    page.keyboard.press("F7")
    expect(wrap).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("F7")
    expect(wrap).to_have_attribute("aria-pressed", "false")
    wrap.click()
    expect(wrap).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Enter")
    expect(page.locator("[data-test=paper]")).to_contain_text("礼品包装")
    page.keyboard.press("Enter")
    # The next purchase is not wrapped because the last one was.
    scan(page, chain.tea.barcodes[0])
    page.keyboard.press("F8")
    expect(wrap).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Escape")
    counter.window.set_offline(False)
    order = eventually(lambda: booked(chain, TEA_FEN + BREAD_FEN), seconds=60)
    assert order.wishes == Wishes(gift=Gift(wrap=True))


def test_pos_who_served_is_named_by_keys_in_shares_without_the_network_and_booked_so(counter: Counter, chain: Chain):
    page = counter.begin(chain)
    scan(page, chain.milk.barcodes[0])
    scan(page, chain.tea.barcodes[0])
    assert counter.window is not None
    counter.window.set_offline(True)
    # The whole sale is one colleague's; the line that is chosen, three people's.
    page.keyboard.press("PageDown")
    people = page.locator("[data-test=colleague]")
    first = people.first.inner_text()
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).to_have_count(0)
    page.keyboard.press("PageDown")
    page.keyboard.press("PageDown")
    expect(page.locator("[data-test=serve-line]")).to_have_attribute("aria-pressed", "true")
    for key in ("1", "2", "3"):
        page.keyboard.press(key)
    fields = page.locator("[data-test=shares] input")
    expect(fields.nth(0)).to_have_value("33.34")
    expect(fields.nth(1)).to_have_value("33.33")
    # No whole, no sale of it.
    fields.nth(0).fill("50")
    expect(page.locator("[data-test=serve-take]")).to_be_disabled()
    expect(page.locator(".serve .q-note")).to_contain_text("16.66")
    fields.nth(1).fill("30")
    fields.nth(2).fill("20")
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).to_have_count(0)
    expect(page.locator("[data-test=line-served]")).to_contain_text("50%")
    pay_cash(page)
    expect(page.locator("[data-test=paper]")).to_contain_text("服务：")
    page.keyboard.press("Enter")
    counter.window.set_offline(False)
    order = eventually(lambda: booked(chain, MILK_FEN + TEA_FEN), seconds=60)
    milk, tea = sorted(order.lines, key=lambda line: line.number)
    assert (len(milk.shares), milk.credited_staff_id != chain.cashier.id) == (0, True)
    assert [share.share_bp for share in tea.shares] == [5_000, 3_000, 2_000]
    assert (tea.shares[0].staff_id, tea.credited_staff_id) == (chain.cashier.id, chain.cashier.id)
    assert tea.shares[1].staff_id == milk.credited_staff_id
    assert first.split("\n")[0] == identity.staff(ids=[chain.cashier.id])[chain.cashier.id].name


def test_pos_who_served_stands_in_an_order_that_the_server_makes_and_is_forgotten_with_the_basket(
    counter: Counter, chain: Chain
):
    page = counter.begin(chain)
    member = make_member(name="钱多多")
    scan(page, chain.tea.barcodes[0])
    scan(page, member.card_number)
    expect(page.locator(".shopper")).to_contain_text("钱*多")
    page.locator("[data-test=serve-strip]").click()
    page.locator("[data-test=colleague]").nth(1).click()
    page.locator("[data-test=colleague]").nth(2).click()
    page.locator("[data-test=serve-take]").click()
    expect(page.locator("[data-test=serve-strip]")).to_contain_text("50%")
    page.keyboard.press("F1")
    page.click("[data-test=way-pickup]")
    expect(page.locator("[data-test=way-sum]")).to_be_visible()
    page.click("[data-test=take-way]")
    expect(page.locator("dialog")).to_have_count(0)
    pay_cash(page)
    expect(page.locator("[data-test=paper]")).to_contain_text("服务：")
    [line] = last_order(chain).lines
    assert [share.share_bp for share in line.shares] == [5_000, 5_000]
    page.keyboard.press("Enter")
    scan(page, chain.tea.barcodes[0])
    expect(page.locator("[data-test=serve-strip]")).to_contain_text("服务：收银员")
