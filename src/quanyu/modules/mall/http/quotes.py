"""Quote an order: prices, the member's coupons beside it, points, and what would refuse it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.checkout.contracts import LINES_MAX, PlaceOrder, Quote, WantedLine
from quanyu.modules.mall import api
from quanyu.modules.mall.http import auth
from quanyu.modules.mall.http.order_schemas import WayOut, WishesIn, wishes_of
from quanyu.modules.mall.http.schemas import MallDelivery
from quanyu.modules.orders.contracts import Delivery
from quanyu.platform import http
from quanyu.platform.http import BigId, Fen, Quantity, Schema

router = Router(tags=["checkout"])
COUPONS_MAX = 20
Points = Annotated[int, Field(ge=0, le=10**9)]


class LineIn(Schema):
    """So much of a SKU, in base units (pieces or grams). ``points_offer_id``: bought in the points mall."""

    sku_id: BigId
    quantity: Quantity
    points_offer_id: BigId | None = None


class QuoteIn(Schema):
    """What would be ordered, how it shall come, and by which coupons and points.

    Coupons apply in the order given; ``points`` pay (those of points-mall lines come on top).
    """

    store_id: BigId
    delivery: MallDelivery
    lines: list[LineIn] = Field(min_length=1, max_length=LINES_MAX)
    address_id: UUID | None = None
    coupon_ids: list[UUID] = Field(default_factory=list, max_length=COUPONS_MAX)
    points: Points = 0
    wishes: WishesIn | None = None


class DiscountOut(Schema):
    """One discount on a line and what it is called; coupons are of the kind ``coupon``."""

    kind: str
    source: str
    label: str
    label_en: str
    amount_fen: int


class QuoteLineOut(Schema):
    """A line as it would be sold now; ``problem`` is the stable code of what would refuse it.

    net = list - discounts - points. Gifts come after the lines that were asked for; ``gift_of`` says what gives them.
    """

    number: int
    sku_id: BigId
    sku_code: str
    name: str
    name_en: str
    image: str
    quantity: int
    quantity_scale: int
    unit_price_fen: int
    list_fen: int
    discounts: list[DiscountOut]
    coupon_fen: int
    points_fen: int
    points_spent: int
    points_offer_id: int | None
    net_fen: int
    freight_fen: int
    available: int
    gift_of: str
    problem: str | None


class NotAppliedOut(Schema):
    """A campaign that does not apply, and why: the stable code of the reason, its text and its figures."""

    source: str
    label: str
    label_en: str
    reason: str
    text: str
    params: dict[str, Any]


class QuotedCouponOut(Schema):
    """A coupon of the member beside this order.

    ``amount_fen`` is what it takes off, or would if it were chosen; ``usable``: choosing it would be accepted. When
    it is not, ``reason`` is the stable code, ``text`` says it and what is missing, ``params`` has the figures.
    """

    id: UUID
    template_code: str
    label: str
    label_en: str
    amount_fen: int
    chosen: bool
    usable: bool
    reason: str | None
    text: str
    params: dict[str, Any]


class QuotedPointsOut(Schema):
    """The member's points beside this order.

    ``most`` is the most that could pay it; ``spent`` what it takes (points-mall lines too), ``worth_fen`` what
    the points that pay are worth; ``earned`` what the order would earn.
    """

    balance: int
    most: int
    spent: int
    worth_fen: int
    earned: int


class QuoteOut(Schema):
    """What the order would cost now: goods - discount - coupons - points + freight.

    ``problems`` are the stable codes that would refuse it.
    """

    lines: list[QuoteLineOut]
    goods_fen: int
    discount_fen: int
    coupon_fen: int
    points_fen: int
    freight_fen: int
    payable_fen: int
    coupons: list[QuotedCouponOut]
    points: QuotedPointsOut
    not_applied: list[NotAppliedOut]
    problems: list[str]
    way: WayOut


class BestOut(Schema):
    """The coupons that save most together, in the order to send them, and the quote with them."""

    coupon_ids: list[UUID]
    saved_fen: int
    quote: QuoteOut


@router.post("/quotes", response=QuoteOut)
def quote(request: HttpRequest, body: QuoteIn) -> QuoteOut:
    """Say what the order would cost now, which coupons and points could pay, and what would refuse it."""
    # The id is not kept: a quote is nothing but an answer.
    asked = command(request, body, order_id=UUID(int=0))
    return quote_out(api.quote(command=asked, actor=http.actor_of(request), now=system_clock.now()))


@router.post("/quotes/best", response=BestOut)
def best(request: HttpRequest, body: QuoteIn) -> BestOut:
    """Choose the coupons that save most on this order; those that were sent are not looked at."""
    asked = command(request, body, order_id=UUID(int=0))
    found = api.best_quote(command=asked, actor=http.actor_of(request), now=system_clock.now())
    return BestOut(coupon_ids=list(found.coupon_ids), saved_fen=found.saved_fen, quote=quote_out(found.quote))


def command(
    request: HttpRequest, body: QuoteIn, *, order_id: UUID, note: str = "", expected_payable_fen: Fen | None = None
) -> PlaceOrder:
    """Return what the signed-in member asks for, in checkout's words."""
    return api.command(
        order_id=order_id,
        member_id=auth.member_id_of(request),
        store_id=body.store_id,
        delivery=Delivery(body.delivery),
        lines=[
            WantedLine(sku_id=line.sku_id, quantity=line.quantity, points_offer_id=line.points_offer_id)
            for line in body.lines
        ],
        address_id=body.address_id,
        note=note,
        expected_payable_fen=expected_payable_fen,
        coupon_ids=body.coupon_ids,
        points=body.points,
        wishes=wishes_of(body.wishes),
    )


def quote_out(found: Quote) -> QuoteOut:
    """Return a quote for the wire, its texts in the language of the asker."""
    return QuoteOut.model_validate(
        {
            **{name: getattr(found, name) for name in _AMOUNTS},
            "lines": [{name: getattr(line, name) for name in QuoteLineOut.model_fields} for line in found.lines],
            "coupons": [_explained(one, QuotedCouponOut) for one in found.coupons],
            "points": QuotedPointsOut(
                balance=found.points_balance,
                most=found.points_max,
                spent=found.points_spent,
                worth_fen=found.points_fen,
                earned=found.points_earned,
            ),
            "not_applied": [_explained(one, NotAppliedOut) for one in found.not_applied],
            "problems": list(found.problems),
            "way": WayOut.model_validate(found.way),
        }
    )


_AMOUNTS = ("goods_fen", "discount_fen", "coupon_fen", "points_fen", "freight_fen", "payable_fen")


def _explained(one: Any, schema: type[Schema]) -> dict[str, Any]:
    """Return something that gives a reason, with the reason's text filled in."""
    named = {name: getattr(one, name) for name in schema.model_fields}
    params = dict(one.params)
    return named | {"params": params, "text": http.text(one.text, params)}
