"""When people shop: days of the week, paydays, a week of promotion, growth, and the hours of a day."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
# Monday first; the average of a week is one.
_WEEK = (0.84, 0.82, 0.86, 0.90, 1.08, 1.30, 1.20)
# The day the wages come, and a little of the day after.
_PAYDAYS = {10: 1.22, 11: 1.08, 15: 1.30, 16: 1.12, 25: 1.18, 26: 1.06}
_GROWTH = 0.30
_UPLIFT = 1.45
_NOISE = 0.06
# From nine in the morning to ten at night: the way to work, lunch, and most of all the evening.
_OPEN_FROM = 9
_HOURS = (4, 5, 7, 11, 8, 6, 6, 8, 11, 13, 12, 7, 2)


class Promotion(NamedTuple):
    """The days of the chain's great week, both included."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Tell whether the day is one of them."""
        return self.first <= day <= self.last


def promotion(*, today: date, days: int) -> Promotion:
    """Return the week of promotion: in the middle of the history, from a Monday to a Sunday where it is long enough."""
    about = today - timedelta(days=days * 4 // 9)
    first = about - timedelta(days=about.weekday())
    return Promotion(first, first + timedelta(days=6))


def weight(day: date, *, first: date, last: date, promoted: bool) -> float:
    """Return how much is sold on a day, where one is an ordinary day in the middle of the history."""
    grown = 1 - _GROWTH / 2 + _GROWTH * (day - first).days / max(1, (last - first).days)
    return _WEEK[day.weekday()] * _PAYDAYS.get(day.day, 1.0) * grown * (_UPLIFT if promoted else 1.0)


def orders_on(day: date, *, ordinary: float, weight: float, chance: random.Random) -> int:
    """Return how many orders a day brings."""
    return max(0, round(ordinary * weight * chance.gauss(1.0, _NOISE)))


def moment(day: date, chance: random.Random) -> datetime:
    """Return a moment of the day at which somebody buys."""
    (hour,) = chance.choices(range(len(_HOURS)), weights=_HOURS)
    return at(day, _OPEN_FROM + hour) + timedelta(minutes=chance.randrange(60), seconds=chance.randrange(60))


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """Return a moment of a day by the clock of the shops."""
    return datetime.combine(day, time(hour, minute), SHANGHAI)


def later_in_shop_hours(moment_: datetime, chance: random.Random, *, days: tuple[int, int]) -> datetime:
    """Return a moment some days after, in shop hours; the same day not before the moment itself."""
    day = moment_.astimezone(SHANGHAI).date() + timedelta(days=chance.randint(*days))
    found = at(day, 10 + chance.randrange(10), chance.randrange(60))
    return found if found > moment_ + timedelta(minutes=40) else moment_ + timedelta(minutes=40 + chance.randrange(60))
