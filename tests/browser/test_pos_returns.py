"""Goods come back at the till in a real browser: money to its tender, goods to their place, explained before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.period import Period
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.rules import barcodes
from quanyu.modules.promotions import api as promotions
from quanyu.modules.promotions.contracts import CampaignKind, Scope, Step
from quanyu.platform import db, settings_tree
from tests.browser.test_pos import FLOAT_FEN, Counter, due, next_customer, pay_cash, player, scan, settled
from tests.browser.till_money import last_order, orders
from tests.browser.till_returns import (
    Sold,
    begin_by_scan,
    confirm,
    counter,
    done,
    find,
    footprint,
    leave,
    look,
    refunds_of,
    returns_of,
    shelf,
    sold_by,
    take,
    till,
    yuan,
)
from tests.harness import members
from tests.harness.chain import APPLES_FEN, BREAD_FEN, MILK_FEN, TEA_FEN, Chain, make_chain
from tests.harness.clients import TillClient, cash
from tests.harness.promotions import random_code

__all__ = ["counter", "player", "till"]
STOCK = 300


@pytest.fixture(scope="module")
def chain() -> Chain:
    made = make_chain(stock=STOCK)
    catalog.update_sku(sku_id=made.apples.id, plu="00778", actor=SYSTEM, now=system_clock.now())
    return made


def test_aft_02_part_of_a_split_sale_goes_back_by_its_tenders_with_keys_and_scanner_alone(
    counter: Counter, chain: Chain, till: TillClient
):
    payable_fen = 2 * TEA_FEN + BREAD_FEN
    tenders = [{"tender": "card", "amount_fen": 10_000}, *cash(payable_fen - 10_000)]
    sold = sold_by(till, {chain.tea.id: 2, chain.bread.id: 1}, tenders)
    cash_fen, card_fen = payable_fen - 10_000, 2 * TEA_FEN - (payable_fen - 10_000)
    page = counter.begin(chain)
    tea, bread = shelf(chain, chain.tea), shelf(chain, chain.bread)
    begin_by_scan(page, sold)
    for pieces in ("1", "2"):
        scan(page, chain.tea.barcodes[0])
        expect(page.locator("[data-line='1'] [data-test=back-count]")).to_have_text(pieces)
    scan(page, chain.tea.barcodes[0])
    expect(page.locator("dialog .q-note.bad")).to_contain_text("已全部选上或退完")
    scan(page, chain.milk.barcodes[0])
    expect(page.locator("dialog .q-note.bad")).to_contain_text("不在这张小票上")
    page.keyboard.press("r")
    expect(page.locator("[data-line='1'] .back-fate .chosen")).to_have_text("破损封存")
    # Without a reason the choice of one is where the keyboard is.
    page.keyboard.press("Enter")
    expect(page.locator("dialog .q-note.bad").last).to_have_text("请选择退货原因")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".reasons .chosen")).to_have_text("尺寸不合")
    page.keyboard.press("Enter")
    expect(page.locator("[data-test=return-cash]")).to_have_text(f"¥{yuan(cash_fen)}")
    by_card = page.locator("[data-test=return-ways] li")
    expect(by_card).to_have_text([f"银行卡请在银行卡终端上向原卡退款¥{yuan(card_fen)}"])
    assert footprint(chain, sold, chain.tea) == ([], [], tea)
    page.keyboard.press("Enter")
    number = done(page)
    expect(page.locator("[data-test=return-cash]")).to_have_text(f"¥{yuan(cash_fen)}")
    paper = page.locator("[data-test=paper]").inner_text().replace("\n", "")
    assert [paper.count(text) for text in (number, sold.number, "龙井茶", "顾客签字")] == [1, 1, 1, 1]
    assert returns_of(sold) == [(number, 2 * TEA_FEN)]
    assert refunds_of(sold) == [("card", card_fen, "done"), ("cash", cash_fen, "done")]
    # Broken goods are set aside; what was not brought is where it was.
    assert (shelf(chain, chain.tea), shelf(chain, chain.bread)) == ((tea[0], tea[1] + 2), bread)
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")

    before = footprint(chain, sold, chain.tea)
    find(page, sold.number)
    expect(page.locator("[data-line='1'] .back-name .warn")).to_have_text("已全部退回")
    scan(page, chain.tea.barcodes[0])
    expect(page.locator("dialog .q-note.bad")).to_contain_text("已全部选上或退完")
    assert footprint(chain, sold, chain.tea) == before
    leave(page)
    # The drawer has less by exactly the cash that went back.
    page.keyboard.press("F10")
    page.locator("dialog .found-one", has_text="交班").click()
    page.wait_for_selector("input[name=counted]")
    page.locator("input[name=counted]").fill(yuan(FLOAT_FEN - cash_fen))
    page.locator("dialog .q-button.main").click()
    page.wait_for_selector("text=账款相符")
    shift = db.row(
        "SELECT expected_fen, counted_fen FROM pos_shift WHERE store_id = %s "
        "ORDER BY closed_at DESC NULLS LAST LIMIT 1",
        [chain.store.unit.id],
    )
    assert shift == {"expected_fen": FLOAT_FEN - cash_fen, "counted_fen": FLOAT_FEN - cash_fen}


def test_aft_01_a_lost_threshold_is_explained_before_and_booked_the_same(counter: Counter):
    charging = make_chain(stock=50)
    now = system_clock.now()
    node = f"unit:{charging.store.unit.id}"
    settings_tree.set_value(SYSTEM, node, "aftersales.below_threshold", "charge", now)
    promotions.create_campaign(
        code=random_code(),
        name="满26减3.75",
        period=Period(now - timedelta(days=1), now + timedelta(days=1)),
        kind=CampaignKind.THRESHOLD,
        scope=Scope(unit_ids=frozenset({charging.store.unit.id})),
        steps=[Step(threshold_fen=2600, off_fen=375)],
        actor=SYSTEM,
        now=now,
    )
    seller = TillClient(charging.store).sign_in(charging.cashier)
    seller.open_shift()
    sold = sold_by(seller, {charging.milk.id: 4}, cash(4 * MILK_FEN - 375))
    page = counter.begin(charging)
    before = shelf(charging, charging.milk)
    begin_by_scan(page, sold)
    take(page, 1, 3)
    # Three of four pieces are 16.69; the discount on the one that stays is 0.94.
    expect(page.locator("[data-test=withheld]")).to_have_text(
        "留下的商品 ¥6.50，不足「满26减3.75」的 ¥26.00，已享的优惠扣回-0.94"
    )
    expect(page.locator("[data-test=return-total]")).to_have_text("¥15.75")
    confirm(page)
    number = done(page)
    assert (returns_of(sold), refunds_of(sold)) == ([(number, 1575)], [("cash", 1575, "done")])
    assert shelf(charging, charging.milk) == (before[0] + 3, before[1])
    leave(page)
    # The last piece brings back what was withheld: nothing is kept any more that could lose a discount.
    begin_by_scan(page, sold)
    take(page, 1, 1)
    expect(page.locator("[data-test=withheld]")).to_have_text("「满26减3.75」之前扣回的优惠，现在退还+0.94")
    confirm(page)
    done(page)
    assert sum(fen for _, fen in returns_of(sold)) == 4 * MILK_FEN - 375


def test_aft_02_weighed_goods_come_back_by_the_gram(counter: Counter, chain: Chain, till: TillClient):
    whole_fen = 1500 * APPLES_FEN // 1000
    sold = sold_by(till, {chain.apples.id: 1500}, cash(whole_fen))
    page = counter.begin(chain)
    before = shelf(chain, chain.apples)
    begin_by_scan(page, sold)
    weight = page.locator("input[name=weight-1]")
    # The scale's label says 0.525 kg; a second one is more than is left after the third.
    label = "220077800525" + str(barcodes.check_digit("220077800525"))
    for shown in ("0.525", "1.050", "1.500"):
        scan(page, label)
        expect(weight).to_have_value(shown)
    weight.fill("2")
    expect(weight).to_have_value("1.500")
    weight.fill("0.3")
    look(page)
    expect(page.locator("[data-test=return-total]")).to_have_text("¥5.97")
    confirm(page)
    number = done(page)
    assert returns_of(sold) == [(number, 597)]
    assert shelf(chain, chain.apples) == (before[0] + 300, before[1])
    leave(page)
    begin_by_scan(page, sold)
    expect(page.locator("[data-line='1'] .back-name .warn")).to_have_text("已退 0.300 kg，还可退 1.200 kg")
    page.locator("[data-test=everything]").click()
    look(page)
    confirm(page)
    done(page)
    assert sum(fen for _, fen in returns_of(sold)) == whole_fen


def own_sale(page: Page, chain: Chain) -> Sold:
    """Sell a loaf to a guest at this very till, and wait until the server has it."""
    scan(page, chain.bread.barcodes[0])
    pay_cash(page)
    next_customer(page)
    settled(page)
    order = last_order(chain)
    return Sold(str(order["id"]), db.value("SELECT number FROM orders_order WHERE id = %s", [order["id"]]))


def test_aft_02_an_exchange_is_a_return_from_the_list_and_a_new_sale(counter: Counter, chain: Chain):
    page = counter.begin(chain)
    sold = own_sale(page, chain)
    # By the last digits of this till's number, then from its list.
    find(page, "1")
    expect(page.locator(".return-head b")).to_have_text(sold.number)
    leave(page)
    page.keyboard.press("F10")
    page.locator("dialog .found-one", has_text="销售记录").click()
    page.locator("[data-test=return-this]").first.click()
    take(page, 1, 1)
    confirm(page)
    done(page)
    assert refunds_of(sold) == [("cash", BREAD_FEN, "done")]
    before = orders(chain)
    page.locator("[data-test=exchange]").click()
    page.wait_for_selector("dialog", state="detached")
    assert due(page) == 0
    scan(page, chain.milk.barcodes[0])
    pay_cash(page)
    next_customer(page)
    settled(page)
    assert (orders(chain), last_order(chain)["payable_fen"]) == (before + 1, MILK_FEN)


def test_aft_02_the_member_stays_for_the_new_sale_of_an_exchange(counter: Counter, chain: Chain, till: TillClient):
    member = members.make_member(name="赵小云")
    sold = sold_by(till, {chain.bread.id: 1}, cash(BREAD_FEN), member_id=str(member.id))
    page = counter.begin(chain)
    scan(page, chain.tea.barcodes[0])
    # What lies on the counter is somebody else's: it is held, not sold to the member.
    begin_by_scan(page, sold)
    take(page, 1, 1)
    confirm(page)
    done(page)
    page.locator("[data-test=exchange]").click()
    expect(page.locator(".shopper.known")).to_contain_text("赵*云")
    assert due(page) == 0
    page.keyboard.press("F7")
    expect(page.locator("dialog .found-one")).to_have_count(1)
    assert refunds_of(sold) == [("cash", BREAD_FEN, "done")]
