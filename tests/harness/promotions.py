"""Builders of baskets, campaigns, coupons and points for the price chain; only ``make_campaign`` writes."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.period import Period
from quanyu.modules.pricing.contracts import PriceSet
from quanyu.modules.promotions import api as promotions
from quanyu.modules.promotions.contracts import (
    Basket,
    BasketLine,
    Campaign,
    CampaignItem,
    CampaignKind,
    CouponFacts,
    CouponKind,
    FreightFacts,
    MemberFacts,
    PointsFacts,
    PointsOfferFacts,
    Scope,
    Shares,
    Step,
)

# A Monday noon in Shanghai.
NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
STORE = 7
DAY = timedelta(days=1)
NAMES = {
    CampaignKind.THRESHOLD: ("满减", "Threshold"),
    CampaignKind.GIFT: ("满赠", "Gift"),
    CampaignKind.NTH: ("第二件", "Nth piece"),
    CampaignKind.BUNDLE: ("组合价", "Bundle"),
    CampaignKind.NEW_CUSTOMER: ("新人价", "New customers"),
}


def line(
    number: int,
    base_fen: int,
    *,
    quantity: int = 1,
    scale: int = 1,
    member_fen: int | None = None,
    timed_fen: int | None = None,
    **given: Any,
) -> BasketLine:
    """Make a basket line; its SKU is its number unless given."""
    sku_id = given.pop("sku_id", number)
    prices = PriceSet(sku_id, base_fen, member_fen, timed_fen, 1, 2, 3)
    settings: dict[str, Any] = {"category_path": (), "supplier_id": None} | given
    return BasketLine(number=number, sku_id=sku_id, quantity=quantity, quantity_scale=scale, prices=prices, **settings)


def offer_line(
    number: int, base_fen: int, *, points: int, cash_fen: int, quantity: int = 1, **given: Any
) -> BasketLine:
    """Make a line of the points mall; the offer's id is the line's number."""
    return line(number, base_fen, quantity=quantity, offer=PointsOfferFacts(number, points, cash_fen), **given)


def campaign(*steps: tuple[int, int], id: int = 1, **given: Any) -> Campaign:
    """Make a campaign of (threshold, off) steps; scope and shares are given as their fields' dicts."""
    return _campaign(CampaignKind.THRESHOLD, id, steps=tuple(Step(*step) for step in steps), **given)


def gift_campaign(*steps: tuple[int, int, int], id: int = 1, **given: Any) -> Campaign:
    """Make a campaign of (threshold, gift SKU, quantity) steps."""
    made = tuple(Step(threshold, 0, sku_id, quantity) for threshold, sku_id, quantity in steps)
    return _campaign(CampaignKind.GIFT, id, steps=made, **given)


def nth_campaign(count: int, *, off_bp: int = 0, price_fen: int | None = None, id: int = 1, **given: Any) -> Campaign:
    """Make a campaign on the nth piece."""
    return _campaign(CampaignKind.NTH, id, count=count, off_bp=off_bp, price_fen=price_fen, **given)


def bundle_campaign(
    price_fen: int, *, items: dict[int, int] | None = None, count: int = 0, id: int = 1, **given: Any
) -> Campaign:
    """Make a bundle: ``{sku: quantity}`` or any ``count`` pieces at a price."""
    made = tuple(CampaignItem(sku_id, quantity) for sku_id, quantity in (items or {}).items())
    return _campaign(CampaignKind.BUNDLE, id, price_fen=price_fen, count=count, items=made, **given)


def new_customer_campaign(prices: dict[int, tuple[int, int]], *, id: int = 1, **given: Any) -> Campaign:
    """Make new-customer prices: ``{sku: (price, most per order)}``."""
    items = tuple(CampaignItem(sku_id, most, price_fen) for sku_id, (price_fen, most) in prices.items())
    return _campaign(CampaignKind.NEW_CUSTOMER, id, items=items, **given)


def _campaign(kind: CampaignKind, id: int, **given: Any) -> Campaign:
    name, name_en = NAMES[kind]
    return Campaign(
        id=id,
        code=f"C{id}",
        name=f"{name}{id}",
        name_en=f"{name_en} {id}",
        period=given.pop("period", Period()),
        scope=Scope(**given.pop("scope", {})),
        shares=Shares(**given.pop("shares", {})),
        kind=kind,
        **given,
    )


def coupon(kind: str = "amount", *, id: str = "1", **given: Any) -> CouponFacts:
    """Make a coupon; scope and shares are given as their fields' dicts."""
    return CouponFacts(
        id=id,
        code=f"K{id}",
        name=f"券{id}",
        name_en=f"Coupon {id}",
        kind=CouponKind(kind),
        scope=Scope(**given.pop("scope", {})),
        shares=Shares(**given.pop("shares", {})),
        **given,
    )


def points(wanted: int, balance: int = 100_000, **given: Any) -> PointsFacts:
    """Make points as payment: 100 make a yuan, up to half of the goods, unless given."""
    return PointsFacts(wanted, balance, **({"points_per_yuan": 100, "cap_bp": 5_000} | given))


def gifts(*lines: BasketLine) -> dict[int, BasketLine]:
    """Make what is in stock to give; a line's quantity is the most there is."""
    return {line.sku_id: line for line in lines}


def basket(*lines: BasketLine, campaigns: tuple[Campaign, ...] = (), **given: Any) -> Basket:
    """Make a basket in the mall of store 7 by nobody in particular, without freight, unless given."""
    settings: dict[str, Any] = {
        "channel": "mall",
        "store_id": STORE,
        "member": None,
        "freight": FreightFacts(),
        "at": NOW,
        "store_path": (1, 3, STORE),
    } | given
    return Basket(lines=lines, campaigns=campaigns, **settings)


def member(tier: str = "", **given: Any) -> MemberFacts:
    """Make a member's facts."""
    return MemberFacts(tier, **given)


def make_campaign(**given: Any) -> Campaign:
    """Make a campaign in the database, through the door: 10 yuan off from 100 for a day, unless given.

    Unless told where, it holds on a channel on which no other test buys.
    """
    settings: dict[str, Any] = {
        "code": random_code(),
        "name": "春季满减",
        "period": Period(NOW, NOW + DAY),
        "steps": [Step(10_000, 1_000)],
        "scope": Scope(channels=frozenset({"b2b"})),
        "actor": SYSTEM,
        "now": NOW,
    }
    return promotions.create_campaign(**(settings | given))


def random_code() -> str:
    """Return a campaign code that no other test has."""
    return f"T{secrets.token_hex(6)}"
