"""Opening hours per weekday in the store's own time zone; a night's end lies on the next day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from quanyu.modules.organization.contracts import Hours, HoursInvalid

DAYS = 7
CLOSED = ("", "")
_TIME = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)\Z")
_MINUTES_OF_DAY = 24 * 60


def parse(hours: Sequence[Sequence[str]]) -> Hours:
    """Return seven checked pairs, Monday first, or none at all (not known).

    A pair is ``(open, close)``, ``HH:MM`` each; a close that is not after the open lies on the next
    day; ``24:00`` is a close only; two empty texts are a closed day. Raises ``HoursInvalid``.
    """
    if len(hours) not in (0, DAYS):
        raise HoursInvalid(field="opening_hours")
    pairs = []
    for day, pair in enumerate(hours):
        if len(pair) != 2:
            raise HoursInvalid(field=f"opening_hours.{day}")
        opens, closes = pair
        if (opens, closes) != CLOSED:
            _check_pair(opens, closes, field=f"opening_hours.{day}")
        pairs.append((opens, closes))
    return tuple(pairs)


def _check_pair(opens: str, closes: str, *, field: str) -> None:
    well_formed = _TIME.match(opens) and (_TIME.match(closes) or closes == "24:00")
    # Equal times could mean an instant or a whole day; a whole day is written 00:00 to 24:00.
    if not well_formed or opens == closes:
        raise HoursInvalid(field=field)


def is_open(hours: Hours, *, time_zone: str, at: datetime) -> bool | None:
    """Tell whether a place is open at a moment; ``None`` when its hours are not known.

    The minute of closing is closed. Yesterday's hours count as long as they run past midnight.
    """
    if not hours:
        return None
    local = at.astimezone(ZoneInfo(time_zone))
    minute = local.hour * 60 + local.minute
    today = _span(hours[local.weekday()])
    yesterday = _span(hours[(local - timedelta(days=1)).weekday()])
    return _within(today, minute) or _within(yesterday, minute + _MINUTES_OF_DAY)


def _span(pair: tuple[str, str]) -> tuple[int, int] | None:
    """Return minutes from the day's midnight; the end may lie beyond 24 hours."""
    if pair == CLOSED:
        return None
    opens, closes = (_minutes(text) for text in pair)
    return opens, closes if closes > opens else closes + _MINUTES_OF_DAY


def _within(span: tuple[int, int] | None, minute: int) -> bool:
    return span is not None and span[0] <= minute < span[1]


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)
