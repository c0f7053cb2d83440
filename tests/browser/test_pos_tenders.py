"""Money at the till in a real browser: split tenders, a member's coupons and points by one scan, payment codes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, Route, expect

from quanyu.kernel.clock import system_clock
from quanyu.modules.coupons import api as coupons
from quanyu.modules.coupons.contracts import Coupon
from quanyu.modules.members import api as members_api
from quanyu.modules.members.contracts import Member
from quanyu.platform import db
from tests.browser.test_pos import Counter, due, next_customer, player, scan, settled
from tests.harness import members, web
from tests.harness.chain import BREAD_FEN, MILK_FEN, TEA_FEN, Chain, make_chain
from tests.harness.checkout import coupon_for, coupon_state, give_points, points_of
from tests.harness.live import Live

__all__ = ["player"]
STOCK = 300
MEMBER_MILK_FEN = 550


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=STOCK, member_milk_fen=MEMBER_MILK_FEN)


@pytest.fixture
def counter(player: Playwright, live: Live, tmp_path: Path) -> Iterator[Counter]:
    web.built()
    made = Counter(player, tmp_path / "profile", live.url)
    yield made
    if made.window is not None:
        made.close()


def last_order(chain: Chain) -> dict[str, Any]:
    """Return the newest order of the store."""
    found = db.row(
        "SELECT id, state, member_id, goods_fen, coupon_fen, points_fen, points_spent, payable_fen, paid_fen "
        "FROM orders_order WHERE selling_store_id = %s ORDER BY placed_at DESC, id DESC LIMIT 1",
        [chain.store.unit.id],
    )
    assert found is not None
    return found


def orders(chain: Chain) -> int:
    return int(db.value("SELECT count(*) FROM orders_order WHERE selling_store_id = %s", [chain.store.unit.id]))


def tenders(order: dict[str, Any]) -> list[tuple[str, str, int, int | None]]:
    """Return (tender, state, amount, cash handed over) of an order's payments."""
    rows = db.rows(
        "SELECT tender, state, amount_fen, tendered_fen FROM payments_payment WHERE order_id = %s "
        "ORDER BY created_at, amount_fen",
        [order["id"]],
    )
    return [(one["tender"], one["state"], one["amount_fen"], one["tendered_fen"]) for one in rows]


def on_hand(chain: Chain, sku: Any) -> tuple[int, int]:
    """Return (on hand, reserved) of the store."""
    row = db.row(
        "SELECT on_hand, reserved FROM inventory_stock WHERE location_id = %s AND sku_id = %s",
        [chain.store.unit.id, sku.id],
    )
    assert row is not None
    return row["on_hand"], row["reserved"]


def paid(page: Page) -> None:
    page.wait_for_selector("[data-test=paper]")


def paper_of(page: Page) -> str:
    return page.locator("[data-test=paper]").inner_text().replace("\n", "")


def test_pos_02_part_cash_part_two_cards_and_the_change_from_cash(counter: Counter, chain: Chain):
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


def test_pos_02_a_split_sale_without_the_server_arrives_with_all_its_tenders(counter: Counter, chain: Chain):
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


@dataclass(frozen=True)
class Shopper:
    """A member with a phone to show codes from."""

    member: Member
    token: str
    phone: str

    def live_code(self) -> str:
        return members_api.member_code(token=self.token, now=system_clock.now()).text


@pytest.fixture
def shopper() -> Shopper:
    phone = members.phone()
    session = members.sign_in(phone_number=phone)
    return Shopper(session.member, session.token, phone)


def code_of(coupon: Coupon) -> str:
    return coupons.code_of(coupon_id=coupon.id, member_id=coupon.member_id, now=system_clock.now()).payload


def used(page: Page, texts: list[str]) -> None:
    expect(page.locator("[data-test=used] > span")).to_have_text(texts)


def test_pos_03_a_live_code_brings_member_price_coupons_and_points(counter: Counter, chain: Chain, shopper: Shopper):
    usable = coupon_for(shopper.member, threshold_fen=2000)
    far = coupon_for(shopper.member, name="满五百券", threshold_fen=50_000)
    give_points(shopper.member, 900)
    page = counter.begin(chain)
    before = on_hand(chain, chain.tea)
    scan(page, chain.tea.barcodes[0])
    scan(page, chain.milk.barcodes[0])
    assert due(page) == TEA_FEN + MILK_FEN
    scan(page, shopper.live_code())
    page.wait_for_selector(".shopper.known")
    whole = TEA_FEN + MEMBER_MILK_FEN
    expect(page.locator("[data-test=payable]")).to_have_text(f"¥{whole / 100:.2f}")
    page.keyboard.press("F4")
    page.wait_for_selector("[data-test=sums]")
    expect(page.locator(".coupon")).to_have_count(2)
    refused = page.locator(".coupon:disabled")
    expect(refused).to_contain_text("满五百券")
    expect(refused.locator(".why")).to_contain_text(f"{(50_000 - whole) / 100:.2f}")
    page.keyboard.press("1")
    expect(page.locator("[data-test=rights-due]")).to_have_text(f"¥{(whole - 1000) / 100:.2f}")
    page.locator("input[name=points]").focus()
    page.keyboard.type("500", delay=200)
    expect(page.locator("[data-test=rights-due]")).to_have_text(f"¥{(whole - 1500) / 100:.2f}")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")
    used(page, ["十元券-10.00", "积分抵扣 500-5.00"])
    assert due(page) == whole - 1500
    page.keyboard.press("F8")
    page.wait_for_selector("input[name=given]")
    page.keyboard.type("100")
    page.keyboard.press("Enter")
    paid(page)
    assert [paper_of(page).count(text) for text in ("券:十元券", "积分抵扣 500", "-10.00", "-5.00")] == [1, 1, 1, 1]
    next_customer(page)
    order = last_order(chain)
    assert (order["state"], order["member_id"], order["coupon_fen"], order["points_spent"], order["points_fen"]) == (
        "completed",
        shopper.member.id,
        1000,
        500,
        500,
    )
    assert (order["payable_fen"], tenders(order)) == (whole - 1500, [("cash", "paid", whole - 1500, 10_000)])
    assert coupon_state(usable)[:2] == ("redeemed", order["id"])
    assert coupon_state(far)[0] == "available"
    assert points_of(shopper.member) == 400
    assert on_hand(chain, chain.tea) == (before[0] - 1, 0)
    # The till's own next sale goes on in the same count.
    scan(page, chain.bread.barcodes[0])
    page.keyboard.press("F8")
    page.wait_for_selector("input[name=given]")
    page.keyboard.press("Enter")
    paid(page)
    next_customer(page)
    settled(page)
    assert (last_order(chain)["state"], last_order(chain)["payable_fen"]) == ("completed", BREAD_FEN)


def test_pos_03_one_scan_of_a_coupon_brings_its_member_and_a_lost_reply_sells_once(
    counter: Counter, chain: Chain, shopper: Shopper
):
    coupon = coupon_for(shopper.member, threshold_fen=5000)
    page = counter.begin(chain)
    assert counter.window is not None
    scan(page, chain.tea.barcodes[0])
    scan(page, code_of(coupon))
    used(page, ["十元券-10.00"])
    assert due(page) == TEA_FEN - 1000
    # Without the goods it asks for, the coupon is put down and the cashier is told.
    scan(page, chain.milk.barcodes[0])
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Delete")
    expect(page.locator(".notice")).to_contain_text("优惠已按购物篮调整")
    expect(page.locator("[data-test=payable]")).to_have_text(f"¥{MEMBER_MILK_FEN / 100:.2f}")
    scan(page, chain.tea.barcodes[0])
    scan(page, code_of(coupon))
    used(page, ["十元券-10.00"])
    # Greyed without the server, with one sentence why.
    counter.window.route("**/api/**", lambda route: route.abort())
    expect(page.locator("[data-test=net]")).to_have_text("离线收银", timeout=70_000)
    page.keyboard.press("F4")
    expect(page.locator(".rights.off")).to_be_visible()
    expect(page.locator(".coupon")).to_be_disabled()
    expect(page.locator("[data-test=without]")).to_be_enabled()
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    page.keyboard.press("F8")
    expect(page.locator(".notice")).to_contain_text("离线时不能使用已选的券和积分")
    counter.window.unroute_all()
    expect(page.locator("[data-test=net]")).to_have_text("已联网", timeout=70_000)
    before, lost = orders(chain), []

    def lose_the_first(route: Route) -> None:
        if not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    counter.window.route("**/api/pos/v1/sales", lose_the_first)
    page.keyboard.press("F9")
    page.wait_for_selector("input[name=reference]")
    page.keyboard.press("Enter")
    paid(page)
    order, whole = last_order(chain), TEA_FEN + MEMBER_MILK_FEN - 1000
    assert (lost, orders(chain), order["payable_fen"]) == ([201], before + 1, whole)
    assert tenders(order) == [("card", "paid", whole, None)]
    assert coupon_state(coupon)[:2] == ("redeemed", order["id"])


def test_pos_03_the_tail_of_a_phone_asks_for_the_right_person_in_english(
    counter: Counter, chain: Chain, shopper: Shopper
):
    coupon_for(shopper.member, threshold_fen=2000)
    page = counter.begin(chain)
    page.get_by_role("button", name="English").click()
    scan(page, chain.tea.barcodes[0])
    page.keyboard.press("F4")
    page.wait_for_selector("input[name=member]")
    page.keyboard.type(shopper.phone[-4:], delay=200)
    page.keyboard.press("Enter")
    page.locator(".found-one", has_text=shopper.member.number).click()
    page.wait_for_selector(".shopper.known")
    page.keyboard.press("F4")
    page.wait_for_selector(".coupon:not([disabled])")
    page.keyboard.press("1")
    expect(page.locator("[data-test=rights-due]")).to_have_text(f"¥{(TEA_FEN - 1000) / 100:.2f}")
    expect(page.locator(".coupon")).to_contain_text("Ten yuan off")
    page.locator("[data-test=use]").click()
    page.wait_for_selector("dialog", state="detached")
    page.keyboard.press("F8")
    page.wait_for_selector("input[name=given]")
    page.keyboard.press("Enter")
    paid(page)
    assert last_order(chain)["payable_fen"] == TEA_FEN - 1000


def test_pos_03_many_points_are_spent_only_with_the_live_code(counter: Counter, chain: Chain, shopper: Shopper):
    give_points(shopper.member, 20_000)
    page = counter.begin(chain)
    scan(page, chain.tea.barcodes[0])
    scan(page, shopper.member.card_number)
    page.wait_for_selector(".shopper.known")
    page.keyboard.press("F4")
    page.wait_for_selector("[data-test=sums]")
    page.locator("input[name=points]").focus()
    page.keyboard.type("1500", delay=200)
    expect(page.locator("[data-test=rights-due]")).to_have_text(f"¥{(TEA_FEN - 1500) / 100:.2f}")
    page.keyboard.press("Enter")
    used(page, ["积分抵扣 1500-15.00"])
    before = orders(chain)
    page.keyboard.press("F8")
    page.wait_for_selector("input[name=given]")
    page.keyboard.press("Enter")
    expect(page.locator("dialog .q-note.bad")).to_contain_text("1000")
    assert (orders(chain), points_of(shopper.member)) == (before, 20_000)
    scan(page, shopper.live_code())
    expect(page.locator("dialog .q-note.bad")).to_have_count(0)
    expect(page.locator("input[name=given]")).to_have_value("")
    page.locator("[data-test=pay]").click()
    paid(page)
    next_customer(page)
    order = last_order(chain)
    assert (order["points_spent"], order["payable_fen"], points_of(shopper.member)) == (1500, TEA_FEN - 1500, 18_500)


WECHAT, ALIPAY = "1345678901234", "2845678901234"


def wallet_code(wallet: str, temper: str = "0000") -> str:
    """Return a payment code; its last four digits are the payer's temper (see simulators/payment_codes.py)."""
    return (WECHAT if wallet == "wechat" else ALIPAY) + "7" + temper


def show_code(page: Page, wallet: str, temper: str = "0000") -> None:
    page.keyboard.press("F11" if wallet == "wechat" else "F12")
    page.wait_for_selector("input[name=auth_code]")
    scan(page, wallet_code(wallet, temper))


@pytest.mark.parametrize("wallet", ["wechat", "alipay"])
def test_pos_04_a_customers_code_pays_at_once(counter: Counter, chain: Chain, wallet: str):
    page = counter.begin(chain)
    before = on_hand(chain, chain.bread)
    scan(page, chain.bread.barcodes[0])
    show_code(page, wallet)
    paid(page)
    order = last_order(chain)
    assert (order["state"], tenders(order)) == ("completed", [(wallet, "paid", BREAD_FEN, None)])
    assert on_hand(chain, chain.bread) == (before[0] - 1, 0)


def test_pos_04_the_cashier_chooses_the_wallet_and_a_slip_charges_nothing(counter: Counter, chain: Chain):
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


def test_pos_04_the_till_waits_for_a_password_and_a_reload_goes_on_waiting(counter: Counter, chain: Chain, live: Live):
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
def test_pos_04_a_payment_that_fails_leads_back_to_the_tenders_with_nothing_lost(
    counter: Counter, chain: Chain, wallet: str, temper: str, state: str
):
    page = counter.begin(chain)
    before, count = on_hand(chain, chain.tea), orders(chain)
    scan(page, chain.tea.barcodes[0])
    show_code(page, wallet, temper)
    page.wait_for_selector("dialog .q-note.bad")
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


def test_pos_04_what_is_unknown_stays_asked_about_and_is_given_up_only_after_the_delay(
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


def test_pos_04_lost_answers_of_till_and_provider_charge_once_while_the_next_customer_is_served(
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
