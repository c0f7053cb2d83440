"""Birthdays of both calendars and member days: exact days, exact multipliers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind
from quanyu.kernel.problem import Forbidden
from quanyu.modules.members.contracts import MemberUnknown
from quanyu.modules.tiers import api as tiers
from quanyu.modules.tiers.contracts import DayInvalid, DayKind, DayUnknown, MemberDay
from quanyu.modules.tiers.rules import days
from quanyu.platform import db, settings_tree
from tests.harness import organization
from tests.harness.tiers import make_member, spend

NOW = datetime(2027, 3, 1, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("birthday", "year", "celebrated"),
    [
        (date(1990, 5, 1), 2027, date(2027, 5, 1)),
        (date(2000, 2, 29), 2027, date(2027, 2, 28)),
        (date(2000, 2, 29), 2028, date(2028, 2, 29)),
    ],
)
def test_a_birthday_of_the_solar_calendar(birthday, year, celebrated):
    assert days.celebrated_in(birthday, is_lunar=False, year=year) == celebrated


@pytest.mark.parametrize(
    ("birthday", "year", "celebrated"),
    [
        # Born at the Mid-Autumn Festival (15th of the 8th month): Mid-Autumn of the year.
        (date(1990, 10, 3), 2026, date(2026, 9, 25)),
        # Born on the 4th of the leap 2nd month of 2023: the plain one in years without it ...
        (date(2023, 3, 25), 2024, date(2024, 3, 13)),
        # ... and born on the 3rd of the leap 4th month of 2001: the leap one again in 2020, which has it too.
        (date(2001, 5, 25), 2020, date(2020, 5, 25)),
        (date(2001, 5, 25), 2026, date(2026, 5, 19)),
        # Born on the 30th of the 12th month: New Year's Eve also where that month has 29 days.
        (date(1999, 2, 15), 2024, date(2025, 1, 28)),
        (date(1999, 2, 15), 2025, date(2026, 2, 16)),
    ],
)
def test_a_birthday_of_the_chinese_calendar(birthday, year, celebrated):
    assert days.celebrated_in(birthday, is_lunar=True, year=year) == celebrated


def test_the_days_around_a_birthday_pass_over_the_turn_of_the_year():
    around = {"is_lunar": False, "days_before": 3, "days_after": 2}
    hits = [
        on for on in (date(2026, 12, 25) + timedelta(days=step) for step in range(20))
        if days.is_birthday_time(date(1990, 1, 1), on=on, **around)
    ]  # fmt: skip
    assert hits == [date(2026, 12, 29) + timedelta(days=step) for step in range(6)]


def day(**given):
    facts = {
        "id": 0, "name": "会员日", "name_en": "Member day", "kind": DayKind.MONTH_DAY, "day": 31,
        "multiplier_bp": 20_000, "unit_ids": (), "starts_on": date(2027, 1, 1), "ends_on": None, "is_active": True,
    }  # fmt: skip
    return MemberDay(**{**facts, **given})


@pytest.mark.parametrize(
    ("facts", "on", "takes_place"),
    [
        ({}, date(2027, 2, 28), True),
        ({}, date(2027, 3, 30), False),
        ({}, date(2027, 3, 31), True),
        ({"kind": DayKind.WEEKDAY, "day": 2}, date(2027, 3, 3), True),
        ({"kind": DayKind.WEEKDAY, "day": 2}, date(2027, 3, 4), False),
        ({"ends_on": date(2027, 2, 27)}, date(2027, 2, 28), False),
        ({"starts_on": date(2027, 3, 1)}, date(2027, 2, 28), False),
        ({"unit_ids": (7,)}, date(2027, 2, 28), True),
        ({"unit_ids": (8,)}, date(2027, 2, 28), False),
        ({"is_active": False}, date(2027, 2, 28), False),
    ],
)
def test_a_member_day_comes_back(facts, on, takes_place):
    assert days.takes_place(day(**facts), on=on, path=(1, 7)) is takes_place


def test_multipliers_meet_by_the_setting():
    assert days.together([12_000, 20_000, 15_000], multiplies=False) == 20_000
    assert days.together([12_000, 20_000, 15_000], multiplies=True) == 36_000
    assert days.together([], multiplies=False) == 10_000


def test_birthday_and_member_day_raise_the_points_of_a_purchase():
    member, store = make_member(), organization.make_store()
    spend(member, 5000, NOW)
    made = tiers.save_member_day(day=day(kind=DayKind.WEEKDAY, day=2, unit_ids=(store.unit.id,)), actor=SYSTEM, now=NOW)
    wednesday = datetime(2027, 3, 10, 15, tzinfo=UTC)  # 23:00 in Shanghai
    path = (store.unit.id,)

    def on(at, birthday=None, **more):
        found = tiers.benefits_on(member_id=member, birthday=birthday, at=at, **{"path": path, **more})
        return found.points_multiplier_bp, found.because, found.discount_bp

    assert on(wednesday) == (20_000, (f"day:{made.id}",), 300)
    assert on(wednesday, path=(1,)) == (15_000, (), 300)
    assert on(wednesday + timedelta(hours=1)) == (15_000, (), 300)  # Thursday in Shanghai
    thursday = wednesday + timedelta(days=1)
    assert on(thursday, date(1990, 3, 14)) == (20_000, ("birthday",), 300)  # gold: three days before
    assert on(thursday, date(1990, 3, 15)) == (15_000, (), 300)
    assert on(wednesday, date(1990, 3, 10))[1] == ("birthday", f"day:{made.id}")
    settings_tree.set_value(SYSTEM, "brand", "tiers.multipliers", "multiplied", NOW)
    try:
        assert on(wednesday, date(1990, 3, 10))[0] == 60_000
    finally:
        settings_tree.set_value(SYSTEM, "brand", "tiers.multipliers", None, NOW)
    with pytest.raises(MemberUnknown):
        tiers.benefits_on(member_id=organization_id(), birthday=None, at=NOW)


def organization_id():
    return db.value("SELECT gen_random_uuid()")


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"day": 0}, "day"),
        ({"kind": DayKind.WEEKDAY, "day": 7}, "day"),
        ({"multiplier_bp": 9_999}, "multiplier_bp"),
        ({"multiplier_bp": 100_001}, "multiplier_bp"),
        ({"ends_on": date(2026, 12, 31)}, "ends_on"),
        ({"name": " "}, "name"),
    ],
)
def test_a_member_day_that_makes_no_sense_is_refused(facts, field):
    before = tiers.member_days(only_active=False)
    with pytest.raises(DayInvalid) as refusal:
        tiers.save_member_day(day=day(**facts), actor=SYSTEM, now=NOW)
    assert refusal.value.field == field
    assert tiers.member_days(only_active=False) == before


def test_a_member_day_is_changed_and_needs_the_permission():
    made = tiers.save_member_day(day=day(is_active=False), actor=SYSTEM, now=NOW)
    changed = tiers.save_member_day(day=day(id=made.id, multiplier_bp=30_000, is_active=False), actor=SYSTEM, now=NOW)
    assert changed in tiers.member_days(only_active=False)
    assert changed not in tiers.member_days()
    with pytest.raises(DayUnknown):
        tiers.save_member_day(day=day(id=10**15), actor=SYSTEM, now=NOW)
    with pytest.raises(Forbidden):
        tiers.save_member_day(day=changed, actor=Actor(kind=ActorKind.STAFF, id="1"), now=NOW)
