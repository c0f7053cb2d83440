"""Put barcodes on SKUs and take them off: several per SKU, each of one SKU only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.catalog.contracts import BarcodeInvalid, BarcodeReserved, BarcodeUnknown, CodeTaken, SkuUnknown
from quanyu.modules.catalog.models import Barcode, Sku
from quanyu.modules.catalog.ops import authorise, publish
from quanyu.modules.catalog.ops.index_skus import index_skus
from quanyu.modules.catalog.rules import barcodes, scan_router
from quanyu.modules.catalog.rules.scale_codes import ScaleMask
from quanyu.platform import audit, db

Masks = Sequence[ScaleMask]
_FAULTS = {
    "characters": N_("it holds characters that a scanner does not send"),
    "check_digit": N_("the check digit is wrong"),
}


def add_barcode(*, sku_id: int, code: str, pack_quantity: int, masks: Masks, actor: Actor, now: datetime) -> None:
    """Put one more barcode on a SKU; a case label counts ``pack_quantity`` pieces."""
    authorise.demand_edit(actor)
    sku = Sku.objects.filter(pk=sku_id).first()
    if sku is None:
        raise SkuUnknown(field="sku_id")
    if pack_quantity < 1:
        raise Invalid(field="pack_quantity", reason=N_("a pack holds at least one piece"))
    insert_barcodes([(sku_id, code, pack_quantity)], masks=masks)
    _changed(sku, action="catalog.barcode_add", code=code, actor=actor, now=now)


def remove_barcode(*, code: str, actor: Actor, now: datetime) -> None:
    """Take a barcode off its SKU."""
    authorise.demand_edit(actor)
    barcode = Barcode.objects.select_related("sku").filter(pk=code).first()
    if barcode is None or not Barcode.objects.filter(pk=code).delete()[0]:
        raise BarcodeUnknown(field="code", code=code)
    _changed(barcode.sku, action="catalog.barcode_remove", code=code, actor=actor, now=now)


def insert_barcodes(rows: Sequence[tuple[int, str, int]], *, masks: Masks) -> None:
    """Insert (SKU id, code, pieces) rows. Raises ``BarcodeInvalid``, ``BarcodeReserved``, ``CodeTaken``."""
    if not rows:
        return
    for refusal in faults([code for _, code, _ in rows], masks=masks).values():
        raise refusal
    new = [
        {"sku_id": sku_id, "code": code, "gtin14": barcodes.gtin14(code), "pack": pack} for sku_id, code, pack in rows
    ]
    made = db.rows(
        "INSERT INTO catalog_barcode (code, gtin14, sku_id, pack_quantity) "
        "SELECT n.code, n.gtin14, n.sku_id, n.pack "
        "FROM jsonb_to_recordset(%s::jsonb) AS n(code text, gtin14 text, sku_id bigint, pack integer) "
        "ON CONFLICT DO NOTHING RETURNING code",
        [msgspec.json.encode(new).decode()],
    )
    if len(made) < len(rows):
        went_in = [row["code"] for row in made]
        taken = next((code for _, code, _ in rows if code not in went_in), rows[0][1])
        raise CodeTaken(field="code", code=taken)


def faults(codes: Sequence[str], *, masks: Masks) -> dict[str, BarcodeInvalid | BarcodeReserved]:
    """Return, by code, why a text cannot stand on goods: no barcode, or read as something else first."""
    found: dict[str, BarcodeInvalid | BarcodeReserved] = {}
    for code in codes:
        fault = barcodes.fault_of(code)
        if fault is not None:
            found[code] = BarcodeInvalid(field="code", code=code, reason=_FAULTS[fault.reason])
        elif not scan_router.is_free_for_products(code, masks=masks):
            found[code] = BarcodeReserved(field="code", code=code)
    return found


def _changed(sku: Sku, *, action: str, code: str, actor: Actor, now: datetime) -> None:
    index_skus([sku.pk])
    audit.record(actor=actor, action=action, subject_kind="sku", subject_id=sku.pk, detail={"code": code}, now=now)
    publish.products_changed([sku.product_id], now=now)
