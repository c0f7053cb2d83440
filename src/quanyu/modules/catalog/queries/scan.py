"""What is sold under a scanned code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from quanyu.modules.catalog.contracts import BarcodeUnknown, Reading, ReadingKind, SkuScan
from quanyu.modules.catalog.queries import scale_masks
from quanyu.modules.catalog.rules import scan_router
from quanyu.platform import db

_KNOWN = """
SELECT 'barcode' AS kind, b.code AS text, b.sku_id, b.pack_quantity, s.quantity_scale
  FROM catalog_barcode b JOIN catalog_sku s ON s.id = b.sku_id WHERE b.code = ANY(%(barcode)s)
 UNION ALL
SELECT 'gtin', b.gtin14, b.sku_id, b.pack_quantity, s.quantity_scale
  FROM catalog_barcode b JOIN catalog_sku s ON s.id = b.sku_id WHERE b.gtin14 = ANY(%(gtin)s)
 UNION ALL
SELECT 'plu', s.plu, s.id, 1, s.quantity_scale FROM catalog_sku s WHERE s.plu = ANY(%(plu)s)
"""


def by_barcode(*, code: str, settings_path: Sequence[str]) -> SkuScan:
    """Return the SKU of a code, with what a scale's label says of weight and amount.

    One query for all ways to read the code; the first reading that is known wins. Raises
    ``BarcodeUnknown``.
    """
    readings = scan_router.route(code, masks=scale_masks.in_force(settings_path))
    wanted: dict[str, list[str]] = {"barcode": [], "gtin": [], "plu": []}
    for reading in readings:
        place = _place(reading)
        if place is not None:
            wanted[place[0]].append(place[1])
    if any(wanted.values()):
        found = {(row["kind"], row["text"]): row for row in db.rows(_KNOWN, wanted)}
        for reading in readings:
            row = found.get(_place(reading) or ("", ""))
            if row is not None:
                return SkuScan(row["sku_id"], _quantity(reading, row), reading.amount_fen)
    raise BarcodeUnknown(field="code", code=code[:48])


def _place(reading: Reading) -> tuple[str, str] | None:
    """Return under which key of the query a reading is looked up."""
    if reading.kind in (ReadingKind.SCALE, ReadingKind.PLU):
        return "plu", reading.text.zfill(5)
    return (str(reading.kind), reading.text) if reading.kind in (ReadingKind.BARCODE, ReadingKind.GTIN) else None


def _quantity(reading: Reading, row: dict[str, Any]) -> int | None:
    """Return grams for weighed goods where a label says them, pieces of the pack otherwise."""
    if row["quantity_scale"] == 1:
        return int(row["pack_quantity"])
    return reading.grams
