"""What the mall's API says of a member's orders. Money in fen, quantities in base units."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.fulfilment.contracts import Parcel
from quanyu.modules.mall import api
from quanyu.modules.mall.contracts import OrderFacts
from quanyu.modules.mall.http.request_schemas import InvoiceOut, RequestOut
from quanyu.modules.orders.contracts import Gift, Line, Order, Wishes
from quanyu.modules.organization.contracts import Unit
from quanyu.platform.http import BigId, Schema
from quanyu.platform.http.schemas import ONE_LINE

GiftCard = Annotated[str, Field(max_length=120, pattern=ONE_LINE)]
GiftSender = Annotated[str, Field(max_length=20, pattern=ONE_LINE)]


class PresentIn(Schema):
    """The order is a present: one free wrap, a greeting card, whose name stands on it, no prices in the parcel."""

    wrap: bool = False
    card: GiftCard = ""
    sender: GiftSender = ""
    hide_prices: bool = False


class WishesIn(Schema):
    """How the order shall come: a slot of ``/stores/{id}/pickup-slots`` (both ends or none), and as a present."""

    pickup_from: AwareDatetime | None = None
    pickup_until: AwareDatetime | None = None
    gift: PresentIn | None = None


class PresentOut(Schema):
    """The order as a present."""

    wrap: bool
    card: str
    sender: str
    hide_prices: bool


class WishesOut(Schema):
    """How the order shall come."""

    pickup_from: datetime | None
    pickup_until: datetime | None
    gift: PresentOut | None


class WayOut(Schema):
    """How and when the goods would come. ``ready_at``: from when they lie ready in the store."""

    promised_at: datetime | None
    ready_at: datetime | None
    distance_m: int | None
    free_from_fen: int | None
    missing_for_free_fen: int | None


class OrderLineOut(Schema):
    """A line of an order: net = list - discount - coupon - points. ``gift_of``: what gave it, if nobody bought it."""

    number: int
    sku_id: BigId
    product_id: BigId
    name: str
    name_en: str
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


class StateChangeOut(Schema):
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


class TrackingOut(Schema):
    """What a carrier said of a parcel."""

    at: datetime
    text: str


class ParcelOut(Schema):
    """A parcel of the order and its way so far, the newest first."""

    carrier: str
    carrier_name: str
    number: str
    events: list[TrackingOut]


class StepOut(Schema):
    """A step of the order's way; ``at`` is empty while it is to come."""

    kind: Literal["placed", "paid", "preparing", "ready", "shipped", "on_the_way", "completed", "cancelled"]
    at: datetime | None


class MayOut(Schema):
    """What the member can do with the order now."""

    pay: bool
    cancel: bool
    ask_return: bool
    buy_again: bool
    invoice: bool


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
    store_name_en: str
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
    wishes: WishesOut | None
    address_masked: str
    placed_at: datetime
    promised_at: datetime | None
    pay_before: datetime | None
    paid_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str
    pickup_code: str | None
    lines: list[OrderLineOut]
    timeline: list[StateChangeOut]
    steps: list[StepOut]
    parcels: list[ParcelOut]
    may: MayOut
    invoice: InvoiceOut | None
    requests: list[RequestOut]


class CountsOut(Schema):
    """How many of the member's orders stand where."""

    to_pay: int
    to_receive: int
    done: int
    after_sale: int


class AgainIn(Schema):
    """The store whose cart it goes into: the one the shopper is in now."""

    store_id: BigId


class AddedOut(Schema):
    """What of a former order went into the cart."""

    sku_id: BigId
    name: str
    quantity: int


class NotAddedOut(Schema):
    """What of a former order could not be put into the cart: a stable code, and the reason in words."""

    sku_id: BigId
    name: str
    reason: str
    text: str


class AgainOut(Schema):
    """What became of the lines of a former order."""

    added: list[AddedOut]
    refused: list[NotAddedOut]


def order_out(order: Order, *, skus: dict[int, SkuInfo], stores: dict[int, Unit], facts: OrderFacts) -> OrderOut:
    """Return an order for the wire, with pictures, the store's name and what other books say of it."""
    way = api.way_of(order=order)
    store = stores.get(order.selling_store_id)
    return OrderOut(
        id=order.id,
        number=order.number,
        channel=order.channel.value,
        delivery=order.delivery.value,
        state=order.state.value,
        store_id=order.selling_store_id,
        store_name=store.name if store else "",
        store_name_en=store.name_en if store else "",
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
        wishes=_wishes_out(order.wishes),
        address_masked=order.address_masked,
        placed_at=order.placed_at,
        promised_at=order.promised_at,
        pay_before=order.pay_before,
        paid_at=order.paid_at,
        completed_at=order.completed_at,
        cancelled_at=order.cancelled_at,
        cancel_reason=order.cancel_reason,
        pickup_code=order.pickup_code if order.state == "paid" and order.pickup_code else None,
        lines=[_line_out(line, skus[line.sku_id]) for line in order.lines],
        timeline=[StateChangeOut(at=step.at, state=step.to_state, reason=step.reason) for step in order.history],
        steps=[StepOut(kind=kind, at=at) for kind, at in api.steps(way=way, facts=facts)],
        parcels=[_parcel_out(parcel) for parcel in facts.parcels],
        may=MayOut.model_validate(api.may(way=way, facts=facts)),
        invoice=InvoiceOut.model_validate(facts.invoice) if facts.invoice else None,
        requests=[RequestOut.model_validate(one) for one in facts.requests],
    )


def wishes_of(given: WishesIn | None) -> Wishes | None:
    """Return the wishes of a body in the order book's words."""
    if given is None:
        return None
    asked = given.gift
    gift = None if asked is None else Gift(asked.wrap, asked.card, asked.sender, asked.hide_prices)
    return Wishes(pickup_from=given.pickup_from, pickup_until=given.pickup_until, gift=gift)


def sku_ids_of(orders: Iterable[Order]) -> set[int]:
    """Return the SKUs of all lines of these orders."""
    return {line.sku_id for order in orders for line in order.lines}


def _wishes_out(wishes: Wishes | None) -> WishesOut | None:
    if wishes is None:
        return None
    return WishesOut(
        pickup_from=wishes.pickup_from,
        pickup_until=wishes.pickup_until,
        gift=PresentOut.model_validate(wishes.gift) if wishes.gift else None,
    )


def _parcel_out(parcel: Parcel) -> ParcelOut:
    return ParcelOut(
        carrier=parcel.carrier,
        carrier_name=parcel.carrier_name,
        number=parcel.number,
        events=[TrackingOut(at=event.at, text=event.text) for event in parcel.events],
    )


def _line_out(line: Line, sku: SkuInfo) -> OrderLineOut:
    return OrderLineOut(
        number=line.number,
        sku_id=line.sku_id,
        product_id=sku.product_id,
        name=line.name,
        name_en=sku.name_en,
        specification=dict(sku.specification),
        image=sku.image_thumb,
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
