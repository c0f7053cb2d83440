"""Stores near the shopper that have what is wanted (MALL-07, INV-09)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from quanyu.modules.inventory.contracts import NearbyStock
from quanyu.modules.inventory.queries import availability
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import Offer

_STORES_LOOKED_AT_MAX = 100


def nearest_with_stock(
    *,
    wanted: Mapping[int, int],
    longitude: float,
    latitude: float,
    channel: str,
    seller_owner_id: int,
    within_m: int | None,
    offers: Offer | None,
    limit: int,
    now: datetime,
) -> list[NearbyStock]:
    """Return stores with stock of the wanted SKUs: those with all of it first, then by distance.

    Two queries: the stores around the point, then the availability in all of them.
    """
    stores = organization.nearest_stores(
        longitude=longitude,
        latitude=latitude,
        limit=_STORES_LOOKED_AT_MAX,
        within_m=within_m,
        offers=offers,
        now=now,
    )
    available = availability.availability(
        sku_ids=list(wanted),
        location_ids=[store.unit.id for store in stores],
        channel=channel,
        seller_owner_id=seller_owner_id,
        now=now,
    )
    found = []
    for store in stores:
        here = {sku_id: available[store.unit.id, sku_id] for sku_id in wanted}
        if any(here.values()):
            complete = all(here[sku_id] >= quantity for sku_id, quantity in wanted.items())
            found.append(NearbyStock(store=store, available=here, complete=complete))
    # The stores come by distance and the sort is stable.
    return sorted(found, key=lambda nearby: not nearby.complete)[:limit]
