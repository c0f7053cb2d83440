"""The points mall of a store: its offers with the goods as the store has them."""

from __future__ import annotations

from datetime import datetime

from quanyu.modules.mall.contracts import PointsOffer, Shop
from quanyu.modules.mall.queries import offers
from quanyu.modules.points import api as points


def points_offers(*, shop: Shop, after: int | None, limit: int, now: datetime) -> list[PointsOffer]:
    """Return offers after an id, by id, of goods that the store lists: a fixed number of statements for any number."""
    found = [offer for offer in points.offers(path=shop.path, at=now) if after is None or offer.id > after]
    goods = offers.offers(shop=shop, sku_ids=[offer.sku_id for offer in found], now=now) if found else {}
    shown = [
        PointsOffer(offer=offer, goods=goods[offer.sku_id])
        for offer in sorted(found, key=lambda offer: offer.id)
        if offer.sku_id in goods
    ]
    return shown[:limit]
