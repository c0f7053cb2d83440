"""What a store can sell of goods, and what they cost there."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from quanyu.modules.catalog import api as catalog
from quanyu.modules.inventory import api as inventory
from quanyu.modules.orders.contracts import Channel
from quanyu.modules.organization import api as organization
from quanyu.modules.partners.contracts import StockAnswer
from quanyu.modules.pricing import api as pricing


def answers(*, store_id: int, sku_ids: Collection[int], now: datetime) -> dict[int, StockAnswer]:
    """Return stock and price of SKUs at a store, by id; the code is our own. Four queries for any number."""
    place = organization.locations(ids=[store_id])[store_id]
    skus = catalog.skus(ids=sku_ids)
    prices = pricing.prices(unit_id=store_id, sku_ids=sku_ids, at=now, path=place.unit.path)
    free = inventory.availability(
        sku_ids=sku_ids,
        location_ids=[store_id],
        channel=Channel.POS,
        seller_owner_id=place.owner_id,
        now=now,
    )
    return {
        sku_id: StockAnswer(
            code=sku.code,
            sku_code=sku.code,
            name=sku.name,
            barcodes=sku.barcodes,
            available=free.get((store_id, sku_id), 0),
            price_fen=prices[sku_id].base_fen if sku_id in prices else None,
        )
        for sku_id, sku in skus.items()
    }
