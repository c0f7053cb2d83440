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
    """What can be sold changed: one event for all rows that one deed touched. The SQL room appends it.

    ``kind`` is the kind of the movement, or ``reserve``, ``release``, ``safety``, ``sharing``. Where nothing moved
    ``on_hand_delta`` is 0. ``sharing`` names no rows: anything of this owner may be sold by others now, or no longer.
    A batch of orders publishes once, with the cause ``batch``. A reservation that lapses publishes nothing: the clock
    alone makes it so.
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
