"""What a store offers: SKUs with price and stock, a page at a time or by id."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from quanyu.modules.catalog import api as catalog
from quanyu.modules.mall.contracts import SEARCH_HITS_MAX, Offer, OfferPage, Shop, Sort
from quanyu.modules.mall.rules import prices
from quanyu.platform import db

_CATALOG_PAGE = 100
After = tuple[int, int]


def offers(*, shop: Shop, sku_ids: Sequence[int], now: datetime) -> dict[int, Offer]:
    """Return what the store offers of these SKUs: listed there and priced. Three statements for any number."""
    listed = [id_ for id_, way in catalog.sellable(unit_id=shop.store.unit.id, sku_ids=sku_ids).items() if way.listed]
    rows = _rows(shop=shop, sku_ids=listed, category_id=None, sort="given", after=None, limit=len(listed), now=now)
    return {offer.sku.id: offer for offer in _offers(rows, shop=shop)}


def page(
    *, shop: Shop, text: str, category_id: int | None, sort: Sort, after: After | None, limit: int, now: datetime
) -> OfferPage:
    """Return a page of offers. Without a text: one statement for listing, price and stock, one for the texts.

    A text search is answered from its best ``SEARCH_HITS_MAX`` hits.
    """
    hits = _hits(shop=shop, text=text, category_id=category_id) if text else None
    wanted = Sort.NEWEST if hits is None and sort is Sort.RELEVANCE else sort
    rows = _rows(
        shop=shop,
        sku_ids=hits,
        category_id=category_id,
        sort="given" if wanted is Sort.RELEVANCE else wanted.value,
        after=after,
        limit=limit + 1,  # one more than asked for tells whether there is another page
        now=now,
    )
    shown = rows[:limit]
    further = (shown[-1]["sort_key"], shown[-1]["sku_id"]) if len(rows) > limit else None
    return OfferPage(offers=tuple(_offers(shown, shop=shop)), next_after=further)


def _hits(*, shop: Shop, text: str, category_id: int | None) -> list[int]:
    found: list[int] = []
    cursor = None
    while len(found) < SEARCH_HITS_MAX:
        hits = catalog.search(
            text=text, unit_id=shop.store.unit.id, category_id=category_id, cursor=cursor, limit=_CATALOG_PAGE
        )
        found.extend(hits.sku_ids)
        cursor = hits.next_cursor
        if cursor is None:
            break
    return found


def _rows(
    *,
    shop: Shop,
    sku_ids: Sequence[int] | None,
    category_id: int | None,
    sort: str,
    after: After | None,
    limit: int,
    now: datetime,
) -> list[dict[str, Any]]:
    if sku_ids is not None and not sku_ids:
        return []
    key, last_id = after or (None, None)
    return db.rows(
        "SELECT * FROM mall_offers(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            shop.store.unit.id,
            list(shop.path),
            shop.store.owner_id,
            list(shop.source_ids),
            shop.tier,
            None if sku_ids is None else list(sku_ids),
            category_id,
            sort,
            key,
            last_id,
            limit,
            now,
        ],
    )


def _offers(rows: Sequence[dict[str, Any]], *, shop: Shop) -> list[Offer]:
    skus = catalog.skus(ids=[row["sku_id"] for row in rows])
    return [
        Offer(
            sku=skus[row["sku_id"]],
            price=prices.price_for(
                base_fen=row["base_fen"],
                member_fen=row["member_fen"],
                timed_fen=row["timed_fen"],
                is_member=shop.tier is not None,
            ),
            available=row["available"],
            express_available=row["express_available"] if shop.store.offers_express else 0,
        )
        for row in rows
    ]
