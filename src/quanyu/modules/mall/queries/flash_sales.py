"""The flash sales of a store, with the goods as the store has them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.modules.flash import api as flash
from quanyu.modules.mall.contracts import FlashOffer, Shop
from quanyu.modules.mall.queries import offers
from quanyu.modules.orders.contracts import Channel

_SHOWN_MAX = 50


def flash_sales(*, shop: Shop, member_id: UUID | None, now: datetime) -> list[FlashOffer]:
    """Return the sales that run or are to come, the first to start first, at most 50, of goods that the store lists."""
    found = flash.at_store(store_id=shop.store.unit.id, channel=Channel.MALL.value, now=now)[:_SHOWN_MAX]
    if not found:
        return []
    goods = offers.offers(shop=shop, sku_ids=sorted({one.sale.sku_id for one in found}), now=now)
    sale_ids = [one.sale.id for one in found]
    had = flash.had_by_member(member_id=member_id, sale_ids=sale_ids) if member_id else {}
    return [
        FlashOffer(one, goods[one.sale.sku_id], had.get(one.sale.id, 0)) for one in found if one.sale.sku_id in goods
    ]
