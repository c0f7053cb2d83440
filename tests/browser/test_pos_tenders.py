"""Money at the till in a real browser: split tenders, a member's coupons and points by one scan, payment codes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, Route, expect

from quanyu.platform import db
from tests.browser.test_pos import Counter, due, next_customer, player, scan, settled
from tests.harness import web
from tests.harness.chain import BREAD_FEN, MILK_FEN, TEA_FEN, Chain, make_chain
from tests.harness.live import Live

__all__ = ["player"]
STOCK = 300
MEMBER_TEA_FEN = 8000


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=STOCK)


@pytest.fixture
def counter(player: Playwright, live: Live, tmp_path: Path) -> Iterator[Counter]:  # noqa: F811
    web.built()
    made = Counter(player, tmp_path / "profile", live.url)
    yield made
    if made.window is not None:
        made.close()


def shot(page: Page, name: str) -> None:
    if (folder := os.environ.get("SHOTS")) is None:
        return
    for width, height in ((1280, 800), (1024, 768)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(150)
        page.screenshot(path=f"{folder}/{name}-{width}.png")
    page.set_viewport_size({"width": 1280, "height": 800})


def last_order(chain: Chain) -> dict[str, Any]:
    """Return the newest order of the store."""
    found = db.row(
        "SELECT id, state, member_id, goods_fen, coupon_fen, points_fen, points_spent, payable_fen, paid_fen "
        "FROM orders_order WHERE selling_store_id = %s ORDER BY placed_at DESC, id DESC LIMIT 1",
        [chain.store.unit.id],
    )
    assert found is not None
    return found


def orders(chain: Chain) -> int:
    return int(db.value("SELECT count(*) FROM orders_order WHERE selling_store_id = %s", [chain.store.unit.id]))


def tenders(order: dict[str, Any]) -> list[tuple[str, str, int, int | None]]:
    """Return (tender, state, amount, cash handed over) of an order's payments."""
    rows = db.rows(
        "SELECT tender, state, amount_fen, tendered_fen FROM payments_payment WHERE order_id = %s "
        "ORDER BY created_at, amount_fen",
        [order["id"]],
    )
    return [(one["tender"], one["state"], one["amount_fen"], one["tendered_fen"]) for one in rows]


def on_hand(chain: Chain, sku: Any) -> tuple[int, int]:
    """Return (on hand, reserved) of the store."""
    row = db.row(
        "SELECT on_hand, reserved FROM inventory_stock WHERE location_id = %s AND sku_id = %s",
        [chain.store.unit.id, sku.id],
    )
    assert row is not None
    return row["on_hand"], row["reserved"]


def paid(page: Page) -> None:
    page.wait_for_selector("[data-test=paper]")


def paper_of(page: Page) -> str:
    return page.locator("[data-test=paper]").inner_text().replace("\n", "")


def test_pos_02_part_cash_part_two_cards_and_the_change_from_cash(counter: Counter, chain: Chain):
    page = counter.begin(chain)
    before = on_hand(chain, chain.tea)
    scan(page, chain.tea.barcodes[0])
    page.keyboard.press("F9")
    page.wait_for_selector("input[name=amount]")
    page.locator("input[name=amount]").focus()
    page.keyboard.type("30")
    page.keyboard.press("Tab")
    page.keyboard.type("8842")
    page.keyboard.press("Enter")
    expect(page.locator("[data-test=rows] li")).to_have_count(1)
    expect(page.locator("[data-test=due]")).to_have_text("¥58.00")
    shot(page, "split")
    page.locator("input[name=amount]").fill("60")
    expect(page.locator("[data-test=pay]")).to_be_disabled()
    page.locator("input[name=amount]").fill("8")
    page.keyboard.press("Enter")
    expect(page.locator("[data-test=rows] li")).to_have_count(2)
    page.keyboard.press("F8")
    page.wait_for_selector("input[name=given]")
    page.keyboard.type("100")
    expect(page.locator("[data-test=change]")).to_have_text("¥50.00")
    page.keyboard.press("Enter")
    paid(page)
    expect(page.locator("[data-test=receipt-change]")).to_have_text("¥50.00")
    shot(page, "split-receipt")
    assert [paper_of(page).count(text) for text in ("银行卡", "8842", "30.00", "100.00", "找零")] == [2, 1, 1, 1, 1]
    next_customer(page)
    settled(page)
    order = last_order(chain)
    assert (order["state"], order["payable_fen"], order["paid_fen"]) == ("completed", TEA_FEN, TEA_FEN)
    assert sorted(tenders(order)) == [
        ("card", "paid", 800, None),
        ("card", "paid", 3000, None),
        ("cash", "paid", 5000, 10_000),
    ]
    assert on_hand(chain, chain.tea) == (before[0] - 1, 0)


def test_pos_02_a_split_sale_without_the_server_arrives_with_all_its_tenders(counter: Counter, chain: Chain):
    page = counter.begin(chain)
    assert counter.window is not None
    before = orders(chain)
    counter.window.route("**/api/**", lambda route: route.abort())
    scan(page, chain.bread.barcodes[0])
    page.keyboard.press("F8")
    page.wait_for_selector("input[name=given]")
    page.keyboard.type("10")
    page.keyboard.press("Enter")
    expect(page.locator("[data-test=rows] li")).to_have_count(1)
    # Taken back, and given again.
    page.locator("[data-test=rows] li button").click()
    expect(page.locator("[data-test=rows]")).to_have_count(0)
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    expect(page.locator("[data-test=rows] li")).to_have_count(1)
    page.keyboard.press("F9")
    page.wait_for_selector("input[name=reference]")
    page.keyboard.press("Enter")
    paid(page)
    assert orders(chain) == before
    next_customer(page)
    counter.window.unroute_all()
    settled(page)
    order = last_order(chain)
    assert (orders(chain), order["payable_fen"]) == (before + 1, BREAD_FEN)
    assert sorted(tenders(order)) == [("card", "paid", BREAD_FEN - 500, None), ("cash", "paid", 500, 500)]
    assert db.rows("SELECT * FROM pos_breach_till_chain_broken") == []
