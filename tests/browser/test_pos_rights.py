"""A member at the till in a real browser: by one scan, with coupons and points, and what holds without the server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, Route, expect

from quanyu.kernel.clock import system_clock
from quanyu.modules.coupons import api as coupons
from quanyu.modules.coupons.contracts import Coupon
from quanyu.modules.members import api as members_api
from quanyu.modules.members.contracts import Member
from tests.browser.test_pos import Counter, due, next_customer, player, scan, settled
from tests.browser.till_money import last_order, on_hand, orders, paid, paper_of, tenders
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
    assert [paper_of(page).count(text) for text in ("券：十元券", "积分抵扣 500", "-10.00", "-5.00")] == [1, 1, 1, 1]
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


def test_pos_05_the_tail_of_a_phone_asks_for_the_right_person_in_english(
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


def test_pos_04_many_points_are_spent_only_with_the_live_code(counter: Counter, chain: Chain, shopper: Shopper):
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
