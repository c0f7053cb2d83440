"""The full range on a screen in a store: the mall's own pages, and where goods would come from (EA-01, EA-02)."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from quanyu.kernel.clock import system_clock
from quanyu.modules.mall import api
from quanyu.modules.mall.api import kiosk as kiosk_api
from quanyu.modules.mall.http import guides, products, shop_pages
from quanyu.modules.mall.http.guides import GuideOut, GuidesOut, GuidesQuery, guide_out
from quanyu.modules.mall.http.kiosk_auth import store_id_of
from quanyu.modules.mall.http.products import CategoryOut, OffersQuery, ProductOut, ScanQuery
from quanyu.modules.mall.http.schemas import BigIdQuery, OfferOut, offer_out
from quanyu.platform import http
from quanyu.platform.http import BigId, Page, Schema

router = Router(tags=["range"])


class SourceOut(Schema):
    """The warehouse that a parcel would leave."""

    name: str
    name_en: str


class SupplyOut(Schema):
    """Where a SKU would come from: so many lie here (base units), else a parcel from ``source`` by ``arrives_by``."""

    sku_id: BigId
    here: int
    source: SourceOut | None
    arrives_by: datetime | None


@router.get("/categories", response=list[CategoryOut])
@http.etag
def categories(request: HttpRequest) -> list[CategoryOut]:
    """Return the category tree, each category after its parent."""
    return products.category_tree()


@router.get("/products", response=Page[OfferOut])
@http.etag
def list_offers(request: HttpRequest, query: Query[OffersQuery]) -> HttpResponse:
    """Return what the store offers, variant by variant, with everybody's prices and this store's stock."""
    json = products.offers_json(store_id_of(request), query, token=None)
    return HttpResponse(json, content_type=shop_pages.JSON)


@router.get("/products/{int:product_id}", response=ProductOut)
@http.etag
def show_product(request: HttpRequest, product_id: BigIdQuery) -> HttpResponse:
    """Return a product: pictures, variants with price and stock, stock nearby, ways of delivery."""
    read = api.product_page(
        store_id=store_id_of(request), product_id=product_id, token=None, place=None, now=system_clock.now()
    )
    return HttpResponse(read.ask_in_thread(), content_type=shop_pages.JSON)


@router.get("/scan", response=OfferOut)
def scan(request: HttpRequest, query: Query[ScanQuery]) -> OfferOut:
    """Return what the store sells under a scanned barcode."""
    return offer_out(api.scan(store_id=store_id_of(request), code=query.code, tier=None, now=system_clock.now()))


@router.get("/skus/{int:sku_id}/supply", response=SupplyOut)
def supply(request: HttpRequest, sku_id: BigIdQuery) -> SupplyOut:
    """Return whether a SKU lies here, or from where a parcel would come and by when."""
    found = kiosk_api.supply(sku_id=sku_id, actor=http.actor_of(request), now=system_clock.now())
    source = found.source
    return SupplyOut(
        sku_id=found.sku_id,
        here=found.here,
        source=SourceOut(name=source.name, name_en=source.name_en) if source else None,
        arrives_by=found.arrives_by,
    )


@router.get("/guides", response=GuidesOut)
@http.etag
def list_guides(request: HttpRequest, query: Query[GuidesQuery]) -> GuidesOut:
    """Return the outfits and tutorials that the store shows, of a product or all; at most 60."""
    return guides.shown(store_id_of(request), product_id=query.product_id, tier=None, now=system_clock.now())


@router.get("/guides/{int:guide_id}", response=GuideOut)
@http.etag
def show_guide(request: HttpRequest, guide_id: BigIdQuery) -> GuideOut:
    """Return an outfit or tutorial with its goods as the store has them."""
    found = kiosk_api.shown_guide(store_id=store_id_of(request), guide_id=guide_id, tier=None, now=system_clock.now())
    return guide_out(found)
