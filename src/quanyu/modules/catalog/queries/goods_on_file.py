"""What stands in the catalogue about goods that a file names: all of them at once, by their codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from quanyu.modules.catalog.rules import barcodes
from quanyu.platform import db

_OF_PRODUCT = (
    "p.id AS product_id, p.code AS product_code, p.name, p.name_en, p.category_id, c.code AS category_code, "
    "p.brand_id, coalesce(b.code, '') AS brand_code, p.supplier_id, p.unit_name, p.is_weighed, p.tax_rate_bp "
)
_JOINED = "JOIN catalog_category c ON c.id = p.category_id LEFT JOIN catalog_brand b ON b.id = p.brand_id "
_OF_SKU = (
    "s.id, s.code, s.name AS sku_name, s.specification::text AS specification, s.cost_fen, "
    "coalesce(s.plu, '') AS plu, s.is_active, ARRAY(SELECT o.code FROM catalog_barcode o WHERE o.sku_id = s.id "
    "ORDER BY o.pack_quantity, o.code) AS barcodes, "
)
_PRODUCTS = "SELECT " + _OF_PRODUCT + "FROM catalog_product p " + _JOINED + "WHERE p.code = ANY(%s)"
_SKUS = (
    "SELECT "
    + _OF_SKU
    + _OF_PRODUCT
    + "FROM catalog_sku s JOIN catalog_product p ON p.id = s.product_id "
    + _JOINED
    + "WHERE s.code = ANY(%s)"
)


@dataclass(frozen=True, slots=True)
class ProductOnFile:
    """A product as it stands."""

    product_id: int
    product_code: str
    name: str
    name_en: str
    category_id: int
    category_code: str
    brand_id: int | None
    brand_code: str
    supplier_id: int | None
    unit_name: str
    is_weighed: bool
    tax_rate_bp: int


@dataclass(frozen=True, slots=True)
class SkuOnFile:
    """A SKU as it stands, with its product."""

    id: int
    code: str
    sku_name: str
    specification: Mapping[str, str]
    cost_fen: int
    plu: str
    is_active: bool
    barcodes: tuple[str, ...]
    product: ProductOnFile


def skus(codes: Iterable[str]) -> dict[str, SkuOnFile]:
    """Return the SKUs that exist, by code."""
    found = {}
    for row in db.rows(_SKUS, [list(codes)]):
        product = ProductOnFile(**{name: row.pop(name) for name in ProductOnFile.__slots__})
        row["specification"] = msgspec.json.decode(row["specification"])
        found[row["code"]] = SkuOnFile(**{**row, "barcodes": tuple(row["barcodes"])}, product=product)
    return found


def products(codes: Iterable[str]) -> dict[str, ProductOnFile]:
    """Return the products that exist, by code."""
    return {row["product_code"]: ProductOnFile(**row) for row in db.rows(_PRODUCTS, [list(codes)])}


def sku_codes_of_barcodes(codes: Iterable[str]) -> dict[str, str]:
    """Return which SKU has a barcode, by the code as asked for; a GTIN is the same at any length."""
    asked = list(codes)
    found = db.rows(
        "SELECT o.code, o.gtin14, s.code AS sku FROM catalog_barcode o JOIN catalog_sku s ON s.id = o.sku_id "
        "WHERE o.code = ANY(%s) OR o.gtin14 = ANY(%s)",
        [asked, [gtin for code in asked if (gtin := barcodes.gtin14(code))]],
    )
    by_code = {row["code"]: row["sku"] for row in found}
    by_gtin = {row["gtin14"]: row["sku"] for row in found if row["gtin14"]}
    owners = {code: by_code.get(code) or by_gtin.get(barcodes.gtin14(code) or "") for code in asked}
    return {code: sku for code, sku in owners.items() if sku}
