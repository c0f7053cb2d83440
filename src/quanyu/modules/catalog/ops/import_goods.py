"""Write goods from a file: new products and variants, changes and barcodes of many, in a few statements."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from quanyu.kernel.actor import Actor
from quanyu.modules.catalog.contracts import CodeTaken, NewProduct, NewSku, ProductChanges, SkuChanges
from quanyu.modules.catalog.models import Product, Sku
from quanyu.modules.catalog.ops import authorise, create_products, publish
from quanyu.modules.catalog.ops.index_skus import index_skus
from quanyu.modules.catalog.ops.keep_barcodes import Masks, insert_barcodes
from quanyu.platform import audit, db, locks

# A SKU's name begins with its product's: it goes along when that changes.
_RENAME_SKUS = """
UPDATE catalog_sku s
   SET name = left((n.c ->> 'name') || substr(s.name, length(p.name) + 1), 140)
  FROM jsonb_to_recordset(%s::jsonb) AS n(id bigint, c jsonb)
  JOIN catalog_product p ON p.id = n.id
 WHERE s.product_id = p.id AND n.c ? 'name' AND starts_with(s.name, p.name)
"""
_CHANGE_PRODUCTS = """
UPDATE catalog_product p
   SET name = coalesce(n.c ->> 'name', p.name),
       name_en = coalesce(n.c ->> 'name_en', p.name_en),
       category_id = coalesce((n.c ->> 'category_id')::bigint, p.category_id),
       brand_id = CASE WHEN n.c ? 'brand_id' THEN (n.c ->> 'brand_id')::bigint ELSE p.brand_id END,
       supplier_id = CASE WHEN n.c ? 'supplier_id' THEN (n.c ->> 'supplier_id')::bigint ELSE p.supplier_id END,
       unit_name = coalesce(n.c ->> 'unit_name', p.unit_name),
       tax_rate_bp = coalesce((n.c ->> 'tax_rate_bp')::integer, p.tax_rate_bp)
  FROM jsonb_to_recordset(%s::jsonb) AS n(id bigint, c jsonb)
 WHERE p.id = n.id
"""
_CHANGE_SKUS = """
UPDATE catalog_sku s
   SET specification = coalesce(n.c -> 'specification', s.specification),
       cost_fen = coalesce((n.c ->> 'cost_fen')::bigint, s.cost_fen),
       is_active = coalesce((n.c ->> 'is_active')::boolean, s.is_active)
  FROM jsonb_to_recordset(%s::jsonb) AS n(id bigint, c jsonb)
 WHERE s.id = n.id
"""


@dataclass(frozen=True, slots=True)
class GoodsImport:
    """What a part of a file writes. ``variants`` are (product id, sold by weight, what); changes are by id."""

    import_id: str
    products: Sequence[NewProduct] = ()
    variants: Sequence[tuple[int, bool, NewSku]] = ()
    product_changes: Mapping[int, ProductChanges] = field(default_factory=dict)
    sku_changes: Mapping[int, SkuChanges] = field(default_factory=dict)
    barcodes: Sequence[tuple[int, str]] = ()
    off_sale: Collection[str] = ()


def hold(codes: Collection[str], product_codes: Collection[str]) -> None:
    """Hold these SKUs and products until the transaction ends, so that what was read of them stays true."""
    found = list(Sku.objects.filter(code__in=codes).values_list("product_id", flat=True))
    named = list(Product.objects.filter(code__in=product_codes).values_list("pk", flat=True))
    locks.rows_for_update(Product.objects.filter(pk__in={*found, *named}).only("pk"))
    locks.rows_for_update(Sku.objects.filter(code__in=codes).only("pk"))


def import_goods(goods: GoodsImport, *, masks: Masks, actor: Actor, now: datetime) -> None:
    """Write all of it or, on any refusal, none. Raises as creating and changing single goods does."""
    authorise.demand_edit(actor)
    made: list[int] = []
    if goods.products:
        made = create_products.create_products(products=goods.products, masks=masks, actor=actor, now=now)
    touched = {product_id for product_id, _, _ in goods.variants} | set(goods.product_changes)
    if goods.variants:
        create_products.insert_skus(goods.variants, masks=masks)
    _change_products(goods.product_changes)
    _change_skus(goods.sku_changes)
    insert_barcodes([(sku_id, code, 1) for sku_id, code in goods.barcodes], masks=masks)
    if goods.off_sale:
        Sku.objects.filter(code__in=goods.off_sale).update(is_active=False)
    changed = {*goods.sku_changes, *(sku_id for sku_id, _ in goods.barcodes)}
    touched |= set(Sku.objects.filter(pk__in=changed).values_list("product_id", flat=True))
    if not touched:
        return
    index_skus(list(Sku.objects.filter(product_id__in=touched).values_list("pk", flat=True)))
    audit.record(
        actor=actor,
        action="catalog.goods_import",
        subject_kind="file_import",
        subject_id=goods.import_id,
        detail={
            "products": len(made),
            "variants": len(goods.variants),
            "products_changed": len(goods.product_changes),
            "skus_changed": len(goods.sku_changes),
            "barcodes": len(goods.barcodes),
        },
        now=now,
    )
    publish.products_changed(touched, now=now)


def _change_products(changes: Mapping[int, ProductChanges]) -> None:
    if not changes:
        return
    create_products.demand_references(
        category_ids={one["category_id"] for one in changes.values() if "category_id" in one},
        brand_ids={brand for one in changes.values() if (brand := one.get("brand_id")) is not None},
        supplier_ids={supplier for one in changes.values() if (supplier := one.get("supplier_id")) is not None},
    )
    sent = _sent(changes)
    db.execute(_RENAME_SKUS, [sent])
    db.execute(_CHANGE_PRODUCTS, [sent])


def _change_skus(changes: Mapping[int, SkuChanges]) -> None:
    if not changes:
        return
    db.execute(_CHANGE_SKUS, [_sent(changes)])
    for sku_id, one in changes.items():
        if "plu" in one:
            plu = create_products.plu_of(one["plu"])
            if not db.value("SELECT catalog_write_plu(%s, %s)", [sku_id, plu]):
                raise CodeTaken(field="plu", code=plu)


def _sent(changes: Mapping[int, Any]) -> str:
    return msgspec.json.encode([{"id": key, "c": dict(one)} for key, one in changes.items()]).decode()
