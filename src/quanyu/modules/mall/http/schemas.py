"""What several resources of the mall's API say: stores, offers, orders. Money in fen, quantities in base units."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.mall.contracts import Offer
from quanyu.modules.orders.contracts import Line, Order
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


class OrderLineOut(Schema):
    """A line of an order: net = list - discount - coupon - points. ``gift_of``: what gave it, if nobody bought it."""

    number: int
    sku_id: BigId
    name: str
    specification: dict[str, str]
    image: str
    quantity: int
    quantity_scale: int
    unit_price_fen: int
    list_fen: int
    discount_fen: int
    coupon_fen: int
    points_fen: int
    points_spent: int
    points_restored: int
    net_fen: int
    gift_of: str
    returned_quantity: int
    refunded_fen: int


class TimelineOut(Schema):
    """One step in the life of an order."""

    at: datetime
    state: str
    reason: str


class OrderCouponOut(Schema):
    """A coupon the order used, and what it took off in all (freight and gifts too)."""

    id: UUID
    code: str
    kind: str
    label: str
    amount_fen: int


class OrderOut(Schema):
    """A member's order: payable = goods - discount - coupon - points + freight.

    ``points_spent`` are the points given for it, ``points_restored`` those that came back. ``pickup_code`` is shown
    once the order is paid and until it is handed over.
    """

    id: UUID
    number: str
    channel: str
    delivery: str
    state: Literal["placed", "paid", "completed", "cancelled"]
    store_id: BigId
    store_name: str
    goods_fen: int
    discount_fen: int
    coupon_fen: int
    points_fen: int
    points_spent: int
    points_restored: int
    freight_fen: int
    payable_fen: int
    paid_fen: int
    refunded_fen: int
    coupons: list[OrderCouponOut]
    note: str
    placed_at: datetime
    pay_before: datetime | None
    paid_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str
    pickup_code: str | None
    lines: list[OrderLineOut]
    timeline: list[TimelineOut]


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


def order_out(order: Order, *, skus: dict[int, SkuInfo], store_names: dict[int, str]) -> OrderOut:
    """Return an order for the wire, with pictures and the store's name."""
    return OrderOut(
        id=order.id,
        number=order.number,
        channel=order.channel.value,
        delivery=order.delivery.value,
        state=order.state.value,
        store_id=order.selling_store_id,
        store_name=store_names.get(order.selling_store_id, ""),
        goods_fen=order.goods_fen,
        discount_fen=order.discount_fen,
        coupon_fen=order.coupon_fen,
        points_fen=order.points_fen,
        points_spent=order.points_spent,
        points_restored=order.points_restored,
        freight_fen=order.freight_fen,
        payable_fen=order.payable_fen,
        paid_fen=order.paid_fen,
        refunded_fen=order.refunded_fen,
        coupons=[OrderCouponOut.model_validate(coupon) for coupon in order.coupons],
        note=order.note,
        placed_at=order.placed_at,
        pay_before=order.pay_before,
        paid_at=order.paid_at,
        completed_at=order.completed_at,
        cancelled_at=order.cancelled_at,
        cancel_reason=order.cancel_reason,
        pickup_code=order.pickup_code if order.state == "paid" and order.pickup_code else None,
        lines=[_line_out(line, skus.get(line.sku_id)) for line in order.lines],
        timeline=[TimelineOut(at=step.at, state=step.to_state, reason=step.reason) for step in order.history],
    )


def sku_ids_of(orders: Iterable[Order]) -> set[int]:
    """Return the SKUs of all lines of these orders."""
    return {line.sku_id for order in orders for line in order.lines}


def _line_out(line: Line, sku: SkuInfo | None) -> OrderLineOut:
    return OrderLineOut(
        number=line.number,
        sku_id=line.sku_id,
        name=line.name,
        specification=dict(sku.specification) if sku else {},
        image=sku.image_thumb if sku else "",
        quantity=line.quantity,
        quantity_scale=line.quantity_scale,
        unit_price_fen=line.unit_price_fen,
        list_fen=line.list_fen,
        discount_fen=line.discount_fen,
        coupon_fen=line.coupon_fen,
        points_fen=line.points_fen,
        points_spent=line.points_spent,
        points_restored=line.points_restored,
        net_fen=line.net_fen,
        gift_of=line.gift_of,
        returned_quantity=line.returned_quantity,
        refunded_fen=line.refunded_fen,
    )
