"""Take the screenshots of docs/screens from a running demo: `make screens` (ARGS="http://127.0.0.1:8000 home").

Each picture is a page as somebody of the demo sees it. Pictures show data of the demo only; whoever changes a screen
takes its picture again and looks at it. The demo should hold its whole history and stand still: no live shoppers.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from quanyu.entrypoints.demo import people
from tools import kiosk_screens, phone_screens, till_screens

TARGET = Path("docs/screens")
CHROMIUM = os.environ.get("QUANYU_CHROMIUM", "/usr/bin/chromium")
COLOURS = 128
# Charts draw themselves after the page has come, and a drawer takes its time.
SETTLED_MS = 1500
TABLET, TALL = (1024, 768), 2000
FIRST_ROW = "#result_list tbody tr:first-child a[href]"
# In the list of a SKU's places the warehouses come first.
FIRST_STORE = 5
BASKET = "S04 2\nD01 1\nP01 2\nF01 1.25\nB06 3"
# Where they stand in the form of the price simulation.
SILVER, COUPON_FROM_129 = 3, 6

Step = Callable[[Page], None]


class Shot(NamedTuple):
    """A picture: where it begins, what is done there, and who sees it how. ``tall``: the whole page, up to a height."""

    name: str
    address: str
    steps: tuple[Step, ...] = ()
    person: str = "hq"
    english: bool = False
    dark: bool = False
    size: tuple[int, int] = (1280, 800)
    tall: int = 0

    @property
    def is_inside(self) -> bool:
        """Whether somebody must be signed in to see it."""
        return self.person != "" and self.address.startswith("/console/")


def follow(selector: str, number: int = 0) -> Step:
    """Go where such a link leads: the first, or another one."""

    def step(page: Page) -> None:
        page.goto(page.locator(selector).nth(number).get_attribute("href") or page.url)

    return step


def write(selector: str, text: str) -> Step:
    """Type a text into a field."""
    return lambda page: page.fill(selector, text)


def choose(selector: str, *positions: int) -> Step:
    """Choose options of a field by where they stand."""
    return lambda page: _ignored(page.locator(selector).select_option(index=list(positions)))


def press(selector: str) -> Step:
    """Press the first such button."""
    return lambda page: page.locator(selector).first.click()


def roll_to(selector: str) -> Step:
    """Bring something to the top of the window."""
    return lambda page: _ignored(page.locator(selector).first.evaluate("it => it.scrollIntoView()"))


def both(name: str, address: str, *steps: Step, **seen: Any) -> tuple[Shot, Shot]:
    """Return the picture in Chinese and in English."""
    shot = Shot(name, address, steps, **seen)
    return shot._replace(name=f"{name}-zh"), shot._replace(name=f"{name}-en", english=True)


SHOTS: tuple[Shot, ...] = (
    *both("start", "/"),
    *both("sign-in", "/console/login/", person=""),
    *both("console-home", "/console/?period=30", tall=1500),
    Shot("console-home-dark-en", "/console/?period=30", english=True, dark=True, tall=1500),
    Shot("console-home-store-zh", "/console/?period=7", person="manager1", size=TABLET, tall=1400),
    *both("console-orders", "/console/orders/order/"),
    Shot(
        "console-orders-drawer-zh",
        "/console/orders/order/",
        (press("#result_list tbody tr:nth-child(3) td:nth-child(4)"),),
    ),
    *both("console-order", "/console/orders/order/", follow(FIRST_ROW), tall=TALL),
    Shot("console-order-dark-en", "/console/orders/order/", (follow(FIRST_ROW),), english=True, dark=True, tall=TALL),
    *both("console-stock", "/console/stock/sku/?code=D01", tall=1400),
    *both("stock-location", "/console/stock/location/", follow("a[href*='?location=']")),
    *both("stock-why", "/console/stock/sku/?code=D01", follow("a[href*='figure=on_hand']", FIRST_STORE), tall=1400),
    *both("stock-map", "/console/stock/map/", tall=1400),
    *both("stock-transfers", "/console/stock/transfers/"),
    *both("products", "/console/catalog/product/"),
    *both("product", "/console/catalog/product/?q=A01", follow(FIRST_ROW), tall=TALL),
    *both(
        "product-overlay",
        "/console/catalog/overlay/",
        choose("select[name=store]", 1),
        press("form:has(select[name=store]) button"),
    ),
    *both("price-book", "/console/pricing/pricebook/?q=BASE", follow(FIRST_ROW), tall=1400),
    *both(
        "price-trial",
        "/console/price-trial/",
        write("textarea[name=basket]", BASKET),
        choose("select[name=who]", SILVER),
        choose("select[name=templates]", COUPON_FROM_129),
        write("input[name=points]", "600"),
        press("form[action='#result'] button[type=submit]"),
        roll_to("#result"),
        size=(1280, 1240),
    ),
    *both("console-members", "/console/members/member/"),
    *both(
        "member-view",
        "/console/members/member/?o=joined",
        follow(FIRST_ROW),
        follow("a[href*='member-view/?id=']"),
        follow("a[href*='kind=order']"),
        tall=TALL,
    ),
    *both("campaigns", "/console/promotions/campaign/"),
    *both("coupon-offers", "/console/coupons/template/"),
    *both("staff-matrix", "/console/staff-matrix/", tall=1400),
    *both("console-settings", "/console/settings/", tall=1400),
    *both("feature-stages", "/console/feature-stages/"),
    *both("audit", "/console/audit/"),
    *both("files", "/console/files/", tall=1400),
    *both("health", "/console/health/", tall=1400),
    *both(
        "integrity",
        "/console/integrity/",
        press(".qy-card form[method=post] button"),
        tall=1400,
    ),
)


def main() -> None:
    """Take all pictures, or those whose name holds one of the given words."""
    address = next((one for one in sys.argv[1:] if one.startswith("http")), "http://127.0.0.1:8000")
    words = [one for one in sys.argv[1:] if not one.startswith("http")]
    wanted = [shot for shot in SHOTS if not words or any(word in shot.name for word in words)]
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as player:
        chromium = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        # One language after the other: the console keeps it with the account.
        signed_in: dict[tuple[str, bool], Any] = {}
        for shot in sorted(wanted, key=lambda shot: (shot.person, shot.english)):
            _take(chromium, address, shot, signed_in)
            print(shot.name)
        _take_faces(chromium, address, words)
        chromium.close()


def _take_faces(chromium: Browser, address: str, words: list[str]) -> None:
    """Take the mall on phones, the till at its counter and the screen in the store."""

    def is_wanted(name: str) -> bool:
        return not words or any(word in name for word in words)

    for language in ("zh", "en"):
        english = language == "en"
        for picture in phone_screens.PICTURES:
            name = f"{picture.name}-{language}"
            if is_wanted(name):
                _save(
                    phone_screens.take(chromium, address, picture, english=english), TARGET / f"{name}.png", colours=256
                )
                print(name)
        if is_wanted(f"till-{language}"):
            basket, receipt = till_screens.take(chromium, address, english=english)
            _save(basket, TARGET / f"till-{language}.png", colours=256)
            _save(receipt, TARGET / f"till-receipt-{language}.png", colours=256)
            print(f"till-{language}")
        if is_wanted(f"kiosk-{language}"):
            _save(kiosk_screens.take(chromium, address, english=english), TARGET / f"kiosk-{language}.png", colours=256)
            print(f"kiosk-{language}")


def _take(chromium: Browser, address: str, shot: Shot, signed_in: dict[tuple[str, bool], Any]) -> None:
    key = (shot.person, shot.english)
    width, height = shot.size
    window = chromium.new_context(
        base_url=address,
        viewport={"width": width, "height": height},
        locale="en-US" if shot.english else "zh-CN",
        color_scheme="dark" if shot.dark else "light",
        reduced_motion="reduce",
        storage_state=signed_in.get(key) if shot.is_inside else None,
    )
    page = window.new_page()
    if shot.is_inside and key not in signed_in:
        _sign_in(page, shot)
        signed_in[key] = window.storage_state()
    page.goto(shot.address)
    for step in shot.steps:
        step(page)
        page.wait_for_load_state("load")
    if shot.tall:
        # A window as high as the page: what stays in place while one scrolls stands where it belongs.
        whole = int(page.evaluate("document.documentElement.scrollHeight"))
        page.set_viewport_size({"width": width, "height": max(height, min(whole, shot.tall))})
    page.wait_for_timeout(SETTLED_MS)
    _save(page.screenshot(), TARGET / f"{shot.name}.png")
    window.close()


def _sign_in(page: Page, shot: Shot) -> None:
    page.goto("/console/login/")
    page.fill("input[name=username]", shot.person)
    page.fill("input[name=password]", people.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/console/$"))
    other = page.get_by_role("button", name="English" if shot.english else "简体中文")
    if other.count():
        other.first.click()
        page.wait_for_url(re.compile(r"/console/$"))


def _save(picture: bytes, target: Path, *, colours: int = COLOURS) -> None:
    """Keep few colours: screens have few, and the pictures are in git."""
    with Image.open(BytesIO(picture)) as image:
        image.convert("RGB").quantize(colours, dither=Image.Dither.NONE).save(target, optimize=True)


def _ignored(_answer: object) -> None:
    """Take the answer of a step that is of no use."""


if __name__ == "__main__":
    main()
