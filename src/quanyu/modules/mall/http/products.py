"""What a store offers: categories, lists, a product's page, a scanned code."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api as catalog
from quanyu.modules.mall import api
from quanyu.modules.mall.contracts import Filters, ShopperPlace, Sort
from quanyu.modules.mall.http import auth, shop_pages
from quanyu.modules.mall.http.places import place_of
from quanyu.modules.mall.http.schemas import (
    BigIdQuery,
    Latitude,
    Longitude,
    MallDelivery,
    OfferOut,
    PictureOut,
    PlaceQuery,
    StoreOut,
    offer_out,
)
from quanyu.modules.organization.contracts import Offer
from quanyu.platform import http
from quanyu.platform.http import BigId, Fen, Page, PageQuery, QuerySchema, Schema

router = Router(tags=["products"])


class OffersQuery(PageQuery):
    """Which offers: a category with all below it, a text, an order."""

    category_id: BigIdQuery | None = None
    text: str = Field("", max_length=60)
    sort: Sort = Field(Sort.RELEVANCE, description="relevance is for a text; without one it means newest.")
    brand_id: BigIdQuery | None = None
    price_from_fen: Fen | None = Field(None, description="By what the asker pays.")
    price_to_fen: Fen | None = None
    in_stock: bool = Field(False, description="Only what the store has, or a parcel can bring.")
    on_offer: bool = Field(False, description="Only what has a lowered price for some time.")


class ScanQuery(QuerySchema):
    """What the camera read."""

    code: str = Field(min_length=1, max_length=90)


class CategoryOut(Schema):
    """A category; ``parent_id`` is null at the top."""

    id: BigId
    code: str
    name: str
    name_en: str
    parent_id: int | None


class NearbyStockOut(Schema):
    """What another store nearby has of a variant, in base units."""

    store: StoreOut
    sku_id: BigId
    available: int


class DeliveryWayOut(Schema):
    """A way to get the goods: how long it takes, what it costs, from which amount it is free."""

    delivery: MallDelivery
    minutes: int
    freight_fen: int
    free_from_fen: int | None
    radius_m: int | None


class ProductOut(Schema):
    """A product with its variants as this store offers them."""

    id: BigId
    code: str
    name: str
    name_en: str
    brand_name: str
    category_id: BigId
    category_path: list[int]
    unit_name: str
    is_weighed: bool
    description_html: str = Field(description="Sanitised; safe to show.")
    specification_names: list[str]
    pictures: list[PictureOut]
    offers: list[OfferOut]
    nearby: list[NearbyStockOut]
    delivery_ways: list[DeliveryWayOut]


class AvailabilityQuery(QuerySchema):
    """The SKUs, and around which place."""

    sku_ids: list[BigIdQuery] = Field(min_length=1, max_length=50)
    longitude: Longitude
    latitude: Latitude
    within_m: int | None = Field(None, ge=0, le=5_000_000)
    offers: MallDelivery | None = None
    limit: int = Field(10, ge=1, le=50, description="Stores at most.")


class SkuStockOut(Schema):
    """What a store has of a SKU, in base units; nothing of what it does not sell."""

    sku_id: BigId
    available: int


class StoreStockOut(Schema):
    """A store near the place and what it has; ``is_complete``: some of each. Figures in the order asked for."""

    store: StoreOut
    is_complete: bool
    items: list[SkuStockOut]


@router.get("/categories", response=list[CategoryOut], auth=None)
@http.etag
def categories(request: HttpRequest) -> list[CategoryOut]:
    """Return the category tree, each category after its parent."""
    return category_tree()


def category_tree() -> list[CategoryOut]:
    """Return the tree for the wire."""
    return [
        CategoryOut(id=one.id, code=one.code, name=one.name, name_en=one.name_en, parent_id=one.parent_id)
        for one in catalog.categories()
    ]


@router.get("/stores/{int:store_id}/products", response=Page[OfferOut], auth=None)
@http.etag
def list_offers(request: HttpRequest, store_id: BigIdQuery, query: Query[OffersQuery]) -> HttpResponse:
    """Return what the store offers, variant by variant, with the asker's prices and this store's stock."""
    json = offers_json(store_id, query, token=auth.looking_token(request))
    return HttpResponse(json, content_type=shop_pages.JSON)


def offers_json(store_id: int, query: OffersQuery, *, token: str | None) -> bytes:
    """Return the JSON of a page of what a store offers, with the prices of the token's bearer."""
    filters = Filters(
        brand_id=query.brand_id,
        price_from_fen=query.price_from_fen,
        price_to_fen=query.price_to_fen,
        in_stock=query.in_stock,
        on_offer=query.on_offer,
    )
    scope = shop_pages.offers_scope(
        store_id, category_id=query.category_id, sort=query.sort, text=query.text, filters=filters
    )
    read = api.offer_page(
        store_id=store_id,
        token=token,
        text=query.text.strip(),
        category_id=query.category_id,
        sort=query.sort,
        after=shop_pages.place(http.after(query, scope=scope)),
        limit=query.limit,
        now=system_clock.now(),
        filters=filters,
    )
    return shop_pages.offers_json(read.ask_in_thread(), scope=scope)


@router.get("/stores/{int:store_id}/products/{int:product_id}", response=ProductOut, auth=None)
@http.etag
def show_product(
    request: HttpRequest, store_id: BigIdQuery, product_id: BigIdQuery, query: Query[PlaceQuery]
) -> HttpResponse:
    """Return a product: pictures, variants with price and stock, stock nearby, ways of delivery."""
    read = api.product_page(
        store_id=store_id,
        product_id=product_id,
        token=auth.looking_token(request),
        place=place_of(query),
        now=system_clock.now(),
    )
    return HttpResponse(read.ask_in_thread(), content_type=shop_pages.JSON)


@router.get("/availability", response=list[StoreStockOut], auth=None)
@http.etag
def availability(request: HttpRequest, query: Query[AvailabilityQuery]) -> HttpResponse:
    """Return which of the nearest stores have some of these SKUs, and how much, nearest first."""
    read = api.availability_near(
        sku_ids=query.sku_ids,
        place=ShopperPlace(query.longitude, query.latitude),
        within_m=query.within_m,
        offered=Offer(query.offers) if query.offers else None,
        limit=query.limit,
        now=system_clock.now(),
    )
    return HttpResponse(read.ask_in_thread(), content_type=shop_pages.JSON)


@router.get("/stores/{int:store_id}/scan", response=OfferOut, auth=None)
def scan(request: HttpRequest, store_id: BigIdQuery, query: Query[ScanQuery]) -> OfferOut:
    """Return what the store sells under a scanned code, to put it into the cart (MALL-15)."""
    return offer_out(api.scan(store_id=store_id, code=query.code, tier=auth.tier_of(request), now=system_clock.now()))
