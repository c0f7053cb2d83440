"""Take new products with their SKUs and barcodes into the catalogue, many at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.catalog.contracts import (
    BrandUnknown,
    CategoryUnknown,
    CodeTaken,
    NewProduct,
    NewSku,
    ProductUnknown,
)
from quanyu.modules.catalog.models import Brand, Category, Product
from quanyu.modules.catalog.ops import authorise, publish
from quanyu.modules.catalog.ops.index_skus import index_skus
from quanyu.modules.catalog.ops.keep_barcodes import Masks, insert_barcodes
from quanyu.modules.catalog.rules import barcodes, rich_text
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import UnitKind
from quanyu.platform import audit, db

_INSERT_PRODUCTS = """
INSERT INTO catalog_product (code, name, name_en, category_id, brand_id, supplier_id, unit_name, is_weighed,
       tax_rate_bp, description_html, specification_names, is_active, is_listed_by_default, created_at)
SELECT n.code, n.name, n.name_en, n.category_id, n.brand_id, n.supplier_id, n.unit_name, n.is_weighed,
       n.tax_rate_bp, n.description_html, ARRAY(SELECT jsonb_array_elements_text(n.specification_names)),
       true, n.is_listed_by_default, %s
  FROM jsonb_to_recordset(%s::jsonb) AS n(code text, name text, name_en text, category_id bigint, brand_id bigint,
       supplier_id bigint, unit_name text, is_weighed boolean, tax_rate_bp integer, description_html text,
       specification_names jsonb, is_listed_by_default boolean)
    ON CONFLICT DO NOTHING
RETURNING id, code
"""
_INSERT_SKUS = """
INSERT INTO catalog_sku (product_id, code, name, name_en, specification, quantity_scale, cost_fen, plu, is_active,
       search_tokens, search_text)
SELECT n.product_id, n.code, n.name, n.name_en, n.specification, n.quantity_scale, n.cost_fen, n.plu, true, '{}', ''
  FROM jsonb_to_recordset(%s::jsonb) AS n(product_id bigint, code text, name text, name_en text, specification jsonb,
       quantity_scale smallint, cost_fen bigint, plu text)
    ON CONFLICT DO NOTHING
RETURNING id, code
"""


def create_products(*, products: Sequence[NewProduct], masks: Masks, actor: Actor, now: datetime) -> list[int]:
    """Insert products and return their ids in order; all of them or, on any refusal, none.

    A code that exists, in the batch or before it, raises ``CodeTaken`` that names it.
    """
    authorise.demand_edit(actor)
    _refuse_twice(product.code for product in products)
    for product in products:
        if not product.skus:
            raise Invalid(field="skus", reason=N_("a product has at least one article"))
    demand_references(
        category_ids={product.category_id for product in products},
        brand_ids={product.brand_id for product in products if product.brand_id is not None},
        supplier_ids={product.supplier_id for product in products if product.supplier_id is not None},
    )
    rows = [_product_row(product) for product in products]
    ids = _inserted(db.rows(_INSERT_PRODUCTS, [now, _json(rows)]), [product.code for product in products])
    skus = [(ids[product.code], product.is_weighed, sku) for product in products for sku in product.skus]
    insert_skus(skus, masks=masks)
    made = [ids[product.code] for product in products]
    audit.record(
        actor=actor,
        action="catalog.products_create",
        subject_kind="product",
        subject_id=made[0] if len(made) == 1 else f"{len(made)} products",
        detail={"first_ids": made[:20], "count": len(made)},
        now=now,
    )
    publish.products_changed(made, now=now)
    return made


def add_sku(*, product_id: int, sku: NewSku, masks: Masks, actor: Actor, now: datetime) -> int:
    """Insert one more variant of a product and return its id."""
    authorise.demand_edit(actor)
    is_weighed = Product.objects.filter(pk=product_id).values_list("is_weighed", flat=True).first()
    if is_weighed is None:
        raise ProductUnknown(field="product_id")
    sku_id = insert_skus([(product_id, is_weighed, sku)], masks=masks)[0]
    audit.record(
        actor=actor,
        action="catalog.sku_create",
        subject_kind="sku",
        subject_id=sku_id,
        detail={"code": sku.code},
        now=now,
    )
    publish.products_changed([product_id], now=now)
    return sku_id


def insert_skus(skus: Sequence[tuple[int, bool, NewSku]], *, masks: Masks) -> list[int]:
    """Insert SKUs given as (product id, sold by weight, what) with their barcodes; return their ids."""
    _refuse_twice(sku.code for _, _, sku in skus)
    _refuse_twice(plu for _, _, sku in skus if (plu := plu_of(sku.plu)))
    rows = [
        {
            "product_id": product_id,
            "code": sku.code,
            "name": sku.name,
            "name_en": sku.name_en,
            "specification": dict(sku.specification),
            "quantity_scale": 1000 if is_weighed else 1,
            "cost_fen": _cost(sku.cost_fen),
            "plu": plu_of(sku.plu),
        }
        for product_id, is_weighed, sku in skus
    ]
    ids = _inserted(db.rows(_INSERT_SKUS, [_json(rows)]), [sku.code for _, _, sku in skus])
    insert_barcodes([(ids[sku.code], code, 1) for _, _, sku in skus for code in sku.barcodes], masks=masks)
    made = [ids[sku.code] for _, _, sku in skus]
    index_skus(made)
    return made


def demand_references(*, category_ids: set[int], brand_ids: set[int], supplier_ids: set[int]) -> None:
    """Raise the matching ``...Unknown`` unless all of these exist."""
    if Category.objects.filter(pk__in=category_ids).count() != len(category_ids):
        raise CategoryUnknown(field="category_id")
    if Brand.objects.filter(pk__in=brand_ids).count() != len(brand_ids):
        raise BrandUnknown(field="brand_id")
    if supplier_ids:
        units = organization.units(ids=sorted(supplier_ids))
        if any(unit_id not in units or units[unit_id].kind is not UnitKind.SUPPLIER for unit_id in supplier_ids):
            raise Invalid(field="supplier_id", reason=N_("this unit is not a supplier"))


def plu_of(text: str | None) -> str | None:
    """Return a scale code in its one form of five digits. Raises ``Invalid`` for anything else."""
    if text is None or not text.strip():
        return None
    plu = text.strip().zfill(5)
    if len(plu) != 5 or not barcodes.is_digits(plu):
        raise Invalid(field="plu", reason=N_("a scale code has at most five digits"))
    return plu


def _product_row(product: NewProduct) -> dict[str, Any]:
    if not 0 <= product.tax_rate_bp <= 10_000:
        raise Invalid(field="tax_rate_bp", reason=N_("a tax rate is between 0 % and 100 %"))
    if len(product.description_html) > rich_text.LENGTH_MAX:
        raise Invalid(field="description_html", reason=N_("the text is too long"))
    row = {
        name: getattr(product, name)
        for name in (
            "code", "name", "name_en", "category_id", "brand_id", "supplier_id", "unit_name", "is_weighed",
            "tax_rate_bp", "specification_names", "is_listed_by_default",
        )
    }  # fmt: skip
    return row | {"description_html": rich_text.sanitised(product.description_html)}


def _cost(cost_fen: int) -> int:
    if cost_fen < 0:
        raise Invalid(field="cost_fen", reason=N_("a cost is not negative"))
    return cost_fen


def _inserted(rows: list[dict[str, Any]], codes: list[str]) -> dict[str, int]:
    """Return ids by code; a code that did not go in belongs to somebody else."""
    ids = {row["code"]: row["id"] for row in rows}
    for code in codes:
        if code not in ids:
            raise CodeTaken(field="code", code=code)
    return ids


def _refuse_twice(codes: Iterable[str]) -> None:
    for code, times in Counter(codes).items():
        if times > 1:
            raise CodeTaken(field="code", code=code)


def _json(rows: list[dict[str, Any]]) -> str:
    return msgspec.json.encode(rows).decode()
