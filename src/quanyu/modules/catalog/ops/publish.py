"""Tell the other modules that products changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

import msgspec

from quanyu.modules.catalog.events import ProductChanged
from quanyu.platform import db


def products_changed(product_ids: Iterable[int], *, now: datetime) -> None:
    """Append one ``ProductChanged`` per product, in one statement: an import changes thousands."""
    rows = db.rows(
        "SELECT p.id AS product_id, ARRAY(SELECT s.id FROM catalog_sku s WHERE s.product_id = p.id ORDER BY s.id) "
        "AS sku_ids FROM catalog_product p WHERE p.id = ANY(%s) ORDER BY p.id",
        [sorted(product_ids)],
    )
    facts = [ProductChanged(row["product_id"], tuple(row["sku_ids"])) for row in rows]
    if not facts:
        return
    waiting = [{"aggregate": fact.aggregate, "payload": asdict(fact)} for fact in facts]
    db.rows(
        "SELECT platform_outbox_append(%s, fact.aggregate, fact.payload, %s) "
        "FROM jsonb_to_recordset(%s::jsonb) AS fact(aggregate text, payload jsonb)",
        [ProductChanged.topic, now, msgspec.json.encode(waiting).decode()],
    )
