"""The shop's pages as hot routes: the same statement and bytes as the operations in ``products``, without Django.

A query that is not plainly right (an unknown name, a figure out of range, the same name twice) is passed on: Django's
operation says what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import parse_qsl

from quanyu.kernel.clock import system_clock
from quanyu.modules.mall import api
from quanyu.modules.mall.contracts import NO_FILTERS, Filters, ShopperPlace, Sort
from quanyu.modules.mall.http import auth, shop_pages
from quanyu.modules.organization.contracts import Offer
from quanyu.platform.http import cursors, etags, hot
from quanyu.platform.http.schemas import BIGINT_MAX, FEN_MAX

T = TypeVar("T")
_SKUS_MAX = 50
_STORES_MAX = 50
_WITHIN_M_MAX = 5_000_000
_TEXT_MAX = 60
_CURSOR_MAX = 600
_PARAMETERS_MAX = 60
_NUMBER = re.compile(r"[0-9]{1,19}")
_DEGREES = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,20})?")
_SORTS = {sort.value: sort for sort in Sort}
_WAYS = {way: Offer(way) for way in ("pickup", "express", "instant", "in_store")}
_NARROWING = frozenset(("brand_id", "price_from_fen", "price_to_fen", "in_stock", "on_offer"))
_OF_A_LIST = {"category_id", "text", "sort", "cursor", "limit", *_NARROWING}
_SAID = {"true": True, "false": False}
_CACHED = (
    (b"cache-control", etags.CACHE_CONTROL.encode()),
    (b"vary", f"{etags.WHO_ASKS}, Accept-Language".encode()),
)


async def offers(request: hot.Request) -> hot.Answer:
    """Answer a page of what a store offers."""
    asked = _query(request, _OF_A_LIST)
    store_id = _id(request.params["store_id"])
    category_id = _id(asked["category_id"]) if "category_id" in asked else None
    text, sort = asked.get("text", ""), _one_of(_SORTS, asked.get("sort", Sort.RELEVANCE.value))
    limit = _number(asked.get("limit", "20"), 1, cursors.LIMIT_MAX)
    cursor = asked.get("cursor")
    if len(text) > _TEXT_MAX or (cursor is not None and len(cursor) > _CURSOR_MAX):
        raise hot.PassOn
    filters = NO_FILTERS if _NARROWING.isdisjoint(asked) else _filters(asked)
    scope = shop_pages.offers_scope(store_id, category_id=category_id, sort=sort, text=text, filters=filters)
    read = api.offer_page(
        store_id=store_id,
        token=auth.bearer_of(request.header(b"authorization")),
        text=text.strip(),
        category_id=category_id,
        sort=sort,
        after=None if cursor is None else shop_pages.place(cursors.decode(scope, cursor)),
        limit=limit,
        now=system_clock.now(),
        filters=filters,
    )
    return _answer(request, shop_pages.offers_json(await read.ask(), scope=scope))


async def product(request: hot.Request) -> hot.Answer:
    """Answer a product as a store offers it."""
    asked = _query(request, {"longitude", "latitude"})
    if len(asked) == 1:
        raise hot.PassOn
    read = api.product_page(
        store_id=_id(request.params["store_id"]),
        product_id=_id(request.params["product_id"]),
        token=auth.bearer_of(request.header(b"authorization")),
        place=_place(asked) if asked else None,
        now=system_clock.now(),
    )
    return _answer(request, await read.ask())


async def availability(request: hot.Request) -> hot.Answer:
    """Answer what the nearest stores have of some SKUs."""
    sku_ids: list[int] = []
    asked = _query(
        request,
        {"longitude", "latitude", "within_m", "offers", "limit"},
        lists={"sku_ids": lambda value: sku_ids.append(_id(value))},
    )
    if not 0 < len(sku_ids) <= _SKUS_MAX or "longitude" not in asked or "latitude" not in asked:
        raise hot.PassOn
    read = api.availability_near(
        sku_ids=sku_ids,
        place=_place(asked),
        within_m=_number(asked["within_m"], 0, _WITHIN_M_MAX) if "within_m" in asked else None,
        offered=_one_of(_WAYS, asked["offers"]) if "offers" in asked else None,
        limit=_number(asked.get("limit", "10"), 1, _STORES_MAX),
        now=system_clock.now(),
    )
    return _answer(request, await read.ask())


_MALL = "/api/mall/v1"
ROUTES = {
    ("GET", f"{_MALL}/stores/{{store_id:int}}/products"): hot.HotRoute(
        "api/mall/v1/stores/<int:store_id>/products", offers
    ),
    ("GET", f"{_MALL}/stores/{{store_id:int}}/products/{{product_id:int}}"): hot.HotRoute(
        "api/mall/v1/stores/<int:store_id>/products/<int:product_id>", product
    ),
    ("GET", f"{_MALL}/availability"): hot.HotRoute("api/mall/v1/availability", availability),
}


def _answer(request: hot.Request, content: bytes) -> hot.Answer:
    mark = etags.mark_of(content)
    headers = [(b"etag", mark.encode()), *_CACHED]
    if etags.is_known(mark, request.header(b"if-none-match")):
        return hot.Answer(304, b"", headers=headers, content_type=b"")
    return hot.Answer(200, content, headers=headers)


def _query(
    request: hot.Request, names: set[str], *, lists: dict[str, Callable[[str], None]] | None = None
) -> dict[str, str]:
    """Return the query by name; the values of a list go where it says. Anything else is passed on."""
    if request.body:
        raise hot.PassOn
    if not request.query:
        return {}
    try:
        pairs = parse_qsl(
            request.query.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_PARAMETERS_MAX,
        )
    except ValueError:
        raise hot.PassOn from None
    found: dict[str, str] = {}
    for name, value in pairs:
        if lists is not None and name in lists:
            lists[name](value)
        elif name not in names or name in found:
            raise hot.PassOn
        else:
            found[name] = value
    return found


def _number(text: str, least: int, most: int) -> int:
    if not _NUMBER.fullmatch(text) or not least <= (value := int(text)) <= most:
        raise hot.PassOn
    return value


def _id(text: str) -> int:
    return _number(text, 1, BIGINT_MAX)


def _filters(asked: dict[str, str]) -> Filters:
    return Filters(
        brand_id=_id(asked["brand_id"]) if "brand_id" in asked else None,
        price_from_fen=_number(asked["price_from_fen"], 0, FEN_MAX) if "price_from_fen" in asked else None,
        price_to_fen=_number(asked["price_to_fen"], 0, FEN_MAX) if "price_to_fen" in asked else None,
        in_stock=_one_of(_SAID, asked.get("in_stock", "false")),
        on_offer=_one_of(_SAID, asked.get("on_offer", "false")),
    )


def _place(asked: dict[str, str]) -> ShopperPlace:
    return ShopperPlace(_degrees(asked["longitude"], 180), _degrees(asked["latitude"], 90))


def _degrees(text: str, most: int) -> float:
    if not _DEGREES.fullmatch(text) or not -most <= (value := float(text)) <= most:
        raise hot.PassOn
    return value


def _one_of(known: Mapping[str, T], text: str) -> T:
    found = known.get(text)
    if found is None:
        raise hot.PassOn
    return found
