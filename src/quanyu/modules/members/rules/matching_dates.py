"""How alike two birthdays are: the same, one slip of the pen apart, the same year, or another person's."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from functools import lru_cache

from quanyu.modules.members.rules import matching_text

# The lunar new year falls between 21 January and 20 February, so a lunar date reads up to 60 days earlier.
_LUNAR_DAYS_MAX = 60


class DateLevel(StrEnum):
    """Steps of likeness, from the same to different; stable codes."""

    SAME = "same"
    SWAPPED = "swapped"
    SLIP = "slip"
    LUNAR = "lunar"
    SLIPS = "two_slips"
    YEAR = "same_year"
    DIFFERENT = "different"


def compare(one: date, other: date) -> DateLevel:
    """Return how alike two birthdays are.

    ``SWAPPED``: day and month changed places. ``SLIP``: one digit differs, or two neighbouring digits changed
    places (``SLIPS``: two such). ``LUNAR``: one is the other's date in the lunar calendar. The first of January
    is what many systems write for "unknown", so it is never more than a year.
    """
    if one == other:
        return DateLevel.YEAR if (one.month, one.day) == (1, 1) else DateLevel.SAME
    if (one.month, one.day) == (other.day, other.month) and one.year == other.year:
        return DateLevel.SWAPPED
    slips = matching_text.edits(f"{one:%Y%m%d}", f"{other:%Y%m%d}", most=2)
    if slips == 1:
        return DateLevel.SLIP
    if abs((one - other).days) <= _LUNAR_DAYS_MAX and (_lunar(one) == other or _lunar(other) == one):
        return DateLevel.LUNAR
    if slips == 2:
        return DateLevel.SLIPS
    return DateLevel.YEAR if one.year == other.year else DateLevel.DIFFERENT


def clearly_differ(one: date | None, other: date | None) -> bool:
    """Tell whether both are known and more than a slip of the pen apart."""
    if one is None or other is None or one == other:
        return False
    return compare(one, other) not in (DateLevel.SWAPPED, DateLevel.SLIP, DateLevel.LUNAR)


def years_apart(one: date, other: date) -> int:
    """Return the whole years between two birthdays."""
    return abs(one.year - other.year)


@lru_cache(maxsize=4096)  # each takes a millisecond, and a scan asks for the same days again and again
def _lunar(day: date) -> date | None:
    """Return what a form says where the lunar date was typed as if it were of the calendar; 30 February is none."""
    from lunar_python.Solar import Solar

    lunar = Solar.fromYmd(day.year, day.month, day.day).getLunar()  # type: ignore[no-untyped-call]  # has no types
    try:
        return date(lunar.getYear(), abs(lunar.getMonth()), lunar.getDay())
    except ValueError:
        return None
