"""Facts of after-sale requests; upper modules listen to them through the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class RequestChanged:
    """A customer's request after the sale came to a state; ids as text."""

    topic: ClassVar[str] = "aftersales.request_changed.1"

    request_id: str
    number: str
    order_id: str
    member_id: str | None
    store_id: int
    kind: str
    state: str

    @property
    def aggregate(self) -> str:
        """Events of one order keep their order."""
        return f"order:{self.order_id}"
