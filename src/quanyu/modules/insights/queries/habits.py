"""What was learnt of the order book."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from quanyu.modules.insights.contracts import Companion, Company
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


def company(*, products: int, most: int) -> list[Company]:
    """Return what goes with the products that are bought most often, by product; so many of each."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in db.rows("SELECT product_id, other_id, strength_bp FROM insights_companions(%s, %s)", [products, most]):
        found[row["product_id"]].append((row["other_id"], row["strength_bp"]))
    return [Company(product_id, tuple(goes_with)) for product_id, goes_with in found.items()]


def variant_orders(sku_ids: Iterable[int]) -> dict[int, int]:
    """Return how many orders of late held these SKUs; those of nobody's company are missing."""
    rows = db.rows("SELECT sku_id, orders FROM insights_variant WHERE sku_id = ANY (%s)", [list(sku_ids)])
    return {row["sku_id"]: row["orders"] for row in rows}
