"""When goods can be fetched or will come: from opening hours, the time it takes to get ready, and the clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from quanyu.modules.fulfilment.contracts import Slot, SlotDay, WayOptions
from quanyu.modules.orders.contracts import Delivery, Wishes
from quanyu.modules.organization.contracts import Location

_LOOK_DAYS = 14
_UTC = ZoneInfo("UTC")


def ready_at(store: Location, *, lead: timedelta, now: datetime) -> datetime | None:
    """Return from when goods ordered now lie ready: people work while the store is open.

    ``None``: it does not open in the next two weeks. A store whose hours are not known works always.
    """
    now = _next_minute(now)
    if not store.opening_hours:
        return now + lead
    for opens, closes in _worked(store, now=now):
        ready = max(now, opens) + lead
        if ready < closes:
            return ready
    return None


def slots(store: Location, *, options: WayOptions, now: datetime) -> list[SlotDay]:
    """Return the pickup times of the days to come, those that are too soon left out. Hours not known: none."""
    if not store.opening_hours:
        return []
    ready = ready_at(store, lead=timedelta(minutes=options.pickup_minutes), now=now)
    long = timedelta(minutes=options.slot_minutes)
    days = []
    for day, opens, closes in _opened(store, now=now, days=options.slot_days):
        found, start = [], opens
        while start + long <= closes:
            if ready is not None and start >= ready:
                found.append(Slot(start, start + long))
            start += long
        if found:
            days.append(SlotDay(day, tuple(found)))
    return days


def has_slot(store: Location, *, starts_at: datetime, ends_at: datetime, options: WayOptions, now: datetime) -> bool:
    """Tell whether this is a pickup time of the store (still)."""
    return any(
        slot.starts_at == starts_at and slot.ends_at == ends_at
        for day in slots(store, options=options, now=now)
        for slot in day.slots
    )


def promised_at(
    delivery: Delivery, store: Location, *, wishes: Wishes | None, options: WayOptions, now: datetime
) -> datetime | None:
    """Return when goods ordered now are promised to be there; what is taken along or consumed here promises nothing."""
    if delivery is Delivery.PICKUP:
        if wishes is not None and wishes.pickup_from is not None:
            return wishes.pickup_from
        return ready_at(store, lead=timedelta(minutes=options.pickup_minutes), now=now)
    if delivery is Delivery.INSTANT:
        return ready_at(store, lead=timedelta(minutes=options.instant_minutes), now=now)
    if delivery is Delivery.EXPRESS:
        return _next_minute(now) + timedelta(hours=options.express_hours)
    return None


def _next_minute(at: datetime) -> datetime:
    """Return the moment by the minute, never earlier: nobody promises seconds."""
    whole = at.replace(second=0, microsecond=0)
    return whole if whole == at else whole + timedelta(minutes=1)


def _opened(store: Location, *, now: datetime, days: int) -> Iterator[tuple[date, datetime, datetime]]:
    """Give the openings that are not over, today's first; a night's end lies on the next day."""
    zone = ZoneInfo(store.time_zone)
    today = now.astimezone(zone).date()
    for ahead in range(days):
        day = today + timedelta(days=ahead)
        opens, closes = store.opening_hours[day.weekday()]
        if not opens:
            continue
        start, end = _at(day, opens, zone), _at(day, closes, zone)
        if end <= start:
            end = _at(day + timedelta(days=1), closes, zone)
        if end > now:
            yield day, start.astimezone(_UTC), end.astimezone(_UTC)


def _worked(store: Location, *, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Give the spans in which people work without a break: who opens when the last day ends works on at midnight."""
    begun: tuple[datetime, datetime] | None = None
    for _, opens, closes in _opened(store, now=now, days=_LOOK_DAYS):
        if begun is not None and opens <= begun[1]:
            begun = (begun[0], closes)
            continue
        if begun is not None:
            yield begun
        begun = (opens, closes)
    if begun is not None:
        yield begun


def _at(day: date, text: str, zone: ZoneInfo) -> datetime:
    hours, _, minutes = text.partition(":")
    if hours == "24":
        return datetime.combine(day + timedelta(days=1), time(), zone)
    return datetime.combine(day, time(int(hours), int(minutes)), zone)
