"""Builders of baskets and campaigns for the price chain; they need no database."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from quanyu.kernel.period import Period
from quanyu.modules.pricing.contracts import PriceSet
from quanyu.modules.promotions.contracts import (
    Basket,
    BasketLine,
    Campaign,
    FreightFacts,
    MemberFacts,
    Scope,
    Shares,
    Step,
)

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
STORE = 7


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


def campaign(*steps: tuple[int, int], id: int = 1, **given: Any) -> Campaign:
    """Make a campaign of (threshold, off) steps; scope and shares are given as their fields' dicts."""
    return Campaign(
        id=id,
        code=f"C{id}",
        name=f"满减{id}",
        name_en=f"Threshold {id}",
        period=given.pop("period", Period()),
        steps=tuple(Step(*step) for step in steps),
        scope=Scope(**given.pop("scope", {})),
        shares=Shares(**given.pop("shares", {})),
        **given,
    )


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


def member(tier: str = "") -> MemberFacts:
    """Make a member's facts."""
    return MemberFacts(tier)


def random_code() -> str:
    """Return a campaign code that no other test has."""
    return f"T{secrets.token_hex(6)}"
