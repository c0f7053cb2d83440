"""A product's page: its variants here, stock in the neighbourhood, the ways to get it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from quanyu.modules.catalog import api as catalog
from quanyu.modules.inventory import api as inventory
from quanyu.modules.mall.contracts import (
    DeliveryWay,
    NearbyStock,
    Offer,
    OfferUnknown,
    ProductPage,
    Shop,
    ShopperPlace,
)
from quanyu.modules.mall.queries import offers, settings
from quanyu.modules.orders.contracts import Channel, Delivery
from quanyu.modules.organization import api as organization

NEARBY_STORES_MAX = 10
_MINUTES_PER_HOUR = 60


def product_page(*, shop: Shop, product_id: int, place: ShopperPlace | None, now: datetime) -> ProductPage:
    """Return a product as the store offers it. Raises ``OfferUnknown`` when it offers no variant of it.

    Stock nearby is measured from the shopper, or from the store when the shopper's place is not known.
    """
    product = catalog.products(ids=[product_id]).get(product_id)
    if product is None or not product.is_active:
        raise OfferUnknown
    offered = offers.offers(shop=shop, sku_ids=product.sku_ids, now=now)
    if not offered:
        raise OfferUnknown
    variants = tuple(offered[sku_id] for sku_id in product.sku_ids if sku_id in offered)
    return ProductPage(
        product=product,
        offers=variants,
        nearby=tuple(_nearby(shop=shop, sku_ids=list(offered), place=place, now=now)),
        ways=tuple(_ways(shop=shop, variants=variants)),
    )


def _nearby(*, shop: Shop, sku_ids: Sequence[int], place: ShopperPlace | None, now: datetime) -> list[NearbyStock]:
    """Return what other stores nearby have, nearest first: one query per owner, each sells by its own rules."""
    within_m = settings.of_store(settings.NEARBY_WITHIN_M.key, store_id=shop.store.unit.id)
    point = place or ShopperPlace(shop.store.longitude, shop.store.latitude)
    near = [
        one
        for one in organization.nearest_stores(
            longitude=point.longitude,
            latitude=point.latitude,
            limit=NEARBY_STORES_MAX + 1,
            within_m=within_m[settings.NEARBY_WITHIN_M.key],
            now=now,
        )
        if one.unit.id != shop.store.unit.id
    ][:NEARBY_STORES_MAX]
    found: list[NearbyStock] = []
    for owner_id in sorted({one.owner_id for one in near}):
        mine = {one.unit.id: one for one in near if one.owner_id == owner_id}
        stock = inventory.availability(
            sku_ids=sku_ids, location_ids=list(mine), channel=Channel.MALL, seller_owner_id=owner_id, now=now
        )
        found.extend(
            NearbyStock(store=mine[location_id], sku_id=sku_id, available=available)
            for (location_id, sku_id), available in stock.items()
            if available > 0
        )
    return sorted(found, key=lambda one: (one.store.distance_m or 0, one.store.unit.id, one.sku_id))


def _ways(*, shop: Shop, variants: Sequence[Offer]) -> list[DeliveryWay]:
    """Return how the product can be got: what the store offers and the listing of some variant allows."""
    store = shop.store
    allowed = catalog.sellable(unit_id=store.unit.id, sku_ids=[offer.sku.id for offer in variants]).values()
    times = settings.of_store(
        settings.PICKUP_MINUTES.key,
        settings.INSTANT_MINUTES.key,
        settings.EXPRESS_HOURS.key,
        store_id=store.unit.id,
    )
    pickup = store.offers_pickup and any(way.pickup for way in allowed)
    express = store.offers_express and any(way.express for way in allowed)
    instant = store.offers_instant and any(way.instant for way in allowed)
    minutes = {
        Delivery.PICKUP: times[settings.PICKUP_MINUTES.key] if pickup else None,
        Delivery.EXPRESS: times[settings.EXPRESS_HOURS.key] * _MINUTES_PER_HOUR if express else None,
        Delivery.INSTANT: times[settings.INSTANT_MINUTES.key] if instant else None,
        Delivery.IN_STORE: 0 if store.offers_in_store else None,
    }
    freight = settings.freight(store_id=store.unit.id)
    return [
        DeliveryWay(
            delivery=delivery,
            minutes=taken,
            freight_fen=freight.get(delivery, (0, None))[0],
            free_from_fen=freight.get(delivery, (0, None))[1],
            radius_m=store.delivery_radius_m if delivery is Delivery.INSTANT else None,
        )
        for delivery, taken in minutes.items()
        if taken is not None
    ]
