"""Flash sales, and what they did."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from quanyu.modules.flash.contracts import Figures, Sale, SaleUnknown
from quanyu.platform import db

_SALE = (
    "SELECT sale.id, sale.sku_id, sale.channels, sale.closed_from, sale.starts_at, sale.ends_at, "
    "sale.per_member_limit, sale.units_total, sale.taken, sale.stopped_at, "
    "ARRAY(SELECT scope.unit_id FROM flash_sale_units AS scope WHERE scope.sale_id = sale.id) AS unit_ids "
    "FROM flash_sale AS sale "
)


COMING = _SALE + "WHERE sale.stopped_at IS NULL AND sale.ends_at > %s ORDER BY sale.id"


def coming(*, at: datetime) -> list[Sale]:
    """Return the sales that run or are to come, by id. One query."""
    return [made(row) for row in db.rows(COMING, [at])]


def coming_of_sku(*, sku_id: int, at: datetime) -> list[Sale]:
    """Return the sales of a SKU that run or are to come. One query."""
    rows = db.rows(
        _SALE + "WHERE sale.sku_id = %s AND sale.stopped_at IS NULL AND sale.ends_at > %s ORDER BY id", [sku_id, at]
    )
    return [made(row) for row in rows]


def sale(sale_id: int) -> Sale:
    """Return one sale. Raises ``SaleUnknown``."""
    rows = db.rows(_SALE + "WHERE sale.id = %s", [sale_id])
    if not rows:
        raise SaleUnknown(field="sale_id")
    return made(rows[0])


def figures(*, sale_ids: Collection[int]) -> dict[int, Figures]:
    """Return what sales did, by id. Two queries."""
    ids = sorted(set(sale_ids))
    taken = {
        row["sale_id"]: row
        for row in db.rows(
            "SELECT sale_id, coalesce(sum(quantity) FILTER (WHERE state = 'taken'), 0)::int AS taken, "
            "coalesce(sum(quantity) FILTER (WHERE state = 'given_back'), 0)::int AS given_back, "
            "(count(DISTINCT member_id) FILTER (WHERE state = 'taken'))::int AS members "
            "FROM flash_taking WHERE sale_id = ANY(%s) GROUP BY sale_id",
            [ids],
        )
    }
    refused: dict[int, dict[str, int]] = {sale_id: {} for sale_id in ids}
    for row in db.rows("SELECT sale_id, code, tries FROM flash_refusal WHERE sale_id = ANY(%s)", [ids]):
        refused[row["sale_id"]][row["code"]] = row["tries"]
    nothing = {"taken": 0, "given_back": 0, "members": 0}
    return {
        sale_id: Figures(**{name: taken.get(sale_id, nothing)[name] for name in nothing}, refused=refused[sale_id])
        for sale_id in ids
    }


def pieces_by_order(sale_id: int) -> dict[UUID, int]:
    """Return the pieces that orders have of a sale, by order. One query."""
    rows = db.rows("SELECT order_id, quantity FROM flash_taking WHERE sale_id = %s AND state = 'taken'", [sale_id])
    return {row["order_id"]: row["quantity"] for row in rows}


def had_by_member(*, member_id: UUID, sale_ids: Collection[int]) -> dict[int, int]:
    """Return how many pieces a member has of sales, by id; those without are left out. One query."""
    rows = db.rows(
        "SELECT sale_id, quantity FROM flash_purchase WHERE member_id = %s AND sale_id = ANY(%s) AND quantity > 0",
        [member_id, list(sale_ids)],
    )
    return {row["sale_id"]: row["quantity"] for row in rows}


def made(row: dict[str, Any]) -> Sale:
    """Return the sale that a row is."""
    return Sale(**row | {"unit_ids": frozenset(row["unit_ids"]), "channels": frozenset(row["channels"])})
