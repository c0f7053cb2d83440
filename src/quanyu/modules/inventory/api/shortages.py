"""What was sold although the books had none, and to whom a place has promised what it may not have."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.modules.inventory.contracts import Goods, MovementKind, Promise
from quanyu.modules.inventory.ops import move_stock as _move_stock
from quanyu.modules.inventory.queries import levels as _levels
from quanyu.platform import db


def cover(
    *,
    location_id: int,
    owner_id: int,
    lines: Sequence[Goods],
    cause_kind: str,
    cause_id: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Put units on the books that were sold there though the books had none; return the lines moved.

    The shortage account: a movement of kind ``shortage`` says how much the next count has to explain, and on hand never
    falls below zero. A line of a cause is moved once. Belongs to a deed that has been permitted. Raises
    ``QuantityInvalid``. Publishes ``StockChanged``.
    """
    return db.in_transaction(
        lambda: _move_stock.receive_stock(
            location_id=location_id,
            owner_id=owner_id,
            lines=lines,
            cause_kind=cause_kind,
            cause_id=cause_id,
            kind=MovementKind.SHORTAGE,
            actor=actor,
            now=now,
        )
    )


def promises(*, location_id: int, sku_ids: Collection[int], cause_kind: str) -> list[Promise]:
    """Return what a place holds of these SKUs for causes of a kind (``order``). One query."""
    return _levels.promises(location_id=location_id, sku_ids=sku_ids, cause_kind=cause_kind)
