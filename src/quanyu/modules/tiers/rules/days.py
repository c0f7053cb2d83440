"""Birthdays of both calendars, member days, and how their multipliers meet. Pure.

Chinese dates are computed by lunar-python (1900-2100), which follows GB/T 33661.
"""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from lunar_python.LunarYear import LunarYear
from lunar_python.Solar import Solar

from quanyu.modules.tiers.contracts import ONCE_BP, DayKind, MemberDay

# The library carries no annotations.
_solar: Any = Solar
_lunar_year: Any = LunarYear


@lru_cache(maxsize=4096)  # the Chinese calendar takes milliseconds, and each order of a member asks again
def celebrated_in(birthday: date, *, is_lunar: bool, year: int) -> date:
    """Return the day on which a birthday is celebrated in a year, of the Chinese calendar with ``is_lunar``.

    29 February is celebrated on the 28th where there is none. By the Chinese calendar the day of birth is taken
    as its Chinese date; the year's first day is Spring Festival. Born in a leap month: in the leap month of a
    year that has the same one, else in the plain month. Born on a 30th: on the 29th of a short month.
    """
    if not is_lunar:
        return birthday.replace(year=year, day=min(birthday.day, calendar.monthrange(year, birthday.month)[1]))
    born = _solar.fromYmd(birthday.year, birthday.month, birthday.day).getLunar()
    number = born.getMonth()  # negative: a leap month
    month = _month(year, number) or _month(year, abs(number))
    assert month is not None  # every year has all plain months
    first = _solar.fromJulianDay(month.getFirstJulianDay())
    day = min(born.getDay(), month.getDayCount())
    return date(first.getYear(), first.getMonth(), first.getDay()) + timedelta(days=day - 1)


def is_birthday_time(birthday: date, *, is_lunar: bool, on: date, days_before: int, days_after: int) -> bool:
    """Tell whether a day lies within the days around the birthday; the turn of the year is no border."""
    return any(
        celebrated - timedelta(days=days_before) <= on <= celebrated + timedelta(days=days_after)
        for celebrated in (celebrated_in(birthday, is_lunar=is_lunar, year=on.year + step) for step in (-1, 0, 1))
    )


def takes_place(day: MemberDay, *, on: date, path: Collection[int]) -> bool:
    """Tell whether a member day is on this day at a place, whose path of unit ids is given.

    The 31st of a shorter month is its last day.
    """
    if not day.is_active or on < day.starts_on or (day.ends_on is not None and on > day.ends_on):
        return False
    if day.unit_ids and not set(day.unit_ids) & set(path):
        return False
    if day.kind is DayKind.WEEKDAY:
        return on.weekday() == day.day
    return on.day == min(day.day, calendar.monthrange(on.year, on.month)[1])


def together(multipliers_bp: Iterable[int], *, multiplies: bool) -> int:
    """Return the multiplier that counts: the highest, or the product rounded down to a basis point."""
    found = list(multipliers_bp)
    if not multiplies:
        return max(found, default=ONCE_BP)
    product = ONCE_BP
    for multiplier_bp in found:
        product = product * multiplier_bp // ONCE_BP
    return product


def _month(year: int, number: int) -> Any:
    """Return a month of a Chinese year; ``None`` when the year has no such leap month."""
    return _lunar_year.fromYear(year).getMonth(number)
