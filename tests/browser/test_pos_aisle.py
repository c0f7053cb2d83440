"""Endless aisle and deliveries at the till in a real browser (EA-01 to EA-03, POS-08, FUL-06)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Page, Playwright, expect

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api as catalog
from quanyu.modules.members import api as members
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order, State
from quanyu.platform import db, settings_tree
from tests.browser.test_pos import Counter, player, scan
from tests.harness import web
from tests.harness.chain import TEA_FEN, Chain, make_chain
from tests.harness.live import Live
from tests.harness.members import make_member, sign_in

__all__ = ["player"]
STRIP = "[data-test=way-strip]"
# All that lies in the till's own database, as one text.
ON_THE_DISK = """async () => {
  const open = indexedDB.open('quanyu-pos')
  await new Promise((done) => { open.onsuccess = done })
  const read = (name) => new Promise((done) => {
    const all = open.result.transaction(name).objectStore(name).getAll()
    all.onsuccess = () => done(JSON.stringify(all.result))
  })
  const texts = await Promise.all([...open.result.objectStoreNames].map(read))
  open.result.close()
  return texts.join('')
}"""


@pytest.fixture(scope="module")
def chain() -> Chain:
    made = make_chain(stock=100)
    catalog.set_listing(
        unit_id=made.store.unit.id, sku_id=made.bread.id, is_listed=False, actor=SYSTEM, now=system_clock.now()
    )
    return made


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


def pay_cash(page: Page) -> None:
    page.keyboard.press("F8")
    page.wait_for_selector("input[name=given]")
    page.keyboard.press("Enter")


def new_address(page: Page) -> None:
    page.click("[data-test=new-address]")
    for level, name in enumerate(("广东省", "深圳市", "南山区")):
        page.locator(f"select[name=area{level}]").select_option(label=name)
    page.fill("input[name=street]", "建国路 1 号 301")
    page.fill("input[name=receiver]", "钱多多")
    page.fill("input[name=receiver_phone]", "13800138000")
    page.keyboard.press("Enter")
    expect(page.locator(".way-to.chosen")).to_contain_text("*")


def take_way(page: Page) -> None:
    expect(page.locator("[data-test=way-sum]")).to_be_visible()
    page.click("[data-test=take-way]")
    expect(page.locator("dialog")).to_have_count(0)


def test_ea01_what_the_store_does_not_list_is_found_ordered_and_paid_by_keys(counter: Counter, chain: Chain):
    member = make_member(name="钱多多")
    page = counter.begin(chain)
    scan(page, member.card_number)
    expect(page.locator(".shopper")).to_contain_text("钱*多")
    page.keyboard.type(chain.bread.code)
    expect(page.locator("[data-test=to-aisle]")).to_be_visible()
    page.keyboard.press("F1")
    row = page.locator("[data-test=range] .aisle-row").first
    expect(row).to_contain_text("本店不售")
    expect(row).to_contain_text(chain.warehouse.unit.name)
    page.keyboard.press("Enter")
    expect(page.locator("[data-test=taken]")).to_contain_text(chain.bread.name)
    page.keyboard.press("Escape")
    expect(page.locator(STRIP)).to_contain_text("有本店没有的商品")
    # Nobody pays before it is said how it reaches the customer.
    page.keyboard.press("F8")
    expect(page.locator("[data-test=way-instant]")).to_be_disabled()
    expect(page.locator("[data-test=carry-out]")).to_be_disabled()
    new_address(page)
    expect(page.locator("[data-test=way-sum]")).to_contain_text("¥8.00")
    take_way(page)
    expect(page.locator(STRIP)).to_contain_text("快递到家")
    pay_cash(page)
    paper = page.locator("[data-test=paper]")
    expect(paper).to_contain_text("快递到家")
    order = last_order(chain)
    assert (order.state, order.delivery.value, order.freight_fen) == (State.PAID, "express", 800)
    assert {(line.credited_store_id, line.credited_staff_id) for line in order.lines} == {
        (chain.store.unit.id, chain.cashier.id)
    }
    kept = page.evaluate(ON_THE_DISK)
    assert order.number in kept
    assert not {word for word in ("建国路", "13800138000", "钱多多") if word in kept}


def test_ea01_pickup_in_another_store_has_its_code_on_the_paper_only(counter: Counter, chain: Chain):
    member = make_member(name="钱多多")
    page = counter.begin(chain)
    scan(page, chain.tea.barcodes[0])
    scan(page, member.card_number)
    expect(page.locator(".shopper")).to_contain_text("钱*多")
    page.keyboard.press("F1")
    page.click("[data-test=way-pickup]")
    take_way(page)
    expect(page.locator(STRIP)).to_contain_text(chain.other_store.unit.name)
    pay_cash(page)
    expect(page.locator("[data-test=paper]")).to_contain_text("提货码")
    order = last_order(chain)
    assert (order.state, order.selling_store_id) == (State.PAID, chain.other_store.unit.id)
    expect(page.locator("[data-test=paper]")).to_contain_text(order.pickup_code)
    kept = page.evaluate(ON_THE_DISK)
    assert order.number in kept
    assert order.pickup_code not in kept


def test_pos08_the_store_brings_a_purchase_home_at_its_time_from_its_amount_on(counter: Counter, chain: Chain):
    node, now = f"unit:{chain.store.unit.id}", system_clock.now()
    settings_tree.set_value(SYSTEM, node, "fulfilment.home_delivery", True, now)
    settings_tree.set_value(SYSTEM, node, "fulfilment.home_times", ["daily 23:00-23:30"], now)
    settings_tree.set_value(SYSTEM, node, "fulfilment.home_from_fen", TEA_FEN + 100, now)
    try:
        member = make_member(name="钱多多")
        page = counter.begin(chain)
        scan(page, chain.tea.barcodes[0])
        scan(page, member.card_number)
        expect(page.locator(".shopper")).to_contain_text("钱*多")
        page.keyboard.press("F1")
        home = page.locator("[data-test=way-instant]")
        expect(home).to_contain_text("还差 ¥1.00")
        expect(home).to_be_disabled()
        page.keyboard.press("Escape")
        scan(page, chain.milk.barcodes[0])
        page.keyboard.press("F1")
        expect(home).to_be_enabled()
        home.click()
        new_address(page)
        expect(page.locator("[data-test=way-sum]")).to_contain_text("免运费")
        take_way(page)
        expect(page.locator(STRIP)).to_contain_text("23:00–23:30 送到")
        pay_cash(page)
        expect(page.locator("[data-test=paper]")).to_contain_text("23:00–23:30")
    finally:
        for key in ("home_delivery", "home_times", "home_from_fen"):
            settings_tree.set_value(SYSTEM, node, f"fulfilment.{key}", None, system_clock.now())
    order = last_order(chain)
    assert (order.state, order.delivery.value, order.freight_fen) == (State.PAID, "instant", 0)
    assert order.wishes is not None
    assert order.promised_at == order.wishes.pickup_until


def test_ea01_another_members_code_in_the_pay_window_never_turns_an_order_into_a_carry_out(
    counter: Counter, chain: Chain
):
    member, session = make_member(name="钱多多"), sign_in()
    count = int(db.value("SELECT count(*) FROM orders_order"))
    page = counter.begin(chain)
    scan(page, chain.tea.barcodes[0])
    scan(page, member.card_number)
    expect(page.locator(".shopper")).to_contain_text("钱*多")
    page.keyboard.press("F1")
    page.click("[data-test=way-pickup]")
    take_way(page)
    page.keyboard.press("F8")
    page.wait_for_selector("input[name=given]")
    scan(page, members.member_code(token=session.token, now=system_clock.now()).text)
    expect(page.locator(".shopper")).to_contain_text(session.member.phone_masked)
    page.keyboard.press("Enter")
    expect(page.locator("dialog .q-note.bad")).to_contain_text("会员或配送方式已变")
    assert int(db.value("SELECT count(*) FROM orders_order")) == count
