"""Facts that inventory publishes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class StockChange:
    """How the stock on hand of one owner's row changed, and what it is now, in base units."""

    location_id: int
    sku_id: int
    owner_id: int
    on_hand_delta: int
    on_hand: int


@dataclass(frozen=True, slots=True)
class StockChanged:
    """Stock moved: one event for all rows that one deed moved. The SQL room appends it.

    Reservations do not publish: they are told by the events of the order they belong to.
    """

    topic: ClassVar[str] = "inventory.stock_changed.1"

    cause_kind: str
    cause_id: str
    kind: str
    changes: tuple[StockChange, ...]

    @property
    def aggregate(self) -> str:
        """The cause, for example ``order:0190...``."""
        return f"{self.cause_kind}:{self.cause_id}"
