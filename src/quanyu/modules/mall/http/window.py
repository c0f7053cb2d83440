"""The home page of a store, suggestions while one types, and what a list can be narrowed by."""

from __future__ import annotations

from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api as catalog
from quanyu.modules.mall import api
from quanyu.modules.mall.contracts.window import BlockItem, HomeBlock, LinkTo
from quanyu.modules.mall.http import auth, shop_pages
from quanyu.modules.mall.http.coupon_schemas import CouponOfferOut
from quanyu.modules.mall.http.coupon_schemas import offer_out as coupon_offer_out
from quanyu.modules.mall.http.flash_sales import FlashSaleOut, flash_sale_out
from quanyu.modules.mall.http.schemas import BigIdQuery, OfferOut, offer_out
from quanyu.platform import http
from quanyu.platform.http import BigId, QuerySchema, Schema

router = Router(tags=["window"])
LinkKind = Literal[
    "product", "category", "search", "coupons", "points", "member_code", "stores", "flash", "none"
]  # fmt: skip


class LinkOut(Schema):
    """Where a tap leads. ``value``: the id of the product or category, or the words to search for."""

    kind: LinkKind
    value: str


class BannerOut(Schema):
    """A picture with a link; its titles are said to who cannot see it."""

    image: str
    title: str
    title_en: str
    link: LinkOut


class ShortcutOut(Schema):
    """An icon by its name, with a link."""

    icon: str
    title: str
    title_en: str
    link: LinkOut


class HomeCategoryOut(Schema):
    """A category with a picture."""

    id: BigId
    name: str
    name_en: str
    image: str


class BlockOut(Schema):
    """A block of the page; only the list that belongs to its kind is filled. A notice is its text."""

    id: BigId
    kind: Literal["banner", "shortcuts", "categories", "goods", "flash", "coupons", "notice"]
    title: str
    title_en: str
    text: str
    text_en: str
    more: LinkOut
    banners: list[BannerOut]
    shortcuts: list[ShortcutOut]
    categories: list[HomeCategoryOut]
    goods: list[OfferOut]
    flash: list[FlashSaleOut]
    coupons: list[CouponOfferOut]


class HomeOut(Schema):
    """The home page of a store, from top to bottom; blocks with nothing to show are left out."""

    store_id: BigId
    blocks: list[BlockOut]


class SuggestionsQuery(QuerySchema):
    """What was typed so far: characters, pinyin or initials."""

    text: str = Field("", max_length=60)


class SuggestionOut(Schema):
    """What the text may mean, in the language of the asker."""

    text: str
    kind: Literal["product", "category", "brand", "word"]
    product_id: int | None
    category_id: int | None
    image: str


class SuggestionsOut(Schema):
    """Suggestions (none for an empty text) and the hot words of the store."""

    items: list[SuggestionOut]
    hot: list[str]


class FacetsQuery(QuerySchema):
    """The list that is to be narrowed."""

    text: str = Field("", max_length=60)
    category_id: BigIdQuery | None = None


class BrandFacetOut(Schema):
    """A brand and how many offers of the list are of it."""

    id: BigId
    name: str
    name_en: str
    count: int


class FacetsOut(Schema):
    """What the list can be narrowed by; counted in its first 2000 offers (of a search 500). Null: there are none."""

    brands: list[BrandFacetOut]
    price_min_fen: int | None
    price_max_fen: int | None
    count: int


@router.get("/stores/{int:store_id}/home", response=HomeOut, auth=None)
@http.etag
def home(request: HttpRequest, store_id: BigIdQuery) -> HomeOut:
    """Return the home page of a store as it is arranged for it, with the asker's prices."""
    reader = auth.reader_of(request)
    member_id = auth.id_of(reader) if reader else None
    found = api.home(store_id=store_id, tier=auth.tier_of(request), member_id=member_id, now=system_clock.now())
    return HomeOut(store_id=store_id, blocks=[block_out(one) for one in found])


@router.get("/stores/{int:store_id}/suggestions", response=SuggestionsOut, auth=None)
@http.etag
def suggestions(request: HttpRequest, store_id: BigIdQuery, query: Query[SuggestionsQuery]) -> SuggestionsOut:
    """Return what a typed text may mean here: categories, brands, words, goods."""
    items, hot = api.suggestions(store_id=store_id, text=query.text, now=system_clock.now())
    return SuggestionsOut(items=[SuggestionOut.model_validate(one) for one in items], hot=hot)


@router.get("/stores/{int:store_id}/facets", response=FacetsOut, auth=None)
@http.etag
def facets(request: HttpRequest, store_id: BigIdQuery, query: Query[FacetsQuery]) -> HttpResponse:
    """Return by what a list of the store can be narrowed: brands, prices."""
    read = api.facets(
        store_id=store_id,
        token=auth.looking_token(request),
        text=query.text.strip(),
        category_id=query.category_id,
        now=system_clock.now(),
    )
    return HttpResponse(read.ask_in_thread(), content_type=shop_pages.JSON)


def block_out(one: HomeBlock) -> BlockOut:
    """Return a block for the wire."""
    block = one.block
    return BlockOut.model_validate(
        {
            "id": block.id,
            "kind": block.kind,
            "title": block.title,
            "title_en": block.title_en,
            "text": block.text,
            "text_en": block.text_en,
            "more": _link(block.more),
            "banners": [_banner(item) for item in block.items] if block.kind == "banner" else [],
            "shortcuts": [_shortcut(item) for item in block.items] if block.kind == "shortcuts" else [],
            "categories": [
                HomeCategoryOut(id=id_, name=name, name_en=name_en, image=image)
                for id_, name, name_en, image in one.categories
            ],
            "goods": [offer_out(offer) for offer in one.goods],
            "flash": [flash_sale_out(sale) for sale in one.flash],
            "coupons": [coupon_offer_out(offer) for offer in one.coupons],
        }
    )


def _link(link: LinkTo) -> LinkOut:
    return LinkOut.model_validate({"kind": link.kind, "value": link.value})


def _banner(item: BlockItem) -> BannerOut:
    image = catalog.media_address(path=item.image)
    return BannerOut(image=image, title=item.title, title_en=item.title_en, link=_link(item.link))


def _shortcut(item: BlockItem) -> ShortcutOut:
    return ShortcutOut(icon=item.icon, title=item.title, title_en=item.title_en, link=_link(item.link))
