"""The cart on a phone in Chromium: which offers apply, and how little is missing for the next one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.period import Period
from quanyu.modules.promotions import api as promotions
from quanyu.modules.promotions.contracts import Scope, Step
from tests.harness import mobile
from tests.harness.chain import MILK_FEN, make_chain
from tests.harness.clients import MallClient
from tests.harness.promotions import random_code

pytestmark = [pytest.mark.slow, pytest.mark.browser]
PATIENCE_MS = 30_000


def test_cpn14_the_cart_says_what_is_taken_off_and_what_is_missing(chromium: Browser, live):
    mobile.built()
    chain, shopper, now = make_chain(), MallClient(live.url).sign_in(), system_clock.now()
    promotions.create_campaign(
        code=random_code(),
        name="满 16 减 2",
        period=Period(now - timedelta(days=1), now + timedelta(days=1)),
        steps=[Step(threshold_fen=1600, off_fen=200)],
        scope=Scope(unit_ids=frozenset([chain.store.unit.id])),
        actor=SYSTEM,
        now=now,
    )
    store = chain.store.unit.id
    shopper.post("/cart/lines", {"store_id": store, "sku_id": chain.milk.id, "quantity": 2}).expect(201)
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, locale="zh-CN"
    )
    context.add_init_script(
        f"localStorage.setItem('quanyu.token', '{shopper.token}');"
        f"localStorage.setItem('quanyu.store', JSON.stringify({{type: 'number', data: {store}}}))"
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page.goto(f"{live.url}/mall/#/pages/cart/index")
    notes = page.locator(".offer-notes")
    expect(notes).to_contain_text("满 16 减 2 · 再买 3.00 元可享")
    page.get_by_role("button", name="增加").click()
    expect(page.get_by_text("已优惠 ¥2")).to_be_visible()
    expect(notes).to_contain_text("满 16 减 2")
    expect(notes).not_to_contain_text("再买")
    # 3 x 6.50 - 2.00
    assert 3 * MILK_FEN - 200 == 1750
    expect(page.locator(".cart .sum")).to_contain_text("17.50")
    context.close()
