"""The stock of one store as the model sees it: on hand, and who holds how much until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Hold:
    """So many units kept for one line. ``until`` ``None``: pinned. States: open, lapsed, released, issued."""

    sku: int
    quantity: int
    until: datetime | None
    state: str = "open"

    def lapses(self, now: datetime) -> bool:
        """Tell whether somebody else may take it."""
        return self.state == "open" and self.until is not None and self.until <= now


@dataclass
class Shelf:
    """All SKUs of the store. ``received``, ``issued`` and ``returned`` are what conservation is checked with."""

    on_hand: dict[int, int]
    holds: dict[int, list[Hold]] = field(init=False)
    live: set[int] = field(init=False)
    received: dict[int, int] = field(init=False)
    issued: dict[int, int] = field(init=False)
    returned: dict[int, int] = field(init=False)

    def __post_init__(self) -> None:
        self.received = dict(self.on_hand)
        self.holds, self.live = {}, set()
        self.issued, self.returned = dict.fromkeys(self.on_hand, 0), dict.fromkeys(self.on_hand, 0)

    def reserved(self, sku: int) -> int:
        """Return what open holds keep of a SKU, lapsed or not."""
        return sum(hold.quantity for hold in self._of(sku) if hold.state == "open")

    def available(self, sku: int, now: datetime) -> int:
        """Return what a shopper is told: what lapsed counts as free."""
        lapsed = sum(hold.quantity for hold in self._of(sku) if hold.lapses(now))
        return self.on_hand[sku] - self.reserved(sku) + lapsed

    def reserve(
        self, order: int, wanted: Mapping[int, int], *, until: datetime | None, now: datetime, placing: bool = False
    ) -> bool:
        """Keep all or nothing. Holds that lapsed give way where they are needed.

        An order that is ``placing`` lets them go even where that is not enough; money that came late does not.
        """
        short = any(self.available(sku, now) < quantity for sku, quantity in wanted.items())
        if not short or placing:
            for sku, quantity in wanted.items():
                if self.on_hand[sku] - self.reserved(sku) < quantity:
                    for hold in self._of(sku):
                        if hold.lapses(now):
                            hold.state = "lapsed"
        if short:
            return False
        self.live.add(order)
        for sku, quantity in wanted.items():
            self.holds.setdefault(order, []).append(Hold(sku, quantity, until))
        return True

    def pin(self, order: int, *, now: datetime) -> bool:
        """Keep an order's goods without a limit of time, again where they were lost; all or nothing."""
        mine = self.holds[order]
        lost = {hold.sku: hold.quantity for hold in mine if hold.state in ("lapsed", "released")}
        kept = [hold for hold in mine if hold.state not in ("lapsed", "released")]
        if lost:
            self.holds[order] = kept
            if not self.reserve(order, lost, until=None, now=now):
                self.holds[order] = mine
                return False
        for hold in self.holds[order]:
            if hold.state == "open":
                hold.until = None
        return True

    def release(self, order: int) -> None:
        """Give back what an order still keeps."""
        for hold in self.holds[order]:
            if hold.state == "open":
                hold.state = "released"
        self.live.discard(order)

    def forget(self, order: int) -> None:
        """Undo what an order kept: it was refused for something else, and leaves nothing."""
        del self.holds[order]
        self.live.discard(order)

    def issue(self, order: int) -> None:
        """Let an order's goods leave."""
        for hold in self.holds[order]:
            assert hold.state == "open", "what leaves was kept"
            hold.state = "issued"
            self.on_hand[hold.sku] -= hold.quantity
            self.issued[hold.sku] += hold.quantity
        self.live.discard(order)

    def receive(self, sku: int, quantity: int, *, returned: bool = False) -> None:
        """Put goods in, new ones or some that were sold before."""
        self.on_hand[sku] += quantity
        (self.returned if returned else self.received)[sku] += quantity

    def check(self) -> None:
        """Stock is conserved, and never promised twice (I1, I2)."""
        for sku, on_hand in self.on_hand.items():
            assert on_hand == self.received[sku] - self.issued[sku] + self.returned[sku], "stock is conserved"
            assert 0 <= self.reserved(sku) <= on_hand, f"{self.reserved(sku)} units of SKU {sku} promised of {on_hand}"

    def _of(self, sku: int) -> list[Hold]:
        return [hold for order in self.live for hold in self.holds[order] if hold.sku == sku]
