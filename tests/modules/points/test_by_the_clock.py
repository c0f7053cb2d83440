"""Points end at midnight in the store's zone, members are reminded once, and a report says what all of it costs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.ids import uuid7
from quanyu.modules.organization.contracts import UnitKind
from quanyu.modules.points import api as points
from quanyu.modules.points import jobs
from quanyu.modules.points.queries import settings
from quanyu.platform import db, settings_tree
from tests.harness import organization
from tests.harness import points as build
from tests.harness.points import NOW

SECOND = timedelta(seconds=1)
LEAP_DAY = datetime(2028, 2, 29, 2, tzinfo=UTC)
END_OF_LEAP = datetime(2030, 2, 28, 16, tzinfo=UTC)


def told(topic: str, member_id: object) -> list[dict[str, object]]:
    """Return what a topic told about a member."""
    rows = db.rows(
        "SELECT payload::text AS payload FROM platform_outbox WHERE topic = %s AND aggregate = %s ORDER BY id",
        [topic, str(member_id)],
    )
    return [msgspec.json.decode(row["payload"]) for row in rows]


def sweep(at: datetime) -> None:
    """Run the nightly job until nothing is due."""
    jobs.expire(at)


def test_points_of_29_february_end_28_february_at_midnight_in_china() -> None:
    """A4: good in the last second of 28 February in Shanghai, gone with the next one, before any job has run."""
    member = build.make_member()
    build.earn(member, 10_000, now=LEAP_DAY)
    assert points.lots(member_id=member)[0].expires_at == END_OF_LEAP
    assert build.figures(member, now=END_OF_LEAP - SECOND) == (100, 0, 0)
    assert build.spend(member, 30, now=END_OF_LEAP - SECOND)
    assert build.figures(member, now=END_OF_LEAP) == (0, 0, 0)
    assert not build.spend(member, 1, now=END_OF_LEAP)


def test_ended_points_are_zeroed_once_and_the_member_hears_of_it() -> None:
    """PTS-06: nothing is swept a second early; pending ones end too; a second sweep does nothing."""
    member = build.make_member()
    build.earn(member, 10_000, now=LEAP_DAY)
    build.earn(member, 2_000, mature_at=END_OF_LEAP - SECOND, now=LEAP_DAY)
    sweep(END_OF_LEAP - SECOND)
    assert build.left(member) == [100, 20]
    for _ in range(2):
        sweep(END_OF_LEAP)
        assert build.left(member) == [0, 0]
    assert build.ledger(member)[2:] == [("expire", -100, 0, 0), ("expire", 0, -20, 0)]
    assert told("points.expired.1", member) == [{"member_id": str(member), "points": 120}]


def test_a_batch_is_bounded_and_skips_members_somebody_is_busy_with() -> None:
    """One call ends at most so many lots of members that are free; it never waits."""
    members = [build.make_member() for _ in range(3)]
    end = datetime(2026, 4, 1, 16, tzinfo=UTC)
    sweep(end - SECOND)
    for member in members:
        build.give(member, 10, valid_until=end)
    assert points.expire_due(now=end, limit=2) == 2
    assert points.expire_due(now=end, limit=2) == 1
    assert points.expire_due(now=end, limit=2) == 0


def test_without_grace_returned_points_end_at_once() -> None:
    """The setting decides; the movements show that they came and went."""
    member, order = build.make_member(), uuid7()
    end = datetime(2026, 5, 1, 16, tzinfo=UTC)
    build.give(member, 100, valid_until=end)
    build.spend(member, 60, order_id=order)
    settings_tree.set_value(SYSTEM, "brand", settings.RESTORE_GRACE_DAYS.key, 0, NOW)
    try:
        assert build.restore(order, None, now=end) == 60
    finally:
        settings_tree.set_value(SYSTEM, "brand", settings.RESTORE_GRACE_DAYS.key, None, NOW)
    assert build.figures(member, now=end) == (0, 0, 0)
    assert build.ledger(member)[2:] == [("expire", -40, 0, 0), ("restore", 60, 0, 0), ("expire", -60, 0, 0)]


def test_the_sql_room_and_the_settings_page_name_the_same_grace() -> None:
    """The default stands in two places; this holds them together."""
    assert db.value("SELECT points_grace_days()") == settings.RESTORE_GRACE_DAYS.default == 30


def test_members_are_reminded_once_of_points_that_end_soon() -> None:
    """One event per member and last day, 30 days ahead by the setting; what was used or ends later is not told."""
    member = build.make_member()
    end = datetime(2026, 6, 10, 16, tzinfo=UTC)
    for amount in (10, 20, 30):
        build.give(member, amount, valid_until=end)
    build.give(member, 40, valid_until=end + timedelta(days=90))
    build.spend(member, 10)
    early, due = end - timedelta(days=31), end - timedelta(days=31) + SECOND
    jobs.remind(early - timedelta(days=1))
    assert told("points.expiring.1", member) == []
    for _ in range(2):
        jobs.remind(due)
        assert told("points.expiring.1", member) == [{"member_id": str(member), "points": 50, "last_day": "2026-06-10"}]


def test_pending_points_become_usable_by_the_job() -> None:
    """What the ten-minute job does."""
    member = build.make_member()
    build.earn(member, 10_000, mature_at=NOW + timedelta(days=1))
    jobs.mature(NOW + timedelta(days=1))
    assert build.figures(member, now=NOW + timedelta(days=1)) == (100, 0, 0)


def test_the_liability_report_says_what_all_points_cost() -> None:
    """By store, brand and month of the end, live and pending, in fen by the spending rule; as it was at any moment."""
    brand = organization.make_unit(UnitKind.BRAND)
    store_id = organization.make_store(parent_id=brand.id).unit.id
    member = build.make_member()
    start = datetime(2027, 8, 3, 4, tzinfo=UTC)
    hour = timedelta(hours=1)
    build.earn(member, 10_000, store_id=store_id, now=start)
    build.earn(member, 5_000, store_id=store_id, mature_at=start + timedelta(days=7), now=start)
    build.spend(member, 30, now=start + hour)

    def of_store(at: datetime) -> list[tuple[date, int, int, int]]:
        report = points.liability(at=at)
        rows = [row for row in report.rows if row.store_id == store_id]
        assert report.by_brand.get(brand.id, 0) == sum(row.live + row.pending for row in rows)
        assert report.live == sum(row.live for row in report.rows)
        return [(row.month, row.live, row.pending, row.value_fen) for row in rows]

    assert of_store(start) == [(date(2029, 8, 1), 100, 50, 150)]
    assert of_store(start + hour) == [(date(2029, 8, 1), 70, 50, 120)]
    assert of_store(start - hour) == []
    assert of_store(datetime(2029, 8, 3, 16, tzinfo=UTC)) == []


@pytest.mark.parametrize("job", ["points.mature", "points.expire", "points.remind"])
def test_the_jobs_are_known_to_the_workers(job: str) -> None:
    """Registered under permanent names."""
    from procrastinate.contrib.django import app

    assert job in app.tasks
