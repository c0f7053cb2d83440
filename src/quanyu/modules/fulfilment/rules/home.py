"""When a store brings home what was bought in it: at its fixed days and hours, or when the customer likes (FUL-06)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from quanyu.modules.fulfilment.contracts import HomeTime, Slot, SlotDay, WayOptions
from quanyu.modules.organization.contracts import Location

_UTC = ZoneInfo("UTC")
# As people write them; both languages are one setting.
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAYS_ZH = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_DAILY = ("daily", "每天")
_DAY = "(?:" + "|".join((*_DAYS, *_DAYS_ZH)) + ")"
_CLOCK = "([01]?[0-9]|2[0-4]):([0-5][0-9])"
_TIME = f"({'|'.join(_DAILY)}|{_DAY}(?:[,，]{_DAY})*) {_CLOCK}-{_CLOCK}"
# Flexible: hours of a store that has not told its own.
_OPENS, _CLOSES = "09:00", "21:00"
_MINUTES_PER_DAY = 24 * 60
AHEAD_DAYS = 8


def read(text: str) -> HomeTime | None:
    """Return the time that a text names; ``None``: it names none.

    Such as ``tue,fri 15:00-18:00``, ``周二,周五 15:00-18:00`` or ``daily 9:00-11:30``.
    """
    found = re.fullmatch(_TIME, text)
    if found is None:
        return None
    names = _DAYS if found[1] in _DAILY else found[1].replace("，", ",").split(",")
    from_hour, from_minute, until_hour, until_minute = (int(part) for part in found.groups()[1:])
    start, end = from_hour * 60 + from_minute, until_hour * 60 + until_minute
    if not start < end <= _MINUTES_PER_DAY:
        return None
    return HomeTime(frozenset((*_DAYS, *_DAYS_ZH).index(name) % 7 for name in names), start, end)


def is_time(text: str) -> bool:
    """Tell whether a text names a time."""
    return read(text) is not None


def windows(store: Location, *, options: WayOptions, now: datetime) -> list[SlotDay]:
    """Return the times that can be chosen in the days to come, by the store's clock.

    A time is offered until its store has no more time to get ready for it. Without fixed times every hour (as long as
    a pickup time is) in which the store is open can be chosen.
    """
    if not options.delivers_home:
        return []
    zone = ZoneInfo(store.time_zone)
    soonest = now + timedelta(minutes=options.instant_minutes)
    today = now.astimezone(zone).date()
    days = []
    for ahead in range(AHEAD_DAYS):
        day = today + timedelta(days=ahead)
        found = tuple(
            Slot(_at(day, start, zone), _at(day, end, zone))
            for start, end in _spans(day, store, options)
            if _at(day, start, zone) >= soonest
        )
        if found:
            days.append(SlotDay(day, found))
    return days


def has_window(store: Location, *, starts_at: datetime, ends_at: datetime, options: WayOptions, now: datetime) -> bool:
    """Tell whether the store comes at this time (still)."""
    return any(
        slot.starts_at == starts_at and slot.ends_at == ends_at
        for day in windows(store, options=options, now=now)
        for slot in day.slots
    )


def _spans(day: date, store: Location, options: WayOptions) -> Sequence[tuple[int, int]]:
    """Return the times of a day as [from, until) in minutes, the first one first."""
    if options.home_times:
        return sorted({(one.start, one.end) for one in options.home_times if day.weekday() in one.weekdays})
    opens, closes = store.opening_hours[day.weekday()] if store.opening_hours else (_OPENS, _CLOSES)
    if not opens:
        return []
    start, end = _minutes(opens), _minutes(closes)
    if end <= start:
        end = _MINUTES_PER_DAY
    long = options.slot_minutes
    return [(begin, begin + long) for begin in range(start, end - long + 1, long)]


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


def _at(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    if minutes == _MINUTES_PER_DAY:
        return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(_UTC)
    return datetime.combine(day, time(minutes // 60, minutes % 60), zone).astimezone(_UTC)
