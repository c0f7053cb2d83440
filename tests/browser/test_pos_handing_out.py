"""Orders fetched at the till in a real browser: by the code alone, once, with keys and scanner, and never offline."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, Route, expect

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.checkout import api as checkout
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order, State
from quanyu.platform import settings_tree
from tests.browser.test_pos import Counter, player, scan
from tests.browser.till_money import on_hand
from tests.harness import pickups, web
from tests.harness.chain import Chain, make_chain
from tests.harness.clients import TillClient
from tests.harness.live import Live

__all__ = ["player"]
PRESENT = {"wrap": True, "card": "生日快乐", "sender": "小王", "hide_prices": True}
FOUND, BAD = "[data-test=there]", "dialog .q-note.bad"


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


def choose_pickups(page: Page) -> None:
    """By the keys: the menu, and its first digit."""
    page.keyboard.press("F10")
    page.wait_for_selector("[data-test=menu-pickup] kbd")
    page.keyboard.press("1")


def open_pickups(page: Page) -> None:
    """Come to where a code is asked for."""
    choose_pickups(page)
    page.wait_for_selector("input[name=pickup_code]")


def state(order: Order) -> State:
    return orders.order(id=order.id).state


def stood(chain: Chain, order: Order) -> dict[str, Any]:
    """Return all that handing out would change."""
    return {
        "order": orders.order(id=order.id),
        "milk": on_hand(chain, chain.milk),
        "bread": on_hand(chain, chain.bread),
    }


def test_ful_01_what_waits_at_another_store_leaves_from_this_ones_shelf(counter: Counter, chain: Chain):
    node, key, now = f"unit:{chain.region.id}", "checkout.pickup_anywhere", system_clock.now()
    order = pickups.waiting(chain.other_store, {chain.milk.id: 2})
    before = on_hand(chain, chain.milk)
    settings_tree.set_value(SYSTEM, node, key, True, now)
    try:
        page = counter.begin(chain)
        open_pickups(page)
        scan(page, order.pickup_code)
        expect(page.locator("[data-test=elsewhere]")).to_contain_text(chain.other_store.unit.name)
        page.keyboard.press("a")
        page.keyboard.press("Enter")
        expect(page.locator("[data-test=handed]")).to_contain_text(order.number)
    finally:
        settings_tree.set_value(SYSTEM, node, key, None, now)
    assert state(order) is State.COMPLETED
    assert on_hand(chain, chain.milk) == (before[0] - 2, before[1])


def test_ful_01_an_order_is_handed_out_with_scanner_and_keys_alone(counter: Counter, chain: Chain):
    order = pickups.waiting(
        chain.store,
        {chain.milk.id: 2, chain.bread.id: 1, chain.tea.id: 1},
        wishes={**pickups.slot(chain.store), "gift": PRESENT},
        note="请放冰袋",
    )
    before = on_hand(chain, chain.milk)
    page = counter.begin(chain)
    open_pickups(page)
    scan(page, order.pickup_code)
    expect(page.locator(FOUND)).to_have_text("0 / 3")
    expect(page.locator("dialog h2")).to_have_text(f"提货 · {order.number}")
    expect(page.locator("[data-test=who]")).to_contain_text("****")
    expect(page.locator("[data-test=paid]")).to_have_text("¥113.80")
    expect(page.locator("[data-test=gift]")).to_contain_text("生日快乐")
    expect(page.locator("[data-test=note]")).to_contain_text("请放冰袋")
    expect(page.locator("[data-test=not-ready]")).to_be_visible()
    expect(page.locator("[data-test=hand]")).to_be_disabled()
    # Two pieces of milk are two scans; goods of another order are none.
    scan(page, chain.milk.barcodes[0])
    expect(page.locator(".pickup-quantity").first).to_contain_text("已扫 1 / 2")
    scan(page, chain.milk.barcodes[0])
    expect(page.locator(FOUND)).to_have_text("1 / 3")
    scan(page, chain.milk.barcodes[0])
    expect(page.locator(BAD)).to_contain_text("已经够了")
    page.keyboard.press("Enter")
    expect(page.locator(BAD)).to_contain_text("还有 2 种商品没有放上柜台")
    assert state(order) is State.PAID
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.locator(FOUND)).to_have_text("3 / 3")
    page.keyboard.press("Enter")
    expect(page.locator("[data-test=handed]")).to_contain_text(order.number)
    expect(page.locator("[data-test=handed]")).to_contain_text("请勿放入带价格的小票")
    assert state(order) is State.COMPLETED
    assert on_hand(chain, chain.milk) == (before[0] - 2, before[1] - 2)
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")
    expect(page.locator("[data-test=tiles]")).to_be_visible()


def test_ful_01_every_refusal_says_why_and_nothing_leaves(counter: Counter, chain: Chain):
    waiting, done, unpaid, elsewhere, gone = (
        pickups.waiting(chain.store, {chain.milk.id: 1}),
        pickups.waiting(chain.store, {chain.milk.id: 1}),
        pickups.ordered(chain.store, {chain.milk.id: 1}),
        pickups.waiting(chain.other_store, {chain.milk.id: 1}),
        pickups.ordered(chain.store, {chain.milk.id: 1}),
    )
    colleague = TillClient(chain.store).sign_in(chain.manager)
    colleague.post(f"/orders/{done.id}/hand-over", {"code": done.pickup_code}).expect(200)
    checkout.cancel_order(order_id=gone.id, reason="changed_mind", actor=SYSTEM, now=system_clock.now())
    before = [stood(chain, one) for one in (waiting, done, unpaid, elsewhere, gone)]
    page = counter.begin(chain)
    open_pickups(page)
    for code, said in (
        (pickups.wrong_code(waiting), "没有此提货码"),
        (done.pickup_code, "提货。请勿再交货"),
        (unpaid.pickup_code, "还没有付款"),
        (elsewhere.pickup_code, f"在另一家门店等待提货：{chain.other_store.unit.name}"),
        (gone.pickup_code, "取消。请勿交货"),
        ("ABC12345678", "这不是提货码"),
    ):
        scan(page, code)
        expect(page.locator(BAD)).to_contain_text(said)
        expect(page.locator("input[name=pickup_code]")).to_have_value("")
    assert [stood(chain, one) for one in (waiting, done, unpaid, elsewhere, gone)] == before
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    page.get_by_role("button", name="English").click()
    open_pickups(page)
    scan(page, elsewhere.pickup_code)
    expect(page.locator(BAD)).to_contain_text(f"waits at another store: {chain.other_store.unit.name_en}")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    page.get_by_role("button", name="中文").click()
    # On the sell screen eight digits may be goods: no order is looked up, and the way is told.
    scan(page, "12345678")
    expect(page.locator(".notice")).to_contain_text("提货码，请按 F10 再按 1")


def test_ful_01_what_waits_is_listed_and_gathered_but_leaves_by_its_code_only(counter: Counter):
    chain = make_chain(stock=20)
    order = pickups.waiting(chain.store, {chain.milk.id: 1, chain.apples.id: 525})
    checkout.note_ready(order_id=order.id, actor=SYSTEM, now=system_clock.now())
    before = stood(chain, order)
    page = counter.begin(chain)
    open_pickups(page)
    expect(page.locator("[data-test=waiting]")).to_have_text("1")
    row = page.locator("[data-test=pickups] button")
    expect(row).to_contain_text("红富士苹果")
    expect(row).to_contain_text("已备好")
    expect(row).not_to_contain_text(order.pickup_code)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".pickup-quantity").nth(1)).to_contain_text("0.525 kg")
    expect(page.locator("[data-test=hand]")).to_have_count(0)
    scan(page, chain.milk.barcodes[0])
    page.locator(".pickup-line").nth(1).click()
    expect(page.locator(FOUND)).to_have_text("2 / 2")
    page.keyboard.press("Enter")
    assert stood(chain, order) == before
    # Its code comes last: what was gathered stays ticked.
    scan(page, order.pickup_code)
    expect(page.locator("[data-test=hand]")).to_be_enabled()
    expect(page.locator(FOUND)).to_have_text("2 / 2")
    page.locator("[data-test=hand]").click()
    page.wait_for_selector("[data-test=handed]")
    assert state(order) is State.COMPLETED
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")
    open_pickups(page)
    expect(page.locator("dialog")).to_contain_text("本店没有等待提货的订单")


def test_ful_01_a_colleague_was_quicker_and_the_goods_leave_once(counter: Counter, chain: Chain):
    order = pickups.waiting(chain.store, {chain.milk.id: 1})
    before = on_hand(chain, chain.milk)
    page = counter.begin(chain)
    open_pickups(page)
    scan(page, order.pickup_code)
    expect(page.locator(FOUND)).to_have_text("0 / 1")
    colleague = TillClient(chain.store).sign_in(chain.manager)
    colleague.post(f"/orders/{order.id}/hand-over", {"code": order.pickup_code}).expect(200)
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    expect(page.locator(BAD)).to_contain_text("提货。请勿再交货")
    expect(page.locator("[data-test=handed]")).to_have_count(0)
    assert on_hand(chain, chain.milk) == (before[0] - 1, before[1] - 1)


@pytest.mark.parametrize("lost", [1, 2])
def test_ful_01_lost_answers_hand_out_once(counter: Counter, chain: Chain, lost: int):
    order = pickups.waiting(chain.store, {chain.milk.id: 1})
    before = on_hand(chain, chain.milk)
    page = counter.begin(chain)
    assert counter.window is not None
    asked: list[str] = []

    def lose(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) > lost:
            route.continue_()
            return
        route.fetch()
        route.abort()

    counter.window.route("**/hand-over", lose)
    open_pickups(page)
    scan(page, order.pickup_code)
    expect(page.locator(FOUND)).to_have_text("0 / 1")
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    if lost == 2:
        # Nobody knows; the till goes dark, and whoever opens it again is told what became of it.
        expect(page.locator(BAD)).to_contain_text("是否已交货还不知道")
        page.reload()
        page.wait_for_selector("[data-test=tiles]")
        choose_pickups(page)
    expect(page.locator("[data-test=handed]")).to_contain_text(order.number, timeout=20_000)
    expect(page.locator("[data-test=next]")).to_be_focused()
    assert (len(asked), state(order)) == (2, State.COMPLETED)
    assert on_hand(chain, chain.milk) == (before[0] - 1, before[1] - 1)
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")
    open_pickups(page)
    expect(page.locator("[data-test=handed]")).to_have_count(0)


def test_ful_01_without_the_server_nothing_is_handed_out_and_the_till_says_so(counter: Counter, chain: Chain):
    order = pickups.waiting(chain.store, {chain.milk.id: 1, chain.bread.id: 1})
    before = stood(chain, order)
    page = counter.begin(chain)
    assert counter.window is not None
    counter.window.route("**/api/**", lambda route: route.abort())
    open_pickups(page)
    scan(page, order.pickup_code)
    expect(page.locator(BAD)).to_contain_text("当前离线，无法核对提货码")
    counter.window.unroute_all()
    scan(page, order.pickup_code)
    expect(page.locator(FOUND)).to_have_text("0 / 2")
    counter.window.route("**/api/**", lambda route: route.abort())
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    expect(page.locator(BAD)).to_contain_text("请先留住商品")
    assert stood(chain, order) == before
    counter.window.unroute_all()
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-test=handed]")
    assert state(order) is State.COMPLETED
