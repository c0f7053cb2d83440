"""What a store offers: SKUs with price and stock, a page at a time or by id."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.conf import settings

from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import SearchWords
from quanyu.modules.mall.contracts import (
    NO_FILTERS,
    SEARCH_HITS_MAX,
    After,
    Filters,
    Offer,
    OfferPage,
    Price,
    Shop,
    Sort,
    StoreUnknown,
)
from quanyu.platform import db
from quanyu.platform.db import lean

_PAGE = "SELECT fault, items, last_key, last_id FROM mall_offer_page(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
_FILTERED = (
    "SELECT fault, items, last_key, last_id FROM "
    "mall_filtered_page(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


def offers(*, shop: Shop, sku_ids: Sequence[int], now: datetime) -> dict[int, Offer]:
    """Return what the store offers of these SKUs: listed there and priced. Three statements for any number."""
    listed = [id_ for id_, way in catalog.sellable(unit_id=shop.store.unit.id, sku_ids=sku_ids).items() if way.listed]
    if not listed:
        return {}
    rows = db.rows(
        "SELECT * FROM mall_offers(%s, %s, %s, %s, %s, %s)",
        [list(shop.path), shop.store.owner_id, list(shop.source_ids), shop.tier, listed, now],
    )
    skus = catalog.skus(ids=[row["sku_id"] for row in rows])
    return {row["sku_id"]: _offer(row, skus[row["sku_id"]], express=shop.store.offers_express) for row in rows}


def page(
    *,
    store_id: int,
    token_hash: bytes | None,
    text: str,
    category_id: int | None,
    sort: Sort,
    after: After | None,
    limit: int,
    now: datetime,
    filters: Filters = NO_FILTERS,
) -> lean.Read[OfferPage]:
    """Return the read of a page: one statement for store, reader, order, price, stock and texts.

    A search sorted by anything but relevance is answered from its best ``SEARCH_HITS_MAX`` hits.
    """
    words = catalog.search_words(text=text)
    if words.exact == "" and sort is Sort.RELEVANCE:
        sort = Sort.NEWEST
    key, last_id = after or (None, None)
    asked = [
        store_id,
        token_hash,
        told(words),
        category_id,
        sort.value,
        key,
        last_id,
        limit,
        SEARCH_HITS_MAX,
        settings.MEDIA_URL,
        now,
    ]
    if filters == NO_FILTERS:
        return lean.Read(_PAGE, asked, _page)
    narrowed = [
        filters.brand_id,
        filters.price_from_fen,
        filters.price_to_fen,
        filters.in_stock,
        filters.on_offer,
    ]
    return lean.Read(_FILTERED, [*asked, *narrowed], _page)


def told(words: SearchWords) -> str | None:
    """Return what SQL searches, ``None`` for no search; without tokens nothing can be found."""
    if words.exact == "":
        return None
    return msgspec.json.encode({"tokens": words.tokens, "patterns": words.patterns, "exact": words.exact}).decode()


def _page(row: lean.Row) -> OfferPage:
    fault, items, key, last_id = row
    if fault is not None or items is None:
        raise StoreUnknown
    return OfferPage(items, None if key is None or last_id is None else (int(key), int(last_id)))


def _offer(row: dict[str, Any], sku: Any, *, express: bool) -> Offer:
    return Offer(
        sku=sku,
        price=Price(
            price_fen=row["price_fen"],
            base_fen=row["base_fen"],
            member_fen=row["member_fen"],
            timed_fen=row["timed_fen"],
        ),
        available=row["available"],
        express_available=row["express_available"] if express else 0,
    )
