"""Pictures of the screen in a store for docs/screens: upright, as a shopper stands before it. See tools/screens.py."""

from __future__ import annotations

from io import BytesIO

from PIL import Image
from playwright.sync_api import Browser, Page

from quanyu.entrypoints.demo import people
from tools import till_screens

WIDTH, HEIGHT = 1080, 1920
SHOWN = (540, 960)
MARGIN = 36
GROUND = (214, 220, 216)
SETTLED_MS, PATIENCE_MS = 1500, 30_000
NAME = "导购屏 演示 Demo kiosk"


def take(chromium: Browser, address: str, *, english: bool) -> bytes:
    """Return the start, an outfit and the code for the phone, side by side, as PNG."""
    cashier = next(person for person in people.STAFF if person.role == "cashier")
    window = chromium.new_context(
        base_url=address, viewport={"width": WIDTH, "height": HEIGHT}, has_touch=True, reduced_motion="reduce"
    )
    page = window.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto("/kiosk/")
    page.locator("input[name=code]").fill(till_screens.enrolment_code(address, cashier, kind="kiosk", name=NAME))
    page.locator("form .main").click()
    page.wait_for_selector(".guide-tile")
    if english:
        page.locator("[data-test=language]").click()
    shots = [_shot(page)]
    page.locator(".guide-tile").first.click()
    page.wait_for_selector(".piece")
    shots.append(_shot(page))
    page.locator("[data-test=add-all]").click()
    page.locator("[data-test=to-cart]").click()
    page.locator("[data-test=hand-over]").click()
    page.wait_for_selector("[data-test=qr]")
    shots.append(_shot(page))
    window.close()
    return _side_by_side(shots)


def _shot(page: Page) -> Image.Image:
    page.wait_for_timeout(SETTLED_MS)
    return Image.open(BytesIO(page.screenshot())).convert("RGB").resize(SHOWN, Image.Resampling.LANCZOS)


def _side_by_side(shots: list[Image.Image]) -> bytes:
    width, height = SHOWN
    whole = Image.new("RGB", (MARGIN + len(shots) * (width + MARGIN), height + 2 * MARGIN), GROUND)
    for number, shot in enumerate(shots):
        whole.paste(shot, (MARGIN + number * (width + MARGIN), MARGIN))
    file = BytesIO()
    whole.save(file, "PNG")
    return file.getvalue()
