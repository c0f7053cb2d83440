"""Transactions of doors: durable, retried unseen when the database asks for it, joined by handlers only."""

from __future__ import annotations

import threading
from uuid import uuid4

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from quanyu.platform import db
from quanyu.platform.db import sql_rooms
from tests.harness.parallel import parallel


@pytest.fixture
def name() -> str:
    return f"db:{uuid4().hex}"


def write(name: str) -> None:
    db.execute("INSERT INTO platform_heartbeat (name, beat_at, detail) VALUES (%s, now(), '{\"n\": 0}')", [name])


def count(name: str) -> int:
    return db.value("SELECT count(*) FROM platform_heartbeat WHERE name = %s", [name])


def test_rows_row_and_value_hand_out_plain_values(name):
    assert db.rows("SELECT 1 AS one, 'a' AS letter UNION ALL SELECT 2, 'b'") == [
        {"one": 1, "letter": "a"},
        {"one": 2, "letter": "b"},
    ]
    assert db.row("SELECT 1 AS one WHERE false") is None
    assert db.value("SELECT 1 WHERE false") is None
    assert db.execute("SELECT generate_series(1, 3)") == 3


def test_a_json_door_is_one_round_trip_with_text_kept_as_it_is():
    sent = {"text": 'quote " 汉字 %s', "fen": 1299, "list": [1, None, True]}
    assert db.call_json("to_jsonb", sent) == sent


def test_work_that_fails_leaves_nothing(name):
    def work():
        write(name)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        db.in_transaction(work)
    assert count(name) == 0


def test_a_door_is_never_half_of_somebody_elses_transaction(name):
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        db.in_transaction(lambda: write(name))
    assert count(name) == 0


def test_a_joined_door_stands_or_falls_with_the_transaction_around_it(name):
    def rolled_back():
        with transaction.atomic(), db.joined():
            db.in_transaction(lambda: write(name))
            transaction.set_rollback(True)

    rolled_back()
    assert count(name) == 0
    with transaction.atomic(), db.joined():
        db.in_transaction(lambda: write(name))
    assert count(name) == 1


def test_other_threads_do_not_join():
    with db.joined():
        [refused] = parallel(1, lambda _: transaction.atomic().__enter__() or db.in_transaction(lambda: None))
    assert isinstance(refused, RuntimeError)


@pytest.mark.race
def test_a_deadlock_is_retried_unseen(name):
    names = [f"{name}:{letter}" for letter in "ab"]
    for one in names:
        write(one)
    meet = threading.Barrier(2)
    tries = []

    def work(index):
        def update_both():
            tries.append(index)
            for step, one in enumerate(names if index == 0 else reversed(names)):
                db.execute(
                    "UPDATE platform_heartbeat SET detail = jsonb_build_object('n', (detail ->> 'n')::int + 1) "
                    "WHERE name = %s",
                    [one],
                )
                if step == 0 and tries.count(index) == 1:
                    meet.wait(20)

        db.in_transaction(update_both)

    assert parallel(2, work) == [None, None]
    assert len(tries) == 3
    found = db.rows("SELECT (detail ->> 'n')::int AS n FROM platform_heartbeat WHERE starts_with(name, %s)", [name])
    assert found == [{"n": 2}, {"n": 2}]


def test_a_lock_that_stays_taken_is_given_up_after_the_last_try(name):
    write(name)
    tries = []

    def work():
        tries.append(1)
        db.execute("SET LOCAL lock_timeout = '10ms'")
        db.execute("UPDATE platform_heartbeat SET beat_at = now() WHERE name = %s", [name])

    with transaction.atomic():
        db.execute("UPDATE platform_heartbeat SET beat_at = now() WHERE name = %s", [name])
        [refused] = parallel(1, lambda _: db.in_transaction(work, tries=3))
    assert isinstance(refused, OperationalError)
    assert len(tries) == 3


def test_a_broken_rule_is_not_retried(name):
    tries = []

    def work():
        tries.append(1)
        write(name)
        write(name)

    with pytest.raises(IntegrityError):
        db.in_transaction(work)
    assert (len(tries), count(name)) == (1, 0)


def test_sql_rooms_are_applied_once_when_a_file_changed():
    assert sql_rooms.apply() == []
    db.execute("UPDATE platform_sql_file SET sha256 = 'old' WHERE path = 'platform/20_outbox.sql'")
    assert sql_rooms.stale() == ["platform/20_outbox.sql"]
    assert sorted(parallel(3, lambda _: sql_rooms.apply()), key=len) == [[], [], ["platform/20_outbox.sql"]]
    assert sql_rooms.stale() == []
    assert not connection.in_atomic_block


def test_lower_apps_come_first_among_the_sql_rooms():
    owners = [file.name.partition("/")[0] for file in sql_rooms.files()]
    assert owners[0] == "platform"
    assert [file.name for file in sql_rooms.files() if file.name.startswith("platform/")] == [
        "platform/10_append_only.sql",
        "platform/20_outbox.sql",
        "platform/25_settings.sql",
        "platform/30_audit.sql",
        "platform/35_locks.sql",
        "platform/40_marks.sql",
        "platform/45_idempotency.sql",
    ]
