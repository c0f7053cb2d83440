"""What a product's page tells further: size guide, photos, sections, services, what is bought with it; and codes."""

from __future__ import annotations

from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Path, Router, Status
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import CodeUnknown
from quanyu.modules.catalog.contracts.content import Section, Shot, SizeGuide
from quanyu.modules.mall import api
from quanyu.modules.mall.http import auth
from quanyu.modules.mall.http.schemas import BigIdQuery, OfferOut, PictureOut, offer_out
from quanyu.modules.members import api as members
from quanyu.modules.organization import api as organization
from quanyu.platform import http
from quanyu.platform.http import Schema

router = Router(tags=["products"])
Token = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{16,32}$")]


class SizeGuideOut(Schema):
    """A table of sizes; every row has a cell for each column."""

    title: str
    title_en: str
    note: str
    note_en: str
    columns: list[str]
    rows: list[list[str]]


class SectionOut(Schema):
    """A part of the content. ``goods``: what goes with it, as the store has it."""

    kind: Literal["how_to", "outfit", "care", "story"]
    title: str
    title_en: str
    body_html: str = Field(description="Sanitised; safe to show.")
    body_html_en: str
    pictures: list[PictureOut]
    goods: list[OfferOut]


class ServiceOut(Schema):
    """A service with the product; ``minutes`` 0: not told."""

    name: str
    name_en: str
    text: str
    text_en: str
    minutes: int


class ContentOut(Schema):
    """What is told of a product beside its description; ``photos`` are real ones, by customers and staff."""

    size_guide: SizeGuideOut | None
    photos: list[PictureOut]
    sections: list[SectionOut]
    services: list[ServiceOut]


class AlsoBoughtOut(Schema):
    """What is bought together with a product, the closest first, of what the store has."""

    items: list[OfferOut]


class SharedOut(Schema):
    """A code under which a product is passed on: its token, the page it leads to, the QR code's rows of 0 and 1."""

    token: str
    url: str
    modules: list[str]


class ScannedInOut(Schema):
    """The store on whose shelf the label hangs."""

    store_id: int
    store_name: str


class CodeTargetOut(Schema):
    """Where a code leads. ``scanned_in`` is told by labels that hang in a store."""

    kind: Literal["product", "store", "associate"]
    store_id: int | None
    product_id: int | None
    sku_id: int | None
    staff_code: str | None
    scanned_in: ScannedInOut | None


@router.get("/stores/{int:store_id}/products/{int:product_id}/content", response=ContentOut, auth=None)
@http.etag
def content(request: HttpRequest, store_id: BigIdQuery, product_id: BigIdQuery) -> ContentOut:
    """Return what is told of a product: size guide, photos, how to use it, what goes with it, services."""
    found, offered = api.content(
        store_id=store_id, product_id=product_id, tier=auth.tier_of(request), now=system_clock.now()
    )
    goods = {sku_id: offer_out(offer) for sku_id, offer in offered.items()}
    return ContentOut(
        size_guide=_guide(found.size_guide),
        photos=[_picture(shot) for shot in found.photos],
        sections=[_section(one, goods) for one in found.sections],
        services=[ServiceOut.model_validate(one) for one in found.services],
    )


@router.get("/stores/{int:store_id}/products/{int:product_id}/also-bought", response=AlsoBoughtOut, auth=None)
@http.etag
def also_bought(request: HttpRequest, store_id: BigIdQuery, product_id: BigIdQuery) -> AlsoBoughtOut:
    """Return what others bought together with a product, of what is in stock here."""
    found = api.also_bought(
        store_id=store_id, product_id=product_id, tier=auth.tier_of(request), now=system_clock.now()
    )
    return AlsoBoughtOut(items=[offer_out(one) for one in found])


@router.post("/stores/{int:store_id}/products/{int:product_id}/share", response={201: SharedOut}, auth=None)
def share(request: HttpRequest, store_id: BigIdQuery, product_id: BigIdQuery) -> Status[SharedOut]:
    """Return the code to pass a product of this store on; the same for everybody and every time."""
    token = api.share(store_id=store_id, product_id=product_id, now=system_clock.now())
    url = f"/q/{token}"
    return Status(201, SharedOut(token=token, url=url, modules=catalog.qr_rows(text=request.build_absolute_uri(url))))


@router.get("/codes/{token}", response=CodeTargetOut, auth=None)
def code(request: HttpRequest, token: Token) -> CodeTargetOut:
    """Return where a scanned code leads: a printed label, a shared product, an associate's code."""
    for resolve in (_label, _shared, _associate):
        found = resolve(token)
        if found is not None:
            return found
    raise CodeUnknown(field="token")


def _label(token: str) -> CodeTargetOut | None:
    try:
        place = catalog.code_place(token=token)
    except CodeUnknown:
        return None
    product_id = catalog.skus(ids=[place.sku_id])[place.sku_id].product_id
    scanned_in = None
    if place.unit_id is not None:
        store = organization.units(ids=[place.unit_id])[place.unit_id]
        scanned_in = ScannedInOut(store_id=store.id, store_name=store.name)
    return CodeTargetOut(
        kind="product",
        store_id=place.unit_id,
        product_id=product_id,
        sku_id=place.sku_id,
        staff_code=None,
        scanned_in=scanned_in,
    )


def _shared(token: str) -> CodeTargetOut | None:
    try:
        place = catalog.shared_place(token=token)
    except CodeUnknown:
        return None
    return CodeTargetOut(
        kind="product",
        store_id=place.unit_id,
        product_id=place.product_id,
        sku_id=None,
        staff_code=None,
        scanned_in=None,
    )


def _associate(token: str) -> CodeTargetOut | None:
    found = members.associate_by_code(code=token)
    if found is None:
        return None
    return CodeTargetOut(
        kind="associate" if found.is_active else "store",
        store_id=found.store_id,
        product_id=None,
        sku_id=None,
        staff_code=found.staff_code if found.is_active else None,
        scanned_in=None,
    )


def _section(one: Section, goods: dict[int, OfferOut]) -> SectionOut:
    return SectionOut.model_validate(
        {
            "kind": one.kind.value,
            "title": one.title,
            "title_en": one.title_en,
            "body_html": one.body_html,
            "body_html_en": one.body_html_en,
            "pictures": [_picture(shot) for shot in one.pictures],
            "goods": [goods[sku_id] for sku_id in one.sku_ids if sku_id in goods],
        }
    )


def _guide(guide: SizeGuide | None) -> SizeGuideOut | None:
    if guide is None:
        return None
    return SizeGuideOut(
        title=guide.title,
        title_en=guide.title_en,
        note=guide.note,
        note_en=guide.note_en,
        columns=list(guide.columns),
        rows=[list(row) for row in guide.rows],
    )


def _picture(shot: Shot) -> PictureOut:
    address = catalog.media_address
    return PictureOut(
        thumb=address(path=shot.thumb),
        card=address(path=shot.card),
        full=address(path=shot.full),
        alt=shot.alt,
        sku_id=None,
    )
