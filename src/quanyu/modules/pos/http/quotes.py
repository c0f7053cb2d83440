"""Quote a sale: prices, the member's coupons beside it, points, and what would refuse it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from pydantic import AwareDatetime, Field

from quanyu.kernel.clock import system_clock
from quanyu.modules.checkout.contracts import LINES_MAX, Quote
from quanyu.modules.orders.contracts import Delivery, StaffShare
from quanyu.modules.pos import api
from quanyu.modules.pos.contracts import Sale, SaleLine, SaleWay
from quanyu.modules.pos.http import auth
from quanyu.modules.pos.http.schemas import DiscountOut
from quanyu.platform import http
from quanyu.platform.http import BigId, Fen, Quantity, Schema

router = Router(tags=["sales"])
COUPONS_MAX = 20
Points = Annotated[int, Field(ge=0, le=10**9)]


class CreditIn(Schema):
    """Who served for a line, and the share in basis points; those of a line are 10,000 together."""

    staff_id: BigId
    share_bp: Annotated[int, Field(ge=1, le=10_000)]


Credits = Annotated[list[CreditIn], Field(min_length=1, max_length=api.CREDITS_MAX)]


class LineIn(Schema):
    """So much of a SKU (pieces or grams), a discount by hand in fen and why, and who is credited with it.

    ``rounding_fen`` is taken off as well: the line's part of what makes the whole amount round. ``credits``: those who
    served for it, in the place of ``credited_staff_id``.

    ``points_offer_id``: bought in the points mall, by the offer's points and cash.
    """

    sku_id: BigId
    quantity: Quantity
    discount_fen: Fen = 0
    credited_staff_id: BigId | None = None
    points_offer_id: BigId | None = None
    discount_reason: api.DiscountReason = api.DiscountReason.OTHER
    rounding_fen: Fen = 0
    credits: Credits | None = None


class WayIn(Schema):
    """How the goods reach a member who does not carry them out.

    ``express``: from the nearest place that has them, to one of the member's addresses. ``instant``: brought home from
    this store, to an address, at one of its times (``/ways`` tells them). ``pickup``: fetched in another store.
    """

    delivery: Literal["express", "instant", "pickup"]
    address_id: UUID | None = None
    window_from: AwareDatetime | None = None
    window_until: AwareDatetime | None = None
    store_id: BigId | None = None


class QuoteIn(Schema):
    """What lies on the counter, for whom, and by which of the member's coupons and points.

    Coupons apply in the order given; ``points`` pay (those of points-mall lines come on top). Without a ``way`` the
    customer carries the goods out.
    """

    lines: list[LineIn] = Field(min_length=1, max_length=LINES_MAX)
    member_id: UUID | None = None
    coupon_ids: list[UUID] = Field(default_factory=list, max_length=COUPONS_MAX)
    points: Points = 0
    way: WayIn | None = None


class QuoteLineOut(Schema):
    """A line as it would be sold now; ``problem`` is the stable code of what would refuse it.

    net = list - discounts - points. Gifts come after the lines that were asked for; ``gift_of`` says what gives them.
    """

    number: int
    sku_id: BigId
    sku_code: str
    name: str
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
    available: int
    gift_of: str
    problem: str | None


class NotAppliedOut(Schema):
    """A campaign that does not apply, and why: the stable code of the reason, its text and its figures."""

    source: str
    label: str
    reason: str
    text: str
    params: dict[str, Any]


class QuotedCouponOut(Schema):
    """A coupon of the member beside this sale.

    ``amount_fen`` is what it takes off, or would if it were chosen; ``usable``: choosing it would be accepted. When
    it is not, ``reason`` is the stable code, ``text`` says it and what is missing, ``params`` has the figures.
    """

    id: UUID
    template_code: str
    label: str
    amount_fen: int
    chosen: bool
    usable: bool
    reason: str | None
    text: str
    params: dict[str, Any]


class QuotedPointsOut(Schema):
    """The member's points beside this sale.

    ``most`` is the most that could pay it; ``spent`` what it takes (points-mall lines too), ``worth_fen`` what
    the points that pay are worth; ``earned`` what the sale would earn.
    """

    balance: int
    most: int
    spent: int
    worth_fen: int
    earned: int


class QuoteOut(Schema):
    """What the sale would cost now: goods - discount - coupons - points + freight.

    ``promised_at``: when goods that are not carried out are promised to be there.

    ``problems`` are the stable codes that would refuse it.
    """

    lines: list[QuoteLineOut]
    goods_fen: int
    discount_fen: int
    coupon_fen: int
    points_fen: int
    freight_fen: int
    payable_fen: int
    promised_at: datetime | None
    coupons: list[QuotedCouponOut]
    points: QuotedPointsOut
    not_applied: list[NotAppliedOut]
    problems: list[str]


@router.post("/quotes", response=QuoteOut)
def quote(request: HttpRequest, body: QuoteIn) -> QuoteOut:
    """Say what the sale would cost now, with every discount, and which coupons and points could pay."""
    # A quote is not kept: its id and number are nobody's.
    sale = Sale(
        id=UUID(int=0),
        seq=0,
        lines=sale_lines(body),
        member_id=body.member_id,
        coupon_ids=tuple(body.coupon_ids),
        points=body.points,
        way=sale_way(body),
    )
    return _quote_out(
        api.quote(sale=sale, till=auth.till_of(request), actor=http.actor_of(request), now=system_clock.now())
    )


def sale_lines(body: QuoteIn) -> tuple[SaleLine, ...]:
    """Return the lines as the till's door takes them."""
    return tuple(_sale_line(line) for line in body.lines)


def _sale_line(line: LineIn) -> SaleLine:
    credited_staff_id, shares = api.credited(shares_of(line.credits), line.credited_staff_id)
    return SaleLine(
        line.sku_id,
        line.quantity,
        line.discount_fen,
        credited_staff_id,
        line.points_offer_id,
        discount_reason=line.discount_reason.value,
        rounding_fen=line.rounding_fen,
        shares=shares,
    )


def shares_of(given: list[CreditIn] | None) -> tuple[StaffShare, ...]:
    """Return who served, as the till's door takes it."""
    return tuple(StaffShare(one.staff_id, one.share_bp) for one in given or ())


def sale_way(body: QuoteIn) -> SaleWay | None:
    """Return how the goods reach the customer, as the till's door takes it."""
    way = body.way
    if way is None:
        return None
    return SaleWay(Delivery(way.delivery), way.address_id, way.window_from, way.window_until, way.store_id)


def _quote_out(found: Quote) -> QuoteOut:
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
            "promised_at": found.way.promised_at,
        }
    )


_AMOUNTS = ("goods_fen", "discount_fen", "coupon_fen", "points_fen", "freight_fen", "payable_fen")


def _explained(one: Any, schema: type[Schema]) -> dict[str, Any]:
    """Return something that gives a reason, with the reason's text filled in."""
    named = {name: getattr(one, name) for name in schema.model_fields}
    params = dict(one.params)
    return named | {"params": params, "text": http.text(one.text, params)}
