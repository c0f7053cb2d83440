"""Orders as a till sees them. Money in fen, quantities in base units (pieces or grams)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from quanyu.modules.orders.contracts import Line, Order
from quanyu.modules.payments.contracts import Payment
from quanyu.platform.http import BigId, Schema

TENDERS = Literal["cash", "card", "wechat", "alipay"]
PAYMENT_STATES = Literal["created", "asking", "paid", "closed", "failed"]


class DiscountOut(Schema):
    """One discount on a line and what it is called."""

    kind: str
    source: str
    label: str
    amount_fen: int


class LineOut(Schema):
    """A line of an order: net = list - discounts - points. ``gift_of``: what gave it, empty for bought lines."""

    number: int
    sku_id: BigId
    name: str
    quantity: int
    quantity_scale: int
    unit_price_fen: int
    list_fen: int
    discounts: list[DiscountOut]
    coupon_fen: int
    points_fen: int
    points_spent: int
    points_restored: int
    net_fen: int
    gift_of: str
    returned_quantity: int
    refunded_fen: int
    credited_staff_id: int | None


class OrderCouponOut(Schema):
    """A coupon the order used, and what it took off in all (gifts and freight too)."""

    id: UUID
    code: str
    kind: str
    label: str
    amount_fen: int


class OrderOut(Schema):
    """An order of this till's store, whatever channel it came from.

    payable = goods - discount - coupon - points + freight; ``points_restored`` of ``points_spent`` came back.
    """

    id: UUID
    number: str
    channel: str
    delivery: str
    state: Literal["placed", "paid", "completed", "cancelled"]
    member_id: UUID | None
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
    lines: list[LineOut]


class PaymentOut(Schema):
    """One payment of an order. ``change_fen``: what the customer got back of what was handed over."""

    id: UUID
    tender: TENDERS
    way: str
    amount_fen: int
    tendered_fen: int | None
    change_fen: int
    state: PAYMENT_STATES
    refunded_fen: int
    paid_at: datetime | None


def order_out(order: Order) -> OrderOut:
    """Return an order for the wire. Its pickup code is the customer's secret and is not told here."""
    named = {name: getattr(order, name) for name in OrderOut.model_fields if name != "lines"}
    return OrderOut.model_validate(
        named
        | {
            "channel": order.channel.value,
            "delivery": order.delivery.value,
            "state": order.state.value,
            "coupons": [OrderCouponOut.model_validate(coupon) for coupon in order.coupons],
            "lines": [line_out(line) for line in order.lines],
        }
    )


def line_out(line: Line) -> LineOut:
    """Return a line for the wire."""
    named = {name: getattr(line, name) for name in LineOut.model_fields if name != "discounts"}
    return LineOut.model_validate(
        named
        | {
            "discounts": [
                DiscountOut(kind=one.kind, source=one.source, label=one.label, amount_fen=one.amount_fen)
                for one in line.discounts
            ]
        }
    )


def payment_out(payment: Payment) -> PaymentOut:
    """Return a payment for the wire."""
    named = {name: getattr(payment, name) for name in PaymentOut.model_fields if name != "change_fen"}
    change_fen = 0 if payment.tendered_fen is None else payment.tendered_fen - payment.amount_fen
    return PaymentOut.model_validate(
        named | {"tender": payment.tender.value, "state": payment.state.value, "change_fen": change_fen}
    )
