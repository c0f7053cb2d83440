"""What crosses the door of insights: totals of trade. Amounts in fen, days in Shanghai."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Totals:
    """What was sold and what came back.

    Sold: orders that were paid (and not cancelled), by the moment they were placed; ``sales_fen`` is what was to pay,
    ``net_fen`` the goods of it without freight, ``cost_fen`` what they cost, ``member_orders`` those of members.
    Came back: returns by the moment they were booked, at the place that took the goods; ``refunded_fen`` went back.
    """

    orders: int = 0
    member_orders: int = 0
    sales_fen: int = 0
    member_sales_fen: int = 0
    net_fen: int = 0
    cost_fen: int = 0
    returns: int = 0
    refunded_fen: int = 0

    @property
    def margin_fen(self) -> int:
        """What the goods brought above their cost, before returns."""
        return self.net_fen - self.cost_fen


@dataclass(frozen=True, slots=True)
class Board:
    """Totals of some days seen from four sides; each side adds up to ``whole``. What is missing is nothing.

    ``by_hour``: (ISO weekday, hour of the day).
    """

    whole: Totals
    by_day: dict[date, Totals]
    by_day_and_channel: dict[tuple[date, str], Totals]
    by_channel: dict[str, Totals]
    by_store: dict[int, Totals]
    by_hour: dict[tuple[int, int], Totals]


@dataclass(frozen=True, slots=True)
class HabitRules:
    """How what is bought together is learnt: from so many days; a pair needs so many orders and so much lift.

    ``least_lift`` in hundredths: 120 is "a fifth more often than by chance". ``most``: companions kept of a product.
    """

    days: int = 180
    least_orders: int = 3
    least_lift: int = 120
    most: int = 24
    best_days: int = 28
    most_best: int = 120


@dataclass(frozen=True, slots=True)
class Companion:
    """A product that goes with another: in so many orders, so many hundredths times as often as by chance."""

    product_id: int
    orders: int
    lift: int


@dataclass(frozen=True, slots=True)
class Company:
    """What goes with a product, the strongest first: (product, strength in ten-thousandths)."""

    product_id: int
    goes_with: tuple[tuple[int, int], ...]
