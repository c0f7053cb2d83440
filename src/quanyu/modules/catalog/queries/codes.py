"""Where printed codes lead."""

from __future__ import annotations

from collections.abc import Collection

from quanyu.modules.catalog.contracts import CodeUnknown
from quanyu.modules.catalog.contracts.overlay_and_labels import CodePlace
from quanyu.platform import db


def tokens(*, sku_ids: Collection[int], unit_id: int | None) -> dict[int, str]:
    """Return the tokens of SKUs in a store (``None``: in no store), by SKU."""
    rows = db.rows(
        "SELECT sku_id, token FROM catalog_code WHERE sku_id = ANY(%s) AND unit_id IS NOT DISTINCT FROM %s",
        [list(sku_ids), unit_id],
    )
    return {row["sku_id"]: row["token"] for row in rows}


def place(token: str) -> CodePlace:
    """Return where a code leads. Raises ``CodeUnknown``."""
    row = db.row("SELECT token, sku_id, unit_id FROM catalog_code WHERE token = %s", [token])
    if row is None:
        raise CodeUnknown(field="token")
    return CodePlace(**row)
