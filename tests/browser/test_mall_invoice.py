"""An invoice asked for at the checkout, on a phone in Chromium."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.harness import mobile
from tests.harness.chain import make_chain
from tests.harness.clients import MallClient

pytestmark = [pytest.mark.slow, pytest.mark.browser]
PATIENCE_MS = 30_000


def test_mall_01_an_invoice_is_asked_for_with_the_order_and_never_kept_on_the_phone(chromium: Browser, live):
    mobile.built()
    chain, shopper = make_chain(), MallClient(live.url).sign_in()
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, locale="zh-CN"
    )
    context.add_init_script(f"localStorage.setItem('quanyu.token', '{shopper.token}')")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page.goto(f"{live.url}/mall/#/order/checkout/index?store={chain.store.unit.id}&lines={chain.milk.id}:2")

    def press(words: str) -> None:
        page.locator("uni-button:visible").filter(has_text=words).last.click()

    page.get_by_text("不开发票").first.click()
    page.get_by_role("radio", name="企业").or_(page.get_by_text("企业", exact=True)).first.click()
    fields = page.locator(".invoice-form input:visible")
    fields.nth(0).fill("深圳市测试贸易有限公司")
    fields.nth(1).fill("91350100m000100y43")
    press("确定")
    expect(page.get_by_text("企业 · 深圳市测试贸易有限公司")).to_be_visible()
    press("提交订单")
    expect(page.get_by_text("待付金额")).to_be_visible()
    (order,) = shopper.get("/orders").expect(200)["items"]
    wanted = order["invoice"]
    assert (wanted["state"], wanted["kind"], wanted["title"], wanted["tax_number"]) == (
        "requested", "company", "深圳市测试贸易有限公司", "91350100M000100Y43",
    )  # fmt: skip
    assert "测试贸易" not in page.evaluate("JSON.stringify(Object.entries(localStorage))")
    context.close()
