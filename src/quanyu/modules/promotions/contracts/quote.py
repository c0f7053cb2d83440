"""The basket priced: every discount with who bears it, and what did not apply."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from quanyu.modules.promotions.contracts.reasons import Reason


@dataclass(frozen=True, slots=True)
class Discount:
    """One discount on one line and who bears it; the three parts add up to ``amount_fen``.

    ``source`` is the price book (``book:7``), ``tier:<code>``, ``till``, the campaign (its code),
    ``coupon:<id>`` or ``offer:<id>``. Below ``threshold_fen`` of its goods it would not have applied.
    """

    kind: str
    source: str
    label: str
    amount_fen: int
    brand_fen: int
    store_fen: int
    supplier_fen: int
    threshold_fen: int = 0


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """A priced line: net = list - discount - coupon - points, never negative; ``freight_fen`` is on top.

    A gift is a line of its own after the others, net 0, ``gift_of`` its source. ``points_spent`` are the
    points for the line: as payment (worth ``points_fen``) or by its offer.
    """

    number: int
    unit_price_fen: int
    list_fen: int
    discounts: tuple[Discount, ...]
    net_fen: int
    freight_fen: int
    coupon_fen: int = 0
    points_fen: int = 0
    points_spent: int = 0
    gift_of: str = ""
    sku_id: int = 0
    quantity: int = 0

    @property
    def discount_fen(self) -> int:
        """All discounts on the line together, without coupons and points."""
        return self.list_fen - self.net_fen - self.coupon_fen - self.points_fen


@dataclass(frozen=True, slots=True)
class Applied:
    """What was taken off, over which lines; none for what a coupon took off the freight."""

    kind: str
    source: str
    label: str
    amount_fen: int
    line_numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NotApplied:
    """What could have applied and did not, and why (``params`` of ``REASON_TEXTS``)."""

    source: str
    label: str
    reason: Reason
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CouponOutcome:
    """What a coupon saves (goods, the gift's price, the freight), or why nothing and what is missing."""

    id: str
    amount_fen: int
    reason: Reason | None = None
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Quote:
    """The basket priced: payable = goods - discount - coupon - points + freight, all sums of the lines.

    ``coupons`` has one outcome per coupon of the basket, in its order. ``points_spent`` includes offers';
    ``points_max`` is the most that could be used as payment.
    """

    lines: tuple[QuoteLine, ...]
    goods_fen: int
    discount_fen: int
    freight_fen: int
    payable_fen: int
    applied: tuple[Applied, ...]
    not_applied: tuple[NotApplied, ...]
    coupon_fen: int = 0
    points_fen: int = 0
    points_spent: int = 0
    points_max: int = 0
    coupons: tuple[CouponOutcome, ...] = ()
