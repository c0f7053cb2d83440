"""What a sale at the till left on the server: the order, its tenders, the stock; and what its receipt shows."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from quanyu.platform import db
from tests.harness.chain import Chain


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
