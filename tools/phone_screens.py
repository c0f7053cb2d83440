"""Pictures of the mall for docs/screens: phones side by side, as a shopper of the demo holds them."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from io import BytesIO
from typing import NamedTuple

import requests
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page

from quanyu.entrypoints.demo import people

WIDTH, HEIGHT = 390, 844
SCALE = 1.5
MARGIN, ROUNDING = 36, 54
GROUND = (236, 239, 237)
# A member of the demo with orders behind her.
SHOPPER = people.phone(3)
SETTLED_MS, PATIENCE_MS = 2500, 30_000
API = "/api/mall/v1"
# In the app's storage, as frontend/mobile/src/app/settings.ts keeps it.
TOKEN, STORE = "quanyu.token", "quanyu.store"

Step = Callable[[Page], None]


class Held(NamedTuple):
    """What one phone shows; ``product`` and ``store`` in the address stand for those of the demo."""

    address: str
    steps: tuple[Step, ...] = ()
    dark: bool = False


class Phones(NamedTuple):
    """One picture: phones from left to right."""

    name: str
    held: tuple[Held, ...]


def press(text: str, english: str) -> Step:
    """Press the button that says this in the language of the phone."""

    def step(page: Page) -> None:
        words = english if page.evaluate("navigator.language").startswith("en") else text
        page.locator("uni-button:visible").filter(has_text=words).last.click()
        page.wait_for_timeout(SETTLED_MS)

    return step


PICTURES = (
    Phones(
        "mall",
        (
            Held("/pages/home/index"),
            Held("/pages/product/index?id={product}"),
            Held("/order/checkout/index?store={store}&lines={sku}:2"),
            Held("/member/code/index"),
        ),
    ),
    Phones(
        "mall-find",
        (
            Held("/pages/categories/index"),
            Held("/find/list/index?text=%E7%89%9B%E5%A5%B6"),
            Held("/find/stores/index"),
            Held("/find/coupons/index"),
        ),
    ),
    Phones(
        "mall-mine",
        (
            Held("/pages/me/index"),
            Held("/order/list/index"),
            Held("/member/points/index"),
            Held("/pages/home/index", dark=True),
        ),
    ),
)


def take(chromium: Browser, address: str, picture: Phones, *, english: bool) -> bytes:
    """Return the picture as PNG."""
    known = _known(address)
    shots = [_shot(chromium, address, held, known, english=english) for held in picture.held]
    width, height = shots[0].size
    whole = Image.new("RGB", (MARGIN + len(shots) * (width + MARGIN), height + 2 * MARGIN), GROUND)
    mask = Image.new("L", (width, height), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, width - 1, height - 1), ROUNDING, fill=255)
    for number, shot in enumerate(shots):
        whole.paste(shot, (MARGIN + number * (width + MARGIN), MARGIN), mask)
    file = BytesIO()
    whole.save(file, "PNG")
    return file.getvalue()


@cache
def _known(address: str) -> dict[str, object]:
    """Return a member's token, her store and goods that it offers."""
    said = requests.post(f"{address}{API}/session/codes", json={"phone": SHOPPER}, timeout=30)
    said.raise_for_status()
    body = {"phone": SHOPPER, "code": said.json()["demo_code"]}
    session = requests.post(f"{address}{API}/session", json=body, timeout=30).json()
    store = requests.get(f"{address}{API}/stores/entry", timeout=30).json()["store"]["id"]
    offers = f"{address}{API}/stores/{store}/products"
    product = requests.get(offers, params={"text": "T恤", "in_stock": "true", "limit": "1"}, timeout=30).json()[
        "items"
    ][0]
    return {
        "token": session["token"],
        "store": store,
        "product": product["product_id"],
        "sku": product["sku_id"],
    }


def _shot(chromium: Browser, address: str, held: Held, known: dict[str, object], *, english: bool) -> Image.Image:
    window = chromium.new_context(
        base_url=address,
        viewport={"width": WIDTH, "height": HEIGHT},
        device_scale_factor=SCALE,
        is_mobile=True,
        has_touch=True,
        locale="en-US" if english else "zh-CN",
        color_scheme="dark" if held.dark else "light",
        reduced_motion="reduce",
    )
    for key, name in ((TOKEN, "token"), (STORE, "store")):
        value = known[name]
        kept = json.dumps({"type": "number" if isinstance(value, int) else "string", "data": value})
        window.add_init_script(f"localStorage.setItem({json.dumps(key)}, {json.dumps(kept)})")
    page = window.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto("/mall/#" + held.address.format(**known))
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(SETTLED_MS)
    for step in held.steps:
        step(page)
    with Image.open(BytesIO(page.screenshot())) as image:
        shot = image.convert("RGB")
    window.close()
    return shot
