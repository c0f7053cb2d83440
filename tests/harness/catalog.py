"""Builders of categories, products and SKUs under random codes, through catalog's door."""

from __future__ import annotations

import io
import random
import secrets
from datetime import UTC, datetime

from PIL import Image

from quanyu.kernel.actor import SYSTEM
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import BrandInfo, CategoryInfo, NewProduct, NewSku, ProductInfo, SkuInfo
from quanyu.modules.catalog.rules import barcodes

_random = random.SystemRandom()


def code(prefix: str = "T") -> str:
    """Return a code that no other test has."""
    return f"{prefix}{secrets.token_hex(6).upper()}"


def ean13(prefix: str = "69") -> str:
    """Return a random, valid EAN-13."""
    body = prefix + "".join(_random.choices("0123456789", k=12 - len(prefix)))
    return f"{body}{barcodes.check_digit(body)}"


def make_category(*, name: str = "饮料", parent_id: int | None = None) -> CategoryInfo:
    """Make a category."""
    return catalog.create_category(
        code=code("C"), name=name, name_en="", parent_id=parent_id, actor=SYSTEM, now=datetime.now(UTC)
    )


def make_brand(*, name: str = "光明") -> BrandInfo:
    """Make a brand of goods."""
    return catalog.create_brand(code=code("B"), name=name, actor=SYSTEM, now=datetime.now(UTC))


def make_product(
    *,
    name: str = "纯牛奶",
    skus: tuple[NewSku, ...] = (),
    category_id: int | None = None,
    brand_id: int | None = None,
    supplier_id: int | None = None,
    is_weighed: bool = False,
    is_listed_by_default: bool = True,
    description_html: str = "",
) -> ProductInfo:
    """Make a product, with one SKU and one barcode unless told otherwise."""
    return catalog.create_product(
        product=NewProduct(
            code=code("P"),
            name=name,
            category_id=category_id or make_category().id,
            unit_name="千克" if is_weighed else "盒",
            skus=skus or (NewSku(code=code("S"), name=name, barcodes=(ean13(),)),),
            brand_id=brand_id,
            supplier_id=supplier_id,
            is_weighed=is_weighed,
            is_listed_by_default=is_listed_by_default,
            description_html=description_html,
        ),
        actor=SYSTEM,
        now=datetime.now(UTC),
    )


def make_sku(
    *,
    name: str = "纯牛奶",
    is_weighed: bool = False,
    plu: str | None = None,
    cost_fen: int = 0,
    category_id: int | None = None,
    supplier_id: int | None = None,
) -> SkuInfo:
    """Make a product with one SKU and return the SKU."""
    new = NewSku(code=code("S"), name=name, plu=plu, cost_fen=cost_fen, barcodes=(ean13(),))
    product = make_product(
        name=name, skus=(new,), is_weighed=is_weighed, category_id=category_id, supplier_id=supplier_id
    )
    return catalog.skus(ids=product.sku_ids)[product.sku_ids[0]]


def picture(*, colour: tuple[int, int, int] = (15, 120, 90), size: tuple[int, int] = (320, 240)) -> bytes:
    """Return a PNG of one colour."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()
