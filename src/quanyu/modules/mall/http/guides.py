"""Outfits and tutorials: what a store shows of them, with the goods as it has them (CNT-01)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from django.http import HttpRequest
from ninja import Query, Router

from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api as catalog
from quanyu.modules.mall.api import kiosk as api
from quanyu.modules.mall.contracts.kiosk import ShownGuide
from quanyu.modules.mall.http import auth
from quanyu.modules.mall.http.schemas import BigIdQuery, OfferOut, offer_out
from quanyu.platform import http
from quanyu.platform.http import BigId, QuerySchema, Schema

router = Router(tags=["products"])


class GuidesQuery(QuerySchema):
    """With a product: those it belongs to."""

    product_id: BigIdQuery | None = None


class GuideStepOut(Schema):
    """One step, as plain text."""

    text: str
    text_en: str


class GuideCoverOut(Schema):
    """The picture of an outfit or tutorial at three sizes; empty where it has none."""

    thumb: str
    card: str
    full: str


class GuideGoodsOut(Schema):
    """A product of it: the variants that the store offers, none when it offers the product no more."""

    product_id: BigId
    offers: list[OfferOut]


class GuideOut(Schema):
    """An outfit or a tutorial with its goods in their order."""

    id: BigId
    kind: Literal["outfit", "tutorial"]
    title: str
    title_en: str
    text: str
    text_en: str
    cover: GuideCoverOut
    steps: list[GuideStepOut]
    goods: list[GuideGoodsOut]


class GuidesOut(Schema):
    """The outfits and tutorials that a store shows, the newest first."""

    items: list[GuideOut]


@router.get("/stores/{int:store_id}/guides", response=GuidesOut, auth=None)
@http.etag
def list_guides(request: HttpRequest, store_id: BigIdQuery, query: Query[GuidesQuery]) -> GuidesOut:
    """Return the outfits and tutorials that the store shows, of a product or all; at most 60."""
    return shown(store_id, product_id=query.product_id, tier=auth.tier_of(request), now=system_clock.now())


@router.get("/stores/{int:store_id}/guides/{int:guide_id}", response=GuideOut, auth=None)
@http.etag
def show_guide(request: HttpRequest, store_id: BigIdQuery, guide_id: BigIdQuery) -> GuideOut:
    """Return an outfit or tutorial with its goods as the store has them."""
    found = api.shown_guide(store_id=store_id, guide_id=guide_id, tier=auth.tier_of(request), now=system_clock.now())
    return guide_out(found)


def shown(store_id: int, *, product_id: int | None, tier: str | None, now: datetime) -> GuidesOut:
    """Return what a store shows, for the wire."""
    found = api.shown_guides(store_id=store_id, product_id=product_id, tier=tier, now=now)
    return GuidesOut(items=[guide_out(one) for one in found])


def guide_out(one: ShownGuide) -> GuideOut:
    """Return an outfit or tutorial for the wire."""
    guide, address = one.guide, catalog.media_address
    thumb, card, full = (guide.cover.thumb, guide.cover.card, guide.cover.full) if guide.cover else ("", "", "")
    return GuideOut(
        id=guide.id,
        kind=guide.kind.value,
        title=guide.title,
        title_en=guide.title_en,
        text=guide.text,
        text_en=guide.text_en,
        cover=GuideCoverOut(thumb=address(path=thumb), card=address(path=card), full=address(path=full)),
        steps=[GuideStepOut(text=step.text, text_en=step.text_en) for step in guide.steps],
        goods=[
            GuideGoodsOut(product_id=product_id, offers=[offer_out(offer) for offer in offered])
            for product_id, offered in one.goods
        ],
    )
