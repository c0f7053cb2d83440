"""What is priced: the basket with all that decides its price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from quanyu.modules.pricing.contracts import PriceSet
from quanyu.modules.promotions.contracts.rights import Campaign, CouponFacts, PointsFacts, PointsOfferFacts


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """What pricing needs to know of a member. ``discount_bp``: what the tier takes off the base price."""

    tier: str = ""
    discount_bp: int = 0
    is_new: bool = False
    level: str = "identified"


@dataclass(frozen=True, slots=True)
class BasketLine:
    """A line to price. ``category_path`` has the category ids from the root; ``number`` is unique.

    With an ``offer`` it is bought in the points mall: no other discount, coupon or points on it.
    """

    number: int
    sku_id: int
    category_path: tuple[int, ...]
    supplier_id: int | None
    quantity: int
    quantity_scale: int
    prices: PriceSet
    manual_discount_fen: int = 0
    offer: PointsOfferFacts | None = None


@dataclass(frozen=True, slots=True)
class FreightFacts:
    """Freight of this order: ``base_fen`` unless the goods' net reaches ``free_from_fen`` (MALL-06).

    ``free_from_fen`` ``None``: never free. Pickup and in-store orders carry ``base_fen`` 0.
    """

    delivery: str = "carry_out"
    base_fen: int = 0
    free_from_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Basket:
    """All that decides a price, with the moment it is decided at. ``store_path``: unit ids, root first.

    ``coupons`` are tried in their order (those on freight last). ``gifts``: by SKU, what campaigns and
    coupons may give (``api.gift_skus``); a line's ``quantity`` is the most there is to give, its number
    does not count; a SKU that is missing is out of stock.
    """

    channel: str
    store_id: int
    member: MemberFacts | None
    lines: tuple[BasketLine, ...]
    freight: FreightFacts
    campaigns: tuple[Campaign, ...]
    at: datetime
    store_path: tuple[int, ...] = ()
    coupons: tuple[CouponFacts, ...] = ()
    points: PointsFacts | None = None
    gifts: Mapping[int, BasketLine] = field(default_factory=dict)
