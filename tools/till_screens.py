"""Pictures of the till for docs/screens: a counter of the demo, set up, opened and used. See tools/screens.py."""

from __future__ import annotations

from uuid import uuid4

import requests
from playwright.sync_api import Browser, Page

from quanyu.entrypoints.demo import people

STAFF = "/api/staff/v1"
NAME = "收银台 演示 Demo till"
# What a cashier looks for; the demo's baskets know what goes with it.
BASKET = ("海盐薯片 70 克 番茄", "塞上鲜牛奶 950", "婴儿米粉", "防晒衣 M 黑色")
FOUND_MS, SETTLED_MS, PATIENCE_MS = 500, 1500, 30_000
SIZE = (1280, 800)


def take(chromium: Browser, address: str, *, english: bool) -> tuple[bytes, bytes]:
    """Return a basket on the selling screen, and the receipt once it is paid."""
    cashier = next(person for person in people.STAFF if person.role == "cashier")
    width, height = SIZE
    window = chromium.new_context(
        base_url=address,
        viewport={"width": width, "height": height},
        locale="en-US" if english else "zh-CN",
        reduced_motion="reduce",
    )
    page = window.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto("/pos/")
    _type(page, "input[name=code]", enrolment_code(address, cashier))
    page.wait_for_selector("input[name=pin]")
    page.keyboard.type(cashier.username)
    page.keyboard.press("Tab")
    page.keyboard.type(cashier.pin)
    page.keyboard.press("Enter")
    _type(page, "input[name=float]", "500")
    page.wait_for_selector("[data-test=tiles]")
    if english:
        page.get_by_role("button", name="English").click()
    for name in BASKET:
        page.keyboard.press("F2")
        page.keyboard.type(name)
        page.wait_for_timeout(FOUND_MS)
        page.keyboard.press("Enter")
        page.keyboard.press("Escape")
    page.wait_for_timeout(SETTLED_MS)
    basket = page.screenshot()
    page.keyboard.press("F8")
    page.wait_for_selector("input[name=given]")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-test=paper]")
    page.wait_for_timeout(SETTLED_MS)
    receipt = page.screenshot()
    window.close()
    return basket, receipt


def _type(page: Page, field: str, text: str) -> None:
    page.wait_for_selector(field)
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def enrolment_code(address: str, cashier: people.Person, *, kind: str = "pos", name: str = NAME) -> str:
    """Set a device up in the cashier's store, as head office does, and return the code that enrols it."""
    office = next(person for person in people.STAFF if person.role == "head_office")
    session = requests.Session()
    asked = {"username": office.username, "password": people.PASSWORD}
    signed_in = session.post(f"{address}{STAFF}/sessions", json=asked, timeout=30)
    signed_in.raise_for_status()
    session.headers["Authorization"] = f"Bearer {signed_in.json()['token']}"
    persons = session.get(f"{address}{STAFF}/staff", params={"text": cashier.username}, timeout=30).json()
    unit = next(one["unit_id"] for one in persons["items"] if one["username"] == cashier.username)
    wanted = {"kind": kind, "unit_id": unit, "name": name}
    key = {"Idempotency-Key": str(uuid4())}
    made = session.post(f"{address}{STAFF}/devices", json=wanted, headers=key, timeout=30)
    made.raise_for_status()
    return str(made.json()["code"])
