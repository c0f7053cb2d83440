"""Signing in on a phone in Chromium: by phone and code, what is agreed to, what is typed wrongly."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from quanyu.platform import db
from tests.harness import mobile
from tests.harness.chain import make_chain
from tests.harness.members import phone as some_phone

pytestmark = [pytest.mark.slow, pytest.mark.browser]
PATIENCE_MS = 30_000


@pytest.fixture
def page(chromium: Browser, live) -> Iterator[Page]:
    """The sign-in page on a phone nobody has used yet."""
    mobile.built()
    make_chain()
    context = chromium.new_context(
        base_url=live.url, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, locale="zh-CN"
    )
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    broken: list[str] = []
    opened.on("pageerror", lambda fault: broken.append(str(fault)))
    opened.goto("/mall/#/pages/login/index")
    yield opened
    context.close()
    assert broken == []


def press(page: Page, words: str) -> None:
    """Press the button in front that says this."""
    page.locator("uni-button:visible").filter(has_text=words).last.click()


def members_called(phone: str) -> int:
    """Return how many members of the phone's last digits there are."""
    return int(db.value("SELECT count(*) FROM members_member WHERE phone_masked LIKE %s", [f"%{phone[-4:]}"]))


def test_mem_05_a_stranger_signs_in_by_phone_and_code_and_is_a_member(page):
    phone = some_phone()
    before = members_called(phone)
    page.locator("input[type=tel]").fill(phone)
    page.get_by_role("button", name="获取验证码").click()
    page.get_by_role("status").get_by_text(re.compile(r"验证码是 \d{6}")).click()
    expect(page.locator("input[type=number]")).to_have_value(re.compile(r"^\d{6}$"))
    press(page, "登录 / 注册")
    # Nothing is agreed to by itself: she is asked, and only then signed in.
    expect(page.get_by_text("请先阅读并同意")).to_be_visible()
    assert members_called(phone) == before
    press(page, "同意并继续")
    expect(page.get_by_text(f"{phone[:3]}****{phone[-4:]}").first).to_be_visible()
    assert members_called(phone) == before + 1
    token = page.evaluate("localStorage.getItem('quanyu.token')")
    assert token.startswith("m_")
    kept = page.evaluate("JSON.stringify(Object.entries(localStorage))")
    assert phone not in kept, "a phone number is no business of the browser's storage"
    answer = page.request.get("/api/mall/v1/me/consents", headers={"Authorization": f"Bearer {token}"}).json()
    assert {one["purpose"]: one["is_given"] for one in answer}["terms"] is True
    assert not {one["purpose"]: one["is_given"] for one in answer}.get("marketing", False)


def test_mem_05_a_wrong_phone_and_a_wrong_code_are_told_at_their_fields_and_nothing_is_lost(page):
    phone = some_phone()
    page.locator("input[type=tel]").fill("1380013")
    # The page writes digits in groups: a new number is typed when it has done so, as a hand would.
    expect(page.locator("input[type=tel]")).to_have_value("138 0013")
    page.get_by_role("button", name="获取验证码").click()
    expect(page.get_by_role("alert").get_by_text("请输入 11 位手机号")).to_be_visible()
    page.locator("input[type=tel]").fill(phone)
    page.get_by_role("button", name="获取验证码").click()
    said = page.get_by_role("status").get_by_text(re.compile(r"验证码是 \d{6}")).inner_text()
    right = re.search(r"\d{6}", said)
    assert right is not None
    page.locator("input[type=number]").fill("000000" if right[0] != "000000" else "111111")
    page.get_by_role("checkbox").first.click(position={"x": 12, "y": 12})
    press(page, "登录 / 注册")
    expect(page.get_by_role("alert").first).to_be_visible()
    assert page.locator("input[type=tel]").input_value().replace(" ", "") == phone
    assert page.evaluate("localStorage.getItem('quanyu.token')") is None
    page.locator("input[type=number]").fill(right[0])
    press(page, "登录 / 注册")
    expect(page.get_by_text(f"{phone[:3]}****{phone[-4:]}").first).to_be_visible()
