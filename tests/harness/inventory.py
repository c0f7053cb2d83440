"""Builders of stock: a shelf is one SKU of one owner at one location, and nobody else's."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from quanyu.kernel.actor import SYSTEM
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import Goods, StockLevel, Want
from tests.harness import catalog, organization

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Shelf:
    """Where a test's stock lies."""

    location_id: int
    owner_id: int
    sku_id: int

    def level(self) -> StockLevel:
        """Return the stock row as it is now."""
        rows = inventory.stock_levels(location_ids=[self.location_id], sku_ids=[self.sku_id])
        return next(row for row in rows if row.owner_id == self.owner_id)

    def counters(self) -> tuple[int, int]:
        """Return (on hand, reserved)."""
        level = self.level()
        return level.on_hand, level.reserved

    def want(self, quantity: int, *, line: int | str = 1, keep_safety: bool = False) -> Want:
        """Return a line that wants so much from here."""
        return Want(line, self.location_id, self.sku_id, (self.owner_id,), quantity, keep_safety)


def cause() -> str:
    """Return the number of a new order."""
    return str(uuid.uuid4())


def make_shelf(
    *,
    on_hand: int = 0,
    location_id: int | None = None,
    owner_id: int | None = None,
    sku_id: int | None = None,
    safety: int = 0,
) -> Shelf:
    """Make a store of head office with so much of a new SKU, unless a place, an owner or a SKU is given."""
    if location_id is None:
        location = organization.make_store()
        location_id, owner_id = location.unit.id, owner_id or location.owner_id
    if owner_id is None:
        owner_id = organization.enterprise().id
    shelf = Shelf(location_id, owner_id, catalog.make_sku().id if sku_id is None else sku_id)
    if on_hand:
        receive(shelf, on_hand)
    if safety:
        inventory.set_safety(
            location_id=shelf.location_id,
            owner_id=shelf.owner_id,
            sku_id=shelf.sku_id,
            quantity=safety,
            actor=SYSTEM,
            now=NOW,
        )
    return shelf


def receive(shelf: Shelf, quantity: int, *, cause_id: str | None = None, kind: str = "opening") -> int:
    """Put more onto a shelf; return the lines moved."""
    return inventory.receive(
        location_id=shelf.location_id,
        owner_id=shelf.owner_id,
        lines=[Goods(shelf.sku_id, quantity)],
        cause_kind="test",
        cause_id=cause_id or cause(),
        kind=kind,
        actor=SYSTEM,
        now=NOW,
    )
