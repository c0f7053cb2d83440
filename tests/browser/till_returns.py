"""Returns at the till as a cashier makes them, and what they left on the server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, Route, expect

from quanyu.platform import db
from tests.browser.test_pos import Counter, scan
from tests.harness import web
from tests.harness.chain import Chain
from tests.harness.clients import TillClient
from tests.harness.live import Live


@pytest.fixture
def counter(player: Playwright, live: Live, tmp_path: Path) -> Iterator[Counter]:
    web.built()
    made = Counter(player, tmp_path / "profile", live.url)
    yield made
    if made.window is not None:
        made.close()


@pytest.fixture
def till(chain: Chain) -> TillClient:
    """Another till of the store, which sold what comes back."""
    made = TillClient(chain.store).sign_in(chain.cashier)
    made.open_shift()
    return made


@dataclass(frozen=True)
class Sold:
    """A sale of another till: the number of its order, and the code on its paper."""

    id: str
    number: str

    @property
    def code(self) -> str:
        return UUID(self.id).hex


def sold_by(till: TillClient, lines: Mapping[int, int], tenders: list[dict[str, Any]], **more: Any) -> Sold:
    order = till.sell(lines, tenders=tenders, **more).expect(201)["order"]
    return Sold(order["id"], order["number"])


def find(page: Page, text: str) -> None:
    """Open the returns from the menu and look a receipt up, by keys alone."""
    page.keyboard.press("F10")
    page.wait_for_selector("[data-test=menu-return]")
    page.locator("[data-test=menu-return]").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("input[name=receipt]")
    page.keyboard.type(text, delay=4 if len(text) > 8 else 200)
    page.keyboard.press("Enter")


def take(page: Page, line: int, pieces: int, reason: str = "尺寸不合") -> None:
    """Choose so many pieces of a line and why, with the fingers, and go on to the money."""
    page.wait_for_selector(f"[data-line='{line}']")
    for _ in range(pieces):
        page.locator(f"[data-line='{line}'] .stepper button").last.click()
    look(page, reason)


def look(page: Page, reason: str = "尺寸不合") -> None:
    page.locator(".reasons label", has_text=reason).click()
    page.locator("[data-test=look]").click()
    page.wait_for_selector("[data-test=confirm-return]")


def confirm(page: Page) -> None:
    page.locator("[data-test=confirm-return]").click()


def done(page: Page) -> str:
    """Wait for the return and give its number."""
    page.wait_for_selector("[data-test=return-done]")
    return page.locator("[data-test=return-number]").inner_text()


def leave(page: Page) -> None:
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")


def begin_by_scan(page: Page, sold: Sold) -> None:
    """Scan the code of a paper on the selling screen."""
    scan(page, sold.code)
    expect(page.locator(".return-head b")).to_have_text(sold.number)


def returns_of(sold: Sold) -> list[tuple[str, int]]:
    """Return (number, fen) of the returns of a sale."""
    rows = db.rows(
        "SELECT number, amount_fen FROM aftersales_return WHERE order_id = %s ORDER BY created_at", [sold.id]
    )
    return [(one["number"], one["amount_fen"]) for one in rows]


def refunds_of(sold: Sold) -> list[tuple[str, int, str]]:
    """Return (tender, fen, state) of what went back."""
    rows = db.rows(
        "SELECT p.tender, r.amount_fen, r.state FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id "
        "WHERE p.order_id = %s ORDER BY r.created_at, p.tender, r.amount_fen",
        [sold.id],
    )
    return [(one["tender"], one["amount_fen"], one["state"]) for one in rows]


def shelf(chain: Chain, sku: Any) -> tuple[int, int]:
    """Return what the store has of a SKU: (for sale, damaged)."""
    level = chain.stocked(chain.store, sku).level()
    return level.on_hand, level.damaged


def footprint(chain: Chain, sold: Sold, sku: Any) -> tuple[object, ...]:
    """All that a return could change."""
    return returns_of(sold), refunds_of(sold), shelf(chain, sku)


def lose_answers(window: BrowserContext, most: int) -> list[str]:
    """Let the server do what the till sends as a return, and lose that many of its answers; return what was sent."""
    sent: list[str] = []

    def lose(route: Route) -> None:
        if route.request.url.endswith("/preview"):
            route.continue_()
            return
        sent.append(str((route.request.post_data_json or {})["id"]))
        if len(sent) <= most:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    window.route("**/api/pos/v1/receipts/*/returns", lose)
    return sent


def yuan(fen: int) -> str:
    """Return an amount as the till shows it."""
    whole, rest = divmod(fen, 100)
    return f"{whole}.{rest:02d}"
