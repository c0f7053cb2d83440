"""Read where a shopper is from a query."""

from __future__ import annotations

from quanyu.modules.mall.contracts import ShopperPlace
from quanyu.modules.mall.http.schemas import PlaceQuery


def place_of(query: PlaceQuery) -> ShopperPlace | None:
    """Return the place, or ``None`` when it is not (wholly) given."""
    if query.longitude is None or query.latitude is None:
        return None
    return ShopperPlace(query.longitude, query.latitude)
