"""Services by coupons at the till in a real browser (PTS-05, SVC-06): one scan, once, never offline."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, Route, expect

from quanyu.kernel.clock import system_clock
from quanyu.modules.coupons import api as coupons
from quanyu.modules.coupons.contracts import Coupon, UseScope
from quanyu.modules.promotions.contracts import CouponKind
from quanyu.platform import db
from tests.browser.test_pos import Counter, player, scan
from tests.harness import web
from tests.harness.chain import Chain, make_chain
from tests.harness.checkout import coupon_for
from tests.harness.live import Live
from tests.harness.members import make_member

__all__ = ["player"]
NOTE = "dialog .q-note.bad"


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


def coffee() -> Coupon:
    """A coffee that a new member may have."""
    return coupon_for(
        make_member(name="钱多多"), kind=CouponKind.SERVICE, amount_fen=1200, scope=UseScope.STORE, name="咖啡一杯"
    )


def payload(coupon: Coupon) -> str:
    return coupons.code_of(coupon_id=coupon.id, member_id=coupon.member_id, now=system_clock.now()).payload


def handed_out(coupon: Coupon) -> int:
    return int(db.value("SELECT count(*) FROM coupons_handed_out WHERE coupon_id = %s", [coupon.id]))


def test_svc06_one_scan_of_a_service_coupon_hands_it_out_once(counter: Counter, chain: Chain):
    coupon = coffee()
    page = counter.begin(chain)
    scan(page, payload(coupon))
    ticket = page.locator("[data-test=ticket]")
    expect(ticket).to_contain_text("咖啡一杯")
    expect(ticket).to_contain_text("钱*多")
    page.keyboard.press("Enter")
    expect(page.locator("[data-test=served]")).to_contain_text("咖啡一杯")
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).to_have_count(0)
    assert handed_out(coupon) == 1
    # Shown again: it was used, and there is nothing to press.
    page.keyboard.press("F10")
    page.wait_for_selector("[data-test=menu-service] kbd")
    page.keyboard.press("9")
    page.wait_for_selector("input[name=service_code]")
    scan(page, payload(coupon))
    expect(page.locator("[data-test=refused]")).to_contain_text("此券已被使用")
    expect(page.locator("[data-test=serve]")).to_have_count(0)
    assert handed_out(coupon) == 1


def test_svc06_a_coupon_for_purchases_goes_to_the_sale(counter: Counter, chain: Chain):
    coupon = coupon_for(make_member(name="赵六"), name="十元券")
    page = counter.begin(chain)
    page.keyboard.press("F10")
    page.wait_for_selector("[data-test=menu-service] kbd")
    page.keyboard.press("9")
    page.wait_for_selector("input[name=service_code]")
    scan(page, "1234567890128")
    expect(page.locator(NOTE)).to_contain_text("这不是券码")
    scan(page, payload(coupon))
    expect(page.locator("[data-test=refused]")).to_contain_text("此券需在购物时使用")
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).to_have_count(0)
    expect(page.locator(".shopper-has")).to_contain_text("1")
    assert handed_out(coupon) == 0


def test_svc06_a_lost_answer_is_asked_about_and_offline_nothing_is_handed_out(
    counter: Counter, chain: Chain, live: Live
):
    coupon = coffee()
    page = counter.begin(chain)
    scan(page, payload(coupon))
    expect(page.locator("[data-test=ticket]")).to_be_visible()

    def lost(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/api/pos/v1/services", lost)
    page.keyboard.press("Enter")
    expect(page.locator(NOTE)).to_contain_text("服务器未响应")
    assert handed_out(coupon) == 1
    page.reload()
    page.wait_for_selector("main.desk")
    page.unroute("**/api/pos/v1/services")
    page.keyboard.press("F10")
    page.wait_for_selector("[data-test=menu-service] kbd")
    page.keyboard.press("9")
    expect(page.locator("[data-test=served]")).to_contain_text("咖啡一杯")
    page.keyboard.press("Enter")
    assert handed_out(coupon) == 1

    another = coffee()
    page.route("**/api/pos/v1/services/**", lambda route: route.abort())
    page.keyboard.press("F10")
    page.wait_for_selector("[data-test=menu-service] kbd")
    page.keyboard.press("9")
    page.wait_for_selector("input[name=service_code]")
    scan(page, payload(another))
    expect(page.locator(NOTE)).to_contain_text("无法核对服务券")
    assert handed_out(another) == 0
