"""Limits that all processes share, and locks taken in one order."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import OperationalError, connection, transaction

from quanyu.platform import db, locks, rate
from quanyu.platform.models import RelayHeartbeat
from tests.harness.parallel import parallel

NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)


@pytest.fixture
def subject() -> str:
    return uuid4().hex


def test_hits_up_to_the_limit_pass_and_the_next_is_refused(subject):
    for _ in range(5):
        rate.hit("test", subject, 5, 60, NOW)
    with pytest.raises(rate.RateLimited) as refusal:
        rate.hit("test", subject, 5, 60, NOW)
    assert (refusal.value.status, refusal.value.params) == (429, {"retry_after_s": 30})


def test_the_next_window_starts_at_zero(subject):
    rate.hit("test", subject, 1, 60, NOW)
    rate.hit("test", subject, 1, 60, NOW + timedelta(seconds=30))
    with pytest.raises(rate.RateLimited):
        rate.hit("test", subject, 1, 60, NOW + timedelta(seconds=89))


def test_subjects_and_buckets_do_not_share_a_limit(subject):
    places = [("test", subject), ("test", f"{subject}x"), ("other", subject)]
    assert [rate.hit(bucket, one, 1, 60, NOW) for bucket, one in places] == [None] * 3


def test_the_subject_is_not_stored_in_clear():
    phone = f"138{uuid4().int % 10**8:08d}"
    rate.hit("test.phone", phone, 5, 60, NOW)
    stored = db.rows("SELECT subject FROM platform_rate WHERE bucket = 'test.phone'")
    assert stored
    assert all(phone not in row["subject"] and len(row["subject"]) == 64 for row in stored)


@pytest.mark.race
def test_at_once_exactly_the_limit_passes(subject):
    found = parallel(32, lambda _: rate.hit("test", subject, 10, 60, NOW))
    assert found.count(None) == 10
    assert sum(isinstance(refusal, rate.RateLimited) for refusal in found) == 22


def test_a_hit_inside_a_transaction_is_refused(subject):
    with pytest.raises(RuntimeError), transaction.atomic():
        rate.hit("test", subject, 1, 60, NOW)


def test_windows_that_ended_are_cleared_away(subject):
    rate.hit("test.prune", subject, 1, 60, NOW)
    rate.prune(NOW + timedelta(seconds=29))
    assert db.value("SELECT count(*) FROM platform_rate WHERE bucket = 'test.prune'") == 1
    rate.prune(NOW + timedelta(seconds=31))
    assert db.value("SELECT count(*) FROM platform_rate WHERE bucket = 'test.prune'") == 0


@pytest.fixture
def three_rows(subject) -> list[str]:
    names = [f"{subject}:{letter}" for letter in "abc"]
    for name in names:
        db.execute("INSERT INTO platform_heartbeat (name, beat_at, detail) VALUES (%s, now(), '{}')", [name])
    return names


def test_rows_are_locked_in_the_order_of_their_keys(three_rows):
    with transaction.atomic():
        rows = locks.rows_for_update(RelayHeartbeat.objects.filter(name__in=three_rows).order_by("-name"))
        assert [row.name for row in rows] == three_rows

        def update_unless_locked(_):
            with transaction.atomic():
                db.execute("SET LOCAL lock_timeout = '50ms'")
                db.execute("UPDATE platform_heartbeat SET beat_at = now() WHERE name = %s", [three_rows[1]])

        [refused] = parallel(1, update_unless_locked)
        assert isinstance(refused, OperationalError)


def test_an_advisory_lock_lets_one_at_a_time_through(subject):
    inside, most, guard = [0], [0], threading.Lock()

    def work(_):
        with transaction.atomic():
            locks.advisory(locks.Space.IMPORT, 77)
            with guard:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            db.value("SELECT pg_sleep(0.005)")
            with guard:
                inside[0] -= 1

    assert [found for found in parallel(8, work) if found is not None] == []
    assert most == [1]


def test_other_keys_and_spaces_do_not_wait_for_each_other():
    with transaction.atomic():
        locks.advisory(locks.Space.IMPORT, 1)

        def take(space_and_key):
            with transaction.atomic():
                db.execute("SET LOCAL lock_timeout = '50ms'")
                locks.advisory(*space_and_key)

        free = [(locks.Space.IMPORT, 2), (locks.Space.SETTING, 1)]
        assert parallel(2, lambda index: take(free[index])) == [None, None]
        [refused] = parallel(1, lambda _: take((locks.Space.IMPORT, 1)))
        assert isinstance(refused, OperationalError)


@pytest.mark.parametrize("key", [0, -1, 2**63, 2**200])
def test_any_integer_is_a_key(key):
    with transaction.atomic():
        locks.advisory(locks.Space.IMPORT, key)
        held = db.rows("SELECT classid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
    assert held == [{"classid": locks.Space.IMPORT}]


def test_a_lock_without_a_transaction_is_refused():
    with pytest.raises(RuntimeError):
        locks.advisory(locks.Space.IMPORT, 1)
    with pytest.raises(RuntimeError):
        locks.rows_for_update(RelayHeartbeat.objects.all())
    assert not connection.in_atomic_block


def test_the_numbers_of_lock_spaces_are_permanent():
    assert {space.name: space.value for space in locks.Space}.items() >= {
        "AUDIT_CHAIN": 1, "SETTING": 2, "IMPORT": 3, "DEVICE": 4, "SHIFT": 5, "MEMBER": 6,
    }.items()  # fmt: skip
