"""The points mall of a store: its offers with the goods as the store has them."""

from __future__ import annotations

from datetime import datetime

from quanyu.modules.mall.contracts import PointsOffer, Shop
from quanyu.modules.mall.queries import offers
from quanyu.modules.points import api as points

_BATCH = 100


def points_offers(*, shop: Shop, after: int, limit: int, now: datetime) -> list[PointsOffer]:
    """Return offers after an id, by id, of goods that the store lists, at most ``limit``."""
    shown: list[PointsOffer] = []
    while len(shown) < limit:
        found = points.offers(path=shop.path, at=now, after_id=after, limit=_BATCH)
        goods = offers.offers(shop=shop, sku_ids=[offer.sku_id for offer in found], now=now) if found else {}
        shown += [PointsOffer(offer, goods[offer.sku_id]) for offer in found if offer.sku_id in goods]
        if len(found) < _BATCH:
            break
        after = found[-1].id
    return shown[:limit]
