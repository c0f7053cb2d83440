"""Builders of flash sales, and what checkout asks of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.ids import uuid7
from quanyu.modules.flash import api as flash
from quanyu.modules.flash.contracts import Sale, Wish
from quanyu.platform import db
from tests.harness import catalog, members, organization

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # a Monday noon in Shanghai
HOUR = timedelta(hours=1)


def make_sale(**given: Any) -> Sale:
    """Announce a sale that runs since an hour, for another one, of a new SKU: one piece per member, everywhere."""
    terms: dict[str, Any] = {
        "starts_at": NOW - HOUR,
        "ends_at": NOW + HOUR,
        "per_member_limit": 1,
        "channels": ("mall",),
        "actor": SYSTEM,
        "now": NOW - HOUR,
    } | given
    organization.enterprise()
    if "sku_id" not in terms:
        terms["sku_id"] = catalog.make_sku().id
    return flash.announce(**terms)


def make_member() -> UUID:
    """Return the id of a new member."""
    return members.make_member().id


def make_store_id(**given: Any) -> int:
    """Return the id of a new store."""
    return organization.make_store(**given).unit.id


def order(member_id: UUID | None, *wanted: tuple[Sale, int], order_id: UUID | None = None) -> dict[str, Any]:
    """Return an order of a batch, as far as flash sales read it."""
    return {
        "id": order_id or uuid7(),
        "member_id": member_id,
        "flash": [{"sale_id": sale.id, "quantity": quantity} for sale, quantity in wanted],
    }


def take(batch: Sequence[dict[str, Any]], *, at: datetime = NOW) -> list[str | None]:
    """Take for a batch; return the reason against each order, ``None`` where it took."""
    orders = [{"n": n, **one} for n, one in enumerate(batch)]
    answer = db.json_value("SELECT flash_take(%s::jsonb, %s)", [msgspec.json.encode(orders).decode(), at])
    return [answer[str(n)]["reason"] if str(n) in answer else None for n in range(len(batch))]


def take_one(sale: Sale, member_id: UUID, quantity: int = 1, *, at: datetime = NOW) -> UUID:
    """Let an order take; return it."""
    one = order(member_id, (sale, quantity))
    assert take([one], at=at) == [None]
    made: UUID = one["id"]
    return made


def give_back(order_id: UUID, *, at: datetime = NOW) -> int:
    """Give back what an order took; return the lines."""
    return int(db.value("SELECT flash_give_back(%s, %s)", [order_id, at]))


def take_again(order_id: UUID, *, at: datetime = NOW) -> bool:
    """Take again what a revived order gave back."""
    return bool(db.value("SELECT flash_take_again(%s, %s)", [order_id, at]))


def had(sale: Sale, member_id: UUID) -> int:
    """Return how many pieces of a sale a member has."""
    return flash.had_by_member(member_id=member_id, sale_ids=[sale.id]).get(sale.id, 0)


def taken(sale: Sale) -> int:
    """Return the counter of a sale with pieces in all."""
    return flash.sale(sale_id=sale.id).taken


def wish(sale: Sale, member_id: UUID | None, quantity: int = 1, *, store_id: int = 1, **given: Any) -> Wish:
    """Return what checkout says of an order."""
    fields: dict[str, Any] = {
        "order_id": uuid7(),
        "channel": "mall",
        "store_id": store_id,
        "delivery": "pickup",
        "member_id": member_id,
        "pieces": {sale.sku_id: quantity},
    } | given
    return Wish(**fields)
