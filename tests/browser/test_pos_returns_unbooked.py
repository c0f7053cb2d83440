"""Returns at the till that nobody answered, that wait, or that are refused: booked once or not at all, and said so."""

from __future__ import annotations

from uuid import UUID

import pytest
from playwright.sync_api import expect

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.identity import api as identity
from quanyu.modules.pos import api as pos
from quanyu.modules.pos.queries import tills
from quanyu.platform import db, settings_tree
from tests.browser.test_pos import FLOAT_FEN, Counter, player
from tests.browser.till_returns import (
    begin_by_scan,
    confirm,
    counter,
    done,
    find,
    footprint,
    leave,
    look,
    lose_answers,
    refunds_of,
    returns_of,
    shelf,
    sold_by,
    take,
    till,
)
from tests.harness import identity as people
from tests.harness.chain import BREAD_FEN, MILK_FEN, TEA_FEN, Chain, make_chain
from tests.harness.clients import TillClient, cash

__all__ = ["counter", "player", "till"]
STOCK = 300


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=STOCK)


def open_shift(chain: Chain) -> tuple[UUID, UUID]:
    """Return (id, till) of the newest open shift of the store: the browser's."""
    row = db.row(
        "SELECT id, terminal_id FROM pos_shift WHERE store_id = %s AND closed_at IS NULL "
        "ORDER BY opened_at DESC LIMIT 1",
        [chain.store.unit.id],
    )
    assert row is not None
    return row["id"], row["terminal_id"]


def test_pos_07_a_lost_answer_is_asked_for_again_and_booked_once(counter: Counter, chain: Chain, till: TillClient):
    sold = sold_by(till, {chain.bread.id: 2}, cash(2 * BREAD_FEN))
    page = counter.begin(chain)
    assert counter.window is not None
    before = shelf(chain, chain.bread)
    sent = lose_answers(counter.window, 2)
    begin_by_scan(page, sold)
    take(page, 1, 1)
    confirm(page)
    expect(page.locator("[data-test=return-asking]")).to_contain_text("结果未知")
    number = done(page)
    assert (len(sent), len(set(sent))) == (3, 1)
    assert (returns_of(sold), refunds_of(sold)) == ([(number, BREAD_FEN)], [("cash", BREAD_FEN, "done")])
    assert shelf(chain, chain.bread) == (before[0] + 1, before[1])
    leave(page)
    expect(page.locator("[data-test=returns]")).to_have_count(0)


def test_pos_07_a_reload_while_unanswered_finds_the_return_that_was_booked(
    counter: Counter, chain: Chain, till: TillClient
):
    sold = sold_by(till, {chain.bread.id: 1}, cash(BREAD_FEN))
    page = counter.begin(chain)
    assert counter.window is not None
    sent = lose_answers(counter.window, 1)
    counter.window.route("**/api/pos/v1/receipts/*", lambda route: route.abort() if sent else route.continue_())
    begin_by_scan(page, sold)
    take(page, 1, 1)
    confirm(page)
    expect(page.locator("[data-test=return-asking]")).to_contain_text("结果未知")
    counter.window.unroute_all()
    page.reload()
    number = done(page)
    assert len(set(sent)) == 1
    assert (returns_of(sold), refunds_of(sold)) == ([(number, BREAD_FEN)], [("cash", BREAD_FEN, "done")])


def test_pos_07_what_was_never_booked_waits_for_a_persons_choice_after_a_reload(
    counter: Counter, chain: Chain, till: TillClient
):
    sold = sold_by(till, {chain.bread.id: 1}, cash(BREAD_FEN))
    page = counter.begin(chain)
    assert counter.window is not None
    before = footprint(chain, sold, chain.bread)
    begin_by_scan(page, sold)
    take(page, 1, 1)
    counter.window.route("**/api/pos/v1/receipts/**", lambda route: route.abort())
    confirm(page)
    expect(page.locator("[data-test=return-asking]")).to_contain_text("结果未知")
    page.reload()
    expect(page.locator("[data-test=return-asking]")).to_contain_text("结果未知")
    page.locator("[data-test=return-later]").click()
    expect(page.locator("[data-test=returns]")).to_have_text("1 笔退货未完成")
    counter.window.unroute_all()
    page.locator("[data-test=returns]").click()
    expect(page.locator("[data-test=return-unbooked]")).to_contain_text("没有登记")
    # Nothing was booked behind anybody's back: the customer may be gone.
    assert footprint(chain, sold, chain.bread) == before
    page.keyboard.press("Enter")
    number = done(page)
    assert (returns_of(sold), refunds_of(sold)) == ([(number, BREAD_FEN)], [("cash", BREAD_FEN, "done")])


def test_pos_07_without_the_server_no_receipt_is_looked_up(counter: Counter, chain: Chain, till: TillClient):
    sold = sold_by(till, {chain.milk.id: 1}, cash(MILK_FEN))
    page = counter.begin(chain)
    assert counter.window is not None
    before = footprint(chain, sold, chain.milk)
    counter.window.route("**/api/**", lambda route: route.abort())
    find(page, sold.code)
    expect(page.locator("dialog .q-note.bad")).to_contain_text("离线时不能退货")
    assert page.evaluate("indexedDB.databases().then((all) => all.length)") == 1
    assert footprint(chain, sold, chain.milk) == before


def test_aft_01_a_large_return_waits_for_a_second_person_and_says_what_happens_next(
    counter: Counter, chain: Chain, till: TillClient
):
    amount_fen = 6 * TEA_FEN
    sold = sold_by(till, {chain.tea.id: 6}, cash(amount_fen))
    page = counter.begin(chain)
    before = footprint(chain, sold, chain.tea)
    begin_by_scan(page, sold)
    page.locator("[data-test=everything]").click()
    look(page, "质量问题")
    confirm(page)
    waiting = page.locator("[data-test=return-waiting]")
    expect(waiting).to_contain_text("退款 ¥528.00 需要第二个人批准")
    expect(waiting).to_contain_text("在控制台打开「审批」")
    page.locator("[data-test=return-again]").click()
    expect(waiting.locator(".q-note.bad")).to_contain_text("还没有批准")
    page.locator("[data-test=return-later]").click()
    assert footprint(chain, sold, chain.tea) == before
    (asked,) = identity.approvals_of(subject_kind="order", subject_id=sold.id)
    identity.decide_approval(
        approval_id=asked.id, approve=True, note="看过了", actor=chain.manager.actor, now=system_clock.now()
    )
    page.reload()
    page.wait_for_selector("[data-test=tiles]")
    page.locator("[data-test=returns]").click()
    page.locator("[data-test=open-returns] button").click()
    page.locator("[data-test=return-again]").click()
    number = done(page)
    assert (returns_of(sold), refunds_of(sold)) == ([(number, amount_fen)], [("cash", amount_fen, "done")])
    # A complaint about quality does not go back to the shelf unless somebody says so.
    assert shelf(chain, chain.tea) == (before[2][0], before[2][1] + 6)  # type: ignore[index]


def test_aft_01_what_cannot_be_returned_is_said_and_changes_nothing(counter: Counter, chain: Chain, till: TillClient):
    elsewhere = TillClient(chain.other_store).sign_in(people.make_person("cashier", unit_id=chain.other_store.unit.id))
    elsewhere.open_shift()
    theirs = sold_by(elsewhere, {chain.milk.id: 1}, cash(MILK_FEN))
    mine = sold_by(till, {chain.milk.id: 1}, cash(MILK_FEN))
    before = footprint(chain, mine, chain.milk)
    page = counter.begin(chain)
    bad = page.locator("dialog .q-note.bad")
    find(page, "XS000000000000000000")
    expect(bad).to_contain_text("这里没有该号码的小票")
    leave(page)
    find(page, "*?")
    expect(bad).to_contain_text("这不是小票单号")
    leave(page)
    # Another store's receipt is taken, by its code; where the policy is off it is not there.
    begin_by_scan(page, theirs)
    expect(page.locator(".return-head .tag")).to_have_text(chain.other_store.unit.name)
    leave(page)
    shift_id, terminal_id = open_shift(chain)
    now = system_clock.now()
    settings_tree.set_value(SYSTEM, f"terminal:{terminal_id}", "pos.returns_across_stores", False, now)
    find(page, theirs.code)
    expect(bad).to_contain_text("可能未开启跨店退货")
    leave(page)
    # The days are over: the store decides. The shift is closed meanwhile: nothing is booked.
    node = f"unit:{chain.store.unit.id}"
    settings_tree.set_value(SYSTEM, node, "aftersales.request_days", 0, now)
    begin_by_scan(page, mine)
    expect(page.locator("[data-test=late]")).to_contain_text("已过退货天数")
    settings_tree.set_value(SYSTEM, node, "aftersales.request_days", None, now)
    take(page, 1, 1)
    place = tills.by_device(device_id=terminal_id)
    assert place is not None
    pos.close_shift(shift_id=shift_id, counted_fen=FLOAT_FEN, till=place, actor=chain.manager.actor, now=now)
    confirm(page)
    refused = page.locator("[data-test=return-refused]")
    expect(refused).to_contain_text("没有登记，什么都没有变")
    expect(refused.locator(".q-note.bad")).to_contain_text("班次")
    assert footprint(chain, mine, chain.milk) == before
    leave(page)
    expect(page.locator("[data-test=returns]")).to_have_count(0)
    till.post(
        f"/receipts/{mine.number}/returns",
        {"id": mine.id[:-1] + "0", "reason": "size", "lines": [{"line_number": 1, "quantity": 1}]},
    ).expect(201)
    begin_by_scan(page, mine)
    expect(page.locator("[data-test=never]")).to_contain_text("这张小票已全部退完")
    expect(page.locator("[data-test=look]")).to_have_count(0)
