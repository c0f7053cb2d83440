"""What the model keeps of an order: its lines, the payments as we and the provider know them, refunds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from quanyu.modules.aftersales import rules as returns

PAY_WITHIN = timedelta(minutes=15)
# What the right code says of an order that does not wait to be fetched.
NOT_HANDED_OUT = {"placed": "checkout.pickup_not_paid", "cancelled": "checkout.pickup_cancelled"}
LIVE = ("created", "asking")
# What may have become of the goods of an order in each state: only an unpaid one can lose them to the clock.
GOODS = {
    "placed": {"open", "lapsed"},
    "paid": {"open"},
    "completed": {"issued"},
    "cancelled": {"released", "lapsed"},
}


@dataclass(slots=True)
class Trade:
    """A payment as the provider knows it."""

    paid: bool = False
    closed: bool = False


@dataclass(slots=True)
class Attempt:
    """A payment as we know it. ``trade`` is ``None`` when the provider never heard of it."""

    amount: int
    expires: datetime | None
    state: str
    way: str = "till"
    shown: bool = False
    refunded: int = 0
    trade: Trade | None = None


@dataclass(slots=True)
class Line:
    """A line with what was paid for it in money and points."""

    sku: int
    quantity: int
    net: int
    points: int
    returned: int = 0


@dataclass(slots=True)
class Refund:
    """Money promised back: ``done`` once the provider has said so, ``sent`` once it did it."""

    attempt: Attempt
    reason: str
    amount: int
    state: str = "created"
    sent: bool = False


@dataclass(slots=True)
class Order:
    """An order. ``shopper`` is ``None`` for a sale at the till."""

    index: int
    shopper: int | None
    lines: list[Line]
    payable: int
    points: int
    before: datetime | None
    state: str = "placed"
    reason: str = ""
    paid: int = 0
    refunded: int = 0
    attempts: list[Attempt] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    returns: list[tuple[int, int, str]] = field(default_factory=list)
    events: list[str] = field(default_factory=lambda: ["placed"])

    def live(self) -> Attempt | None:
        """Return the payment whose outcome is open."""
        return next((one for one in self.attempts if one.state in LIVE), None)

    def points_kept(self) -> int:
        """Return the points that it has of its shopper."""
        return sum(
            line.points
            - returns.line_refund(net_fen=line.points, quantity=line.quantity, returned=0, returning=line.returned)
            for line in self.lines
        )

    def check(self, goods: set[str]) -> None:
        """Money and goods are what its state says (I1, I7, I8). ``goods``: what became of what it held."""
        kept = sum(one.amount - one.refunded for one in self.attempts if one.state == "paid")
        assert kept == self.paid - self.refunded, f"order {self.index} keeps what it earned: {kept}"
        assert goods <= GOODS[self.state], f"order {self.index} is {self.state}, its goods are {goods}"
