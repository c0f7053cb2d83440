"""When a store brings purchases home (FUL-06): fixed days, daily, when the customer likes; by the store's clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from quanyu.modules.fulfilment.contracts import HomeTime
from quanyu.modules.fulfilment.rules import home
from tests.modules.fulfilment.test_ways import OPTIONS, store

# A Saturday, 16:10 in Shanghai.
NOW = datetime(2026, 3, 7, 8, 10, tzinfo=UTC)
FIXED = replace(
    OPTIONS,
    delivers_home=True,
    instant_minutes=30,
    home_times=(HomeTime(frozenset({1, 4}), 15 * 60, 18 * 60), HomeTime(frozenset({5}), 16 * 60 + 30, 20 * 60)),
)


def shown(days):
    return [(one.day.isoformat(), [(slot.starts_at, slot.ends_at) for slot in one.slots]) for one in days]


def test_ful06_fixed_days_run_across_the_end_of_the_week():
    days = home.windows(store(), options=FIXED, now=NOW)
    assert [one.day.isoformat() for one in days] == ["2026-03-10", "2026-03-13", "2026-03-14"]
    assert shown(days)[0][1] == [(datetime(2026, 3, 10, 7, tzinfo=UTC), datetime(2026, 3, 10, 10, tzinfo=UTC))]


def test_ful06_today_counts_while_there_is_time_to_get_ready():
    early = datetime(2026, 3, 7, 8, 0, tzinfo=UTC)
    days = home.windows(store(), options=FIXED, now=early)
    assert shown(days)[0] == (
        "2026-03-07",
        [(datetime(2026, 3, 7, 8, 30, tzinfo=UTC), datetime(2026, 3, 7, 12, tzinfo=UTC))],
    )


def test_ful06_flexible_is_every_hour_of_the_stores_hours():
    options = replace(FIXED, home_times=(), slot_minutes=60)
    days = home.windows(store(), options=options, now=NOW)
    hours = store().opening_hours[5]
    starts = [slot.starts_at for slot in days[0].slots]
    assert days[0].day.isoformat() == "2026-03-07"
    assert starts[0] == datetime(2026, 3, 7, 9, 0, tzinfo=UTC)
    assert len(days) == 8
    assert hours[0] != ""


def test_ful06_a_store_that_does_not_come_offers_nothing():
    assert home.windows(store(), options=replace(FIXED, delivers_home=False), now=NOW) == []


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("tue,fri 15:00-18:00", HomeTime(frozenset({1, 4}), 900, 1080)),
        ("周二，周五 15:00-18:00", HomeTime(frozenset({1, 4}), 900, 1080)),
        ("每天 9:00-9:30", HomeTime(frozenset(range(7)), 540, 570)),
        ("daily 9:00-24:00", HomeTime(frozenset(range(7)), 540, 1440)),
        ("sun 18:00-17:00", None),
        ("sunday 18:00-19:00", None),
        ("fri 18:00-24:30", None),
    ],
)
def test_ful06_how_a_time_is_written(text, read):
    assert home.read(text) == read
