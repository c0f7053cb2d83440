"""How alike two birthdays are: the same, one slip of the pen apart, the same year, or another person's."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from quanyu.modules.members.rules import matching_text


class DateLevel(StrEnum):
    """Steps of likeness, from the same to different; stable codes."""

    SAME = "same"
    SWAPPED = "swapped"
    SLIP = "slip"
    YEAR = "same_year"
    DIFFERENT = "different"


def compare(one: date, other: date) -> DateLevel:
    """Return how alike two birthdays are.

    ``SWAPPED``: day and month changed places. ``SLIP``: one digit differs, or two neighbouring digits changed
    places. The first of January is what many systems write for "unknown", so it is never more than a year.
    """
    if one == other:
        return DateLevel.YEAR if (one.month, one.day) == (1, 1) else DateLevel.SAME
    if (one.month, one.day) == (other.day, other.month) and one.year == other.year:
        return DateLevel.SWAPPED
    if matching_text.edits(f"{one:%Y%m%d}", f"{other:%Y%m%d}", most=1) <= 1:
        return DateLevel.SLIP
    return DateLevel.YEAR if one.year == other.year else DateLevel.DIFFERENT


def clearly_differ(one: date | None, other: date | None) -> bool:
    """Tell whether both are known and more than a slip of the pen apart."""
    if one is None or other is None or one == other:
        return False
    return compare(one, other) not in (DateLevel.SWAPPED, DateLevel.SLIP)


def years_apart(one: date, other: date) -> int:
    """Return the whole years between two birthdays."""
    return abs(one.year - other.year)
