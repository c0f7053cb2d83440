"""Products with their pictures and the ids of their SKUs: two queries for any number of ids."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from quanyu.modules.catalog.contracts import Picture, ProductInfo
from quanyu.modules.catalog.queries.skus import media_address
from quanyu.platform import db

_PRODUCTS = """
SELECT p.id, p.code, p.name, p.name_en, p.category_id, c.path AS category_path, p.brand_id,
       coalesce(b.name, '') AS brand_name, p.supplier_id, p.unit_name, p.is_weighed, p.tax_rate_bp,
       p.description_html, p.specification_names, p.is_active, p.is_listed_by_default,
       ARRAY(SELECT s.id FROM catalog_sku s WHERE s.product_id = p.id ORDER BY s.code) AS sku_ids
  FROM catalog_product p
  JOIN catalog_category c ON c.id = p.category_id
  LEFT JOIN catalog_brand b ON b.id = p.brand_id
 WHERE p.id = ANY(%s)
"""
_PICTURES = """
SELECT id, product_id, sku_id, thumb, card, "full", alt, alt_en
  FROM catalog_image WHERE product_id = ANY(%s) ORDER BY product_id, position, id
"""


def products(ids: Iterable[int]) -> dict[int, ProductInfo]:
    """Return the products that exist, by id."""
    wanted = list(ids)
    shown = _pictures(wanted)
    return {
        row["id"]: ProductInfo(
            **{
                **row,
                "category_path": tuple(row["category_path"]),
                "specification_names": tuple(row["specification_names"]),
                "sku_ids": tuple(row["sku_ids"]),
                "pictures": tuple(shown[row["id"]]),
            }
        )
        for row in db.rows(_PRODUCTS, [wanted])
    }


def product_ids_by_code(codes: Iterable[str]) -> dict[str, int]:
    """Return the ids of the product codes that exist."""
    found = db.rows("SELECT code, id FROM catalog_product WHERE code = ANY(%s)", [list(codes)])
    return {row["code"]: row["id"] for row in found}


def _pictures(product_ids: list[int]) -> dict[int, list[Picture]]:
    found: dict[int, list[Picture]] = defaultdict(list)
    for row in db.rows(_PICTURES, [product_ids]):
        for size in ("thumb", "card", "full"):
            row[size] = media_address(row[size])
        found[row["product_id"]].append(Picture(**row))
    return found
