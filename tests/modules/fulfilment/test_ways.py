"""Pickup times and promises follow the store's opening hours, the time it needs and its own clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from quanyu.modules.fulfilment.contracts import WayOptions
from quanyu.modules.fulfilment.rules import ways
from quanyu.modules.orders.contracts import Delivery, Wishes

OPTIONS = WayOptions(
    pickup_minutes=30, instant_minutes=45, express_hours=48, slot_minutes=60, slot_capacity=3, slot_days=2
)
DAILY = (("09:00", "21:30"),) * 7


def store(hours=DAILY):
    return SimpleNamespace(opening_hours=hours, time_zone="Asia/Shanghai")


def at(text):
    """Return a moment of Shanghai, of Monday the 2nd of March 2026 or the days behind it."""
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "ready"),
    [
        ("2026-03-02T10:00", "2026-03-02T10:30"),
        ("2026-03-02T10:00:01", "2026-03-02T10:31"),
        ("2026-03-02T07:00", "2026-03-02T09:30"),
        ("2026-03-02T20:59", "2026-03-02T21:29"),
        ("2026-03-02T21:00", "2026-03-03T09:30"),
        ("2026-03-02T23:00", "2026-03-03T09:30"),
    ],
)
def test_goods_are_made_ready_while_the_store_is_open(now, ready):
    assert ways.ready_at(store(), lead=timedelta(minutes=30), now=at(now)) == at(ready)


def test_who_never_closes_works_on_at_midnight_and_who_does_stops_there():
    always, but_sundays = (("00:00", "24:00"),) * 7, (("00:00", "24:00"),) * 6 + (("", ""),)
    lead = timedelta(minutes=30)
    assert ways.ready_at(store(always), lead=lead, now=at("2026-03-02T23:40")) == at("2026-03-03T00:10")
    assert ways.ready_at(store(always), lead=timedelta(hours=30), now=at("2026-03-02T23:40")) == at("2026-03-04T05:40")
    assert ways.ready_at(store(but_sundays), lead=lead, now=at("2026-03-07T23:40")) == at("2026-03-09T00:30")


def test_a_closed_day_is_passed_over_and_a_closed_store_promises_nothing():
    monday_only = (DAILY[0], *(("", ""),) * 6)
    closed = (("", ""),) * 7
    lead = timedelta(minutes=30)
    assert ways.ready_at(store(monday_only), lead=lead, now=at("2026-03-03T10:00")) == at("2026-03-09T09:30")
    assert ways.ready_at(store(closed), lead=lead, now=at("2026-03-03T10:00")) is None
    assert ways.slots(store(closed), options=OPTIONS, now=at("2026-03-03T10:00")) == []


def test_hours_that_are_not_known_promise_but_offer_no_times():
    now = at("2026-03-02T03:00")
    assert ways.ready_at(store(()), lead=timedelta(minutes=30), now=now) == now + timedelta(minutes=30)
    assert ways.slots(store(()), options=OPTIONS, now=now) == []


def test_mall_04_times_lie_within_the_hours_and_after_the_goods_are_ready():
    today, tomorrow = ways.slots(store(), options=OPTIONS, now=at("2026-03-02T18:45"))
    assert [slot.starts_at for slot in today.slots] == [at("2026-03-02T20:00")]
    assert (len(tomorrow.slots), tomorrow.slots[0].starts_at) == (12, at("2026-03-03T09:00"))
    # The last half hour is no whole time.
    assert tomorrow.slots[-1].ends_at == at("2026-03-03T21:00")


def test_a_night_runs_into_the_next_day():
    (night, _) = ways.slots(store((("20:00", "02:00"),) * 7), options=OPTIONS, now=at("2026-03-02T19:00"))
    assert [slot.starts_at for slot in night.slots] == [
        at(text)
        for text in (
            "2026-03-02T21:00",
            "2026-03-02T22:00",
            "2026-03-02T23:00",
            "2026-03-03T00:00",
            "2026-03-03T01:00",
        )
    ]


def test_only_what_is_offered_is_a_time():
    now, start = at("2026-03-02T10:00"), at("2026-03-02T15:00")

    def has(start, end, options=OPTIONS):
        return ways.has_slot(store(), starts_at=start, ends_at=end, options=options, now=now)

    hour = timedelta(hours=1)
    assert has(start, start + hour)
    assert not has(start, start + 2 * hour)
    assert not has(start + hour / 2, start + hour * 1.5)
    assert not has(at("2026-03-02T10:00"), at("2026-03-02T11:00"))
    assert not has(start + timedelta(days=2), start + timedelta(days=2) + hour)
    assert has(start + timedelta(days=2), start + timedelta(days=2) + hour, replace(OPTIONS, slot_days=3))


@pytest.mark.parametrize(
    ("delivery", "promised"),
    [
        (Delivery.PICKUP, "2026-03-02T10:30"),
        (Delivery.INSTANT, "2026-03-02T10:45"),
        (Delivery.EXPRESS, "2026-03-04T10:00"),
        (Delivery.IN_STORE, None),
        (Delivery.CARRY_OUT, None),
    ],
)
def test_each_way_promises_its_own(delivery, promised):
    found = ways.promised_at(delivery, store(), wishes=None, options=OPTIONS, now=at("2026-03-02T10:00"))
    assert found == (promised and at(promised))


def test_who_chose_a_time_is_promised_that_time():
    wish = Wishes(pickup_from=at("2026-03-02T15:00"), pickup_until=at("2026-03-02T16:00"))
    found = ways.promised_at(Delivery.PICKUP, store(), wishes=wish, options=OPTIONS, now=at("2026-03-02T10:00"))
    assert found == at("2026-03-02T15:00")
