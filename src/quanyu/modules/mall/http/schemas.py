"""What several resources of the mall's API say: stores and offers. Money in fen, quantities in base units."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from quanyu.modules.mall.contracts import Offer
from quanyu.modules.organization.contracts import Location
from quanyu.platform.http import BigId, QuerySchema, Schema

MallDelivery = Literal["pickup", "express", "instant", "in_store"]
Longitude = Annotated[float, Field(ge=-180, le=180, description="GCJ-02 degrees.")]
Latitude = Annotated[float, Field(ge=-90, le=90, description="GCJ-02 degrees.")]
BigIdQuery = Annotated[int, Field(ge=1, le=2**63 - 1)]


class PlaceQuery(QuerySchema):
    """Where the shopper is, when location is permitted: both or none."""

    longitude: Longitude | None = None
    latitude: Latitude | None = None


class StoreOut(Schema):
    """A store as a shopper sees it."""

    id: BigId
    code: str
    name: str
    name_en: str
    area_code: str
    area_name: str
    address: str
    longitude: float
    latitude: float
    phone: str
    opening_hours: list[tuple[str, str]] = Field(description="Opening and closing time for each day, Monday first.")
    open_now: bool | None
    distance_m: int | None
    offers_pickup: bool
    offers_express: bool
    offers_instant: bool
    offers_in_store: bool
    delivery_radius_m: int


class PriceOut(Schema):
    """``price_fen`` is what the asker pays per piece or kilogram; the others say where it comes from."""

    price_fen: int
    base_fen: int
    member_fen: int | None
    timed_fen: int | None


class OfferOut(Schema):
    """A SKU as the store offers it. Quantities in base units: pieces, or grams when ``quantity_scale`` is 1000."""

    sku_id: BigId
    sku_code: str
    product_id: BigId
    name: str
    name_en: str
    specification: dict[str, str]
    image: str
    unit_name: str
    quantity_scale: int
    price: PriceOut
    available: int
    express_available: int = Field(description="What an express parcel can hold: the store's stock or a warehouse's.")


class PictureOut(Schema):
    """A picture of a product at three sizes."""

    thumb: str
    card: str
    full: str
    alt: str
    sku_id: int | None


def store_out(store: Location) -> StoreOut:
    """Return a store for the wire."""
    return StoreOut(
        id=store.unit.id,
        code=store.unit.code,
        name=store.unit.name,
        name_en=store.unit.name_en,
        area_code=store.area_code,
        area_name=store.area_name,
        address=store.address,
        longitude=store.longitude,
        latitude=store.latitude,
        phone=store.phone,
        opening_hours=list(store.opening_hours),
        open_now=store.open_now,
        distance_m=store.distance_m,
        offers_pickup=store.offers_pickup,
        offers_express=store.offers_express,
        offers_instant=store.offers_instant,
        offers_in_store=store.offers_in_store,
        delivery_radius_m=store.delivery_radius_m,
    )


def offer_out(offer: Offer) -> OfferOut:
    """Return an offer for the wire."""
    sku = offer.sku
    return OfferOut(
        sku_id=sku.id,
        sku_code=sku.code,
        product_id=sku.product_id,
        name=sku.name,
        name_en=sku.name_en,
        specification=dict(sku.specification),
        image=sku.image_card,
        unit_name=sku.unit_name,
        quantity_scale=sku.quantity_scale,
        price=PriceOut.model_validate(offer.price),
        available=offer.available,
        express_available=offer.express_available,
    )
