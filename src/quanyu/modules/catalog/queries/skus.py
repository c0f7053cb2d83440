"""SKUs as those who sell them need to know them: one query for any number of ids."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from django.conf import settings

from quanyu.modules.catalog.contracts import NOT_SELLABLE, Sellable, SkuInfo
from quanyu.platform import db

_COLUMNS = """
SELECT s.id, s.code, s.product_id, s.name, s.name_en, p.category_id, c.path AS category_path, p.brand_id,
       p.supplier_id, p.unit_name, p.is_weighed, s.quantity_scale, p.tax_rate_bp, s.cost_fen,
       s.is_active AND p.is_active AS is_active, s.specification::text AS specification, s.plu,
       coalesce(picture.card, '') AS image_card, coalesce(picture.thumb, '') AS image_thumb,
       ARRAY(SELECT b.code FROM catalog_barcode b WHERE b.sku_id = s.id ORDER BY b.pack_quantity, b.code) AS barcodes"""
_FROM = """
  FROM catalog_sku s
  JOIN catalog_product p ON p.id = s.product_id
  JOIN catalog_category c ON c.id = p.category_id
  LEFT JOIN LATERAL (
       SELECT i.card, i.thumb FROM catalog_image i
        WHERE i.product_id = s.product_id AND (i.sku_id = s.id OR i.sku_id IS NULL)
        ORDER BY i.sku_id NULLS LAST, i.position, i.id LIMIT 1
       ) picture ON true
 WHERE s.id = ANY(%s)
"""
_SKUS = _COLUMNS + _FROM
# The same with whether a store lists it that says nothing of it, as "by_default".
WITH_DEFAULT = f"{_COLUMNS}, p.is_listed_by_default AS by_default {_FROM}"


def skus(ids: Iterable[int]) -> dict[int, SkuInfo]:
    """Return the SKUs that exist, by id."""
    return {row["id"]: made(row) for row in db.rows(_SKUS, [list(ids)])}


def sku_ids_by_code(codes: Iterable[str]) -> dict[str, int]:
    """Return the ids of the SKU codes that exist."""
    found = db.rows("SELECT code, id FROM catalog_sku WHERE code = ANY(%s)", [list(codes)])
    return {row["code"]: row["id"] for row in found}


def search_texts(ids: Iterable[int]) -> dict[int, str]:
    """Return the text that a search of each SKU is checked against."""
    found = db.rows("SELECT id, search_text FROM catalog_sku WHERE id = ANY(%s)", [list(ids)])
    return {row["id"]: row["search_text"] for row in found}


def packs(ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """Return the barcodes that stand for several pieces, with how many, by SKU."""
    found: dict[int, dict[str, int]] = {}
    for row in db.rows(
        "SELECT sku_id, code, pack_quantity FROM catalog_barcode WHERE pack_quantity > 1 AND sku_id = ANY(%s) "
        "ORDER BY code",
        [list(ids)],
    ):
        found.setdefault(row["sku_id"], {})[row["code"]] = row["pack_quantity"]
    return found


def sellable(*, unit_id: int, sku_ids: Iterable[int]) -> dict[int, Sellable]:
    """Return an answer for every id asked for; one that does not exist is not sellable."""
    wanted = list(sku_ids)
    found = db.rows("SELECT * FROM catalog_sellable(%s, %s)", [unit_id, wanted])
    answers = {row.pop("sku_id"): Sellable(**row) for row in found}
    return {sku_id: answers.get(sku_id, NOT_SELLABLE) for sku_id in wanted}


def media_address(path: str) -> str:
    """Return the address of a file below the media root, empty for none."""
    return f"{settings.MEDIA_URL}{path}" if path else ""


def made(row: dict[str, Any]) -> SkuInfo:
    """Make the contract of a row."""
    return SkuInfo(
        **{
            **row,
            "category_path": tuple(row["category_path"]),
            "specification": msgspec.json.decode(row["specification"]),
            "image_card": media_address(row["image_card"]),
            "image_thumb": media_address(row["image_thumb"]),
            "barcodes": tuple(row["barcodes"]),
        }
    )
