"""What was learnt of the order book."""

from __future__ import annotations

from datetime import datetime

from quanyu.modules.insights.contracts import Companion
from quanyu.platform import db


def made_at() -> datetime | None:
    """Return when the book was read last; ``None``: never."""
    found: datetime | None = db.value("SELECT max(made_at) FROM insights_habit")
    return found


def also_bought(product_id: int) -> list[Companion]:
    """Return what is bought with a product, the closest first."""
    rows = db.rows(
        "SELECT other_id AS product_id, orders, lift FROM insights_also_bought WHERE product_id = %s ORDER BY place",
        [product_id],
    )
    return [Companion(**row) for row in rows]


def best_sellers(*, store_id: int, limit: int) -> list[int]:
    """Return the SKUs that sell best: those of the store, then those of all stores; one of each product."""
    rows = db.rows(
        "SELECT sku_id FROM (SELECT DISTINCT ON (product_id) product_id, sku_id, store_id, place "
        "FROM insights_best_seller WHERE store_id IN (%s, 0) ORDER BY product_id, store_id DESC) AS one "
        "ORDER BY store_id = 0, place LIMIT %s",
        [store_id, limit],
    )
    return [row["sku_id"] for row in rows]
