"""A product's page: its variants here, stock in the neighbourhood, the ways to get it. And stock near a place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.conf import settings as django_settings

from quanyu.modules.mall.contracts import OfferUnknown, ShopperPlace, StoreUnknown
from quanyu.modules.mall.queries import settings
from quanyu.modules.organization.contracts import Offer as Offered
from quanyu.platform.db import lean

NEARBY_STORES_MAX = 10
# So many stores around a place are looked at for stock.
STORES_LOOKED_AT_MAX = 100
_PAGE = "SELECT fault, body FROM mall_product_page(%s, %s, %s, %s, %s, %s, %s, %s, %s)"
_NEAR = "SELECT mall_availability_near(%s, %s, %s, %s, %s, %s, %s, %s)"


def product_page(
    *, store_id: int, product_id: int, token_hash: bytes | None, place: ShopperPlace | None, now: datetime
) -> lean.Read[bytes]:
    """Return the read of a product's JSON as the store offers it: one statement.

    Asking raises ``StoreUnknown``, and ``OfferUnknown`` when the store offers no variant of it. Stock nearby is
    measured from the shopper, or from the store when the shopper's place is not known.
    """
    return lean.Read(
        _PAGE,
        [
            store_id,
            product_id,
            token_hash,
            place.longitude if place else None,
            place.latitude if place else None,
            NEARBY_STORES_MAX,
            msgspec.json.encode(settings.of_product_page()).decode(),
            django_settings.MEDIA_URL,
            now,
        ],
        _page,
    )


def availability_near(
    *,
    sku_ids: Sequence[int],
    place: ShopperPlace,
    within_m: int | None,
    offered: Offered | None,
    limit: int,
    now: datetime,
) -> lean.Read[bytes]:
    """Return the read of what stores around a place have of these SKUs, nearest first, as JSON: one statement."""
    return lean.Read(
        _NEAR,
        [
            list(dict.fromkeys(sku_ids)),
            place.longitude,
            place.latitude,
            within_m,
            offered.value if offered else None,
            STORES_LOOKED_AT_MAX,
            limit,
            now,
        ],
        _near,
    )


def _page(row: lean.Row) -> bytes:
    fault, body = row
    if body is None:
        raise StoreUnknown if fault == b"store_unknown" else OfferUnknown
    return body


def _near(row: lean.Row) -> bytes:
    return row[0] or b"[]"
