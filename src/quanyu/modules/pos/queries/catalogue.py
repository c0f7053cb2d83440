"""What a till can sell, as it keeps it: products, codes, prices, stock."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.inventory import api as inventory
from quanyu.modules.orders.contracts import Channel
from quanyu.modules.organization import api as organization
from quanyu.modules.pos.contracts import CatalogueItem, CataloguePage
from quanyu.modules.pricing import api as pricing
from quanyu.modules.pricing.contracts import PriceSet
from quanyu.platform import db


def page(*, store_id: int, after: int | None, limit: int, now: datetime) -> CataloguePage:
    """Return the items after a SKU id, and the version of the whole.

    The version is a digest over every product, code and price (not stock, which moves with each sale): a
    till that sees it change between two pages starts again.
    """
    sku_ids = sorted(_listed(store_id))
    prices = pricing.prices(unit_id=store_id, sku_ids=sku_ids, at=now)
    skus = catalog.skus(ids=prices)
    priced = [sku_id for sku_id in sku_ids if sku_id in prices]
    wanted = [sku_id for sku_id in priced if after is None or sku_id > after]
    shown = wanted[:limit]
    return CataloguePage(
        version=_version([skus[sku_id] for sku_id in priced], prices),
        items=tuple(items(store_id=store_id, skus=[skus[sku_id] for sku_id in shown], prices=prices, now=now)),
        next_after=shown[-1] if len(wanted) > limit else None,
    )


def items(
    *, store_id: int, skus: Sequence[SkuInfo], prices: Mapping[int, PriceSet], now: datetime
) -> list[CatalogueItem]:
    """Return SKUs as a till keeps them; those without a price are left out. One query for all of them."""
    store = organization.locations(ids=[store_id])[store_id]
    stock = inventory.availability(
        sku_ids=[sku.id for sku in skus],
        location_ids=[store_id],
        channel=Channel.POS,
        seller_owner_id=store.owner_id,
        now=now,
    )
    return [_item(sku, prices[sku.id], available=stock.get((store_id, sku.id), 0)) for sku in skus if sku.id in prices]


def _listed(store_id: int) -> list[int]:
    """Return every SKU on sale that the store lists: an empty search, in one query."""
    rows = db.rows("SELECT sku_id FROM catalog_search('{}', '{}', '', %s, NULL, NULL, NULL, 1000000)", [store_id])
    return [row["sku_id"] for row in rows]


def _item(sku: SkuInfo, price: PriceSet, *, available: int) -> CatalogueItem:
    return CatalogueItem(
        sku_id=sku.id,
        sku_code=sku.code,
        name=sku.name,
        name_en=sku.name_en,
        specification=dict(sku.specification),
        unit_name=sku.unit_name,
        quantity_scale=sku.quantity_scale,
        category_id=sku.category_id,
        tax_rate_bp=sku.tax_rate_bp,
        image=sku.image_thumb,
        barcodes=sku.barcodes,
        plu=sku.plu,
        price_fen=price.base_fen,
        member_price_fen=price.member_fen,
        timed_price_fen=price.timed_fen,
        available=available,
    )


def _version(skus: Sequence[SkuInfo], prices: Mapping[int, PriceSet]) -> str:
    digest = hashlib.sha256()
    for sku in skus:
        digest.update(msgspec.json.encode((sku, prices[sku.id]), enc_hook=str))
    return digest.hexdigest()[:16]
