"""Facts of the order book; upper modules listen to them through the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class OrderFact:
    """What every order event says; ids as text, amounts in fen."""

    order_id: str
    number: str
    channel: str
    store_id: int
    member_id: str | None
    payable_fen: int

    @property
    def aggregate(self) -> str:
        """Events of one order keep their order."""
        return f"order:{self.order_id}"


@dataclass(frozen=True, slots=True)
class OrderPlaced(OrderFact):
    """An order stands in the book and its goods are reserved."""

    topic: ClassVar[str] = "orders.placed.1"


@dataclass(frozen=True, slots=True)
class OrderPaid(OrderFact):
    """The whole amount of an order has been paid."""

    topic: ClassVar[str] = "orders.paid.1"


@dataclass(frozen=True, slots=True)
class OrderCompleted(OrderFact):
    """The goods of an order have left the house."""

    topic: ClassVar[str] = "orders.completed.1"


@dataclass(frozen=True, slots=True)
class OrderCancelled(OrderFact):
    """An order was cancelled or lapsed; what was paid goes back."""

    topic: ClassVar[str] = "orders.cancelled.1"


@dataclass(frozen=True, slots=True)
class OrderReturned(OrderFact):
    """Lines of an order came back; ``amount_fen`` was refunded under ``return_id``."""

    return_id: str = ""
    amount_fen: int = 0
    topic: ClassVar[str] = "orders.returned.1"


@dataclass(frozen=True, slots=True)
class OrderReassigned(OrderFact):
    """Another place fulfils an order from now on; its goods are held there."""

    from_location_id: int = 0
    to_location_id: int = 0
    topic: ClassVar[str] = "orders.reassigned.1"
