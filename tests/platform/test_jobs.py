"""Jobs exist when their transaction commits, and the worker runs them beside the relay."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar
from uuid import uuid4

import pytest
from django.db import transaction
from procrastinate.contrib.django import app

from quanyu.platform import db, heartbeat, jobs, outbox

ROOT = Path(__file__).resolve().parents[2]
NAME = f"test.{uuid4().hex}"
calls: list[int] = []


@jobs.task(NAME, retries=3)
def note(number: int) -> int:
    calls.append(number)
    return number


def waiting(mark: int) -> list[dict]:
    return db.rows(
        "SELECT status, scheduled_at, queueing_lock FROM procrastinate_jobs "
        "WHERE task_name = %s AND (args ->> 'number')::int = %s",
        [NAME, mark],
    )


@pytest.fixture
def mark() -> int:
    return uuid4().int % 2**31


def test_a_job_is_sent_with_its_transaction(mark):
    with transaction.atomic():
        assert jobs.defer(note, number=mark) is True
    assert [row["status"] for row in waiting(mark)] == ["todo"]


def test_a_transaction_rolled_back_leaves_no_job(mark):
    with suppress(ZeroDivisionError), transaction.atomic():
        jobs.defer(note, number=mark)
        raise ZeroDivisionError
    assert waiting(mark) == []


def test_a_job_outside_a_transaction_is_refused(mark):
    with pytest.raises(RuntimeError):
        jobs.defer(note, number=mark)
    assert waiting(mark) == []


def test_a_job_may_wait_for_its_moment(mark):
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    with transaction.atomic():
        jobs.defer(note, run_at=moment, number=mark)
    assert [row["scheduled_at"] for row in waiting(mark)] == [moment]


def test_while_one_waits_a_second_is_not_sent_and_the_transaction_goes_on(mark):
    with transaction.atomic():
        assert jobs.defer(note, once=f"once {mark}", number=mark) is True
    with transaction.atomic():
        assert jobs.defer(note, once=f"once {mark}", number=mark) is False
        assert db.value("SELECT 1") == 1
    assert len(waiting(mark)) == 1


def test_a_task_called_directly_runs_here_and_now(mark):
    assert note(number=mark) == mark
    assert mark in calls
    assert waiting(mark) == []


def test_two_tasks_of_one_name_are_refused():
    with pytest.raises(Exception, match="already registered"):
        jobs.task(NAME)(lambda: None)


def test_a_failed_job_is_tried_again_a_limited_number_of_times():
    strategy = app.tasks[NAME].retry_strategy
    assert (strategy.max_attempts, strategy.exponential_wait) == (3, 5)


def test_clock_work_is_handed_the_moment_it_was_due():
    name, seen = f"test.{uuid4().hex}", []
    jobs.periodic(name, cron="0 4 * * *")(seen.append)
    app.tasks[name].func(timestamp=1_772_366_400)
    assert seen == [datetime(2026, 3, 1, 12, tzinfo=UTC)]
    assert app.tasks[name].queueing_lock == name


@dataclass(frozen=True, slots=True)
class Happened:
    topic: ClassVar[str] = "test.worker.1"
    aggregate: str


@pytest.fixture
def worker(request):
    process = subprocess.Popen(
        [sys.executable, "-m", getattr(request, "param", "quanyu.entrypoints.worker")],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        stderr=subprocess.PIPE,
    )
    with process:
        yield process
        process.kill()


def until(true, *, seconds: float = 30.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.05)
    return False


def relayed(mark: str) -> bool:
    return until(lambda: db.value("SELECT published_at FROM platform_outbox WHERE aggregate = %s", [mark]) is not None)


def tell() -> str:
    mark = uuid4().hex
    with transaction.atomic():
        outbox.append(Happened(aggregate=mark), now=datetime.now(UTC))
    return mark


@pytest.mark.slow
def test_the_worker_relays_beats_and_stops_cleanly_when_asked_to(worker):
    name = f"relay:{os.uname().nodename}:{worker.pid}"
    assert relayed(tell())
    assert until(lambda: db.value("SELECT count(*) FROM platform_heartbeat WHERE name = %s", [name]) == 1)
    assert heartbeat.latest("relay") is not None
    # The worker of jobs has registered itself once it is listening.
    assert until(lambda: db.value("SELECT count(*) FROM procrastinate_workers") >= 1)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0
    said = worker.stderr.read().decode()
    assert '"event":"worker.stopped"' in said
    assert "Traceback" not in said


@pytest.mark.slow
@pytest.mark.parametrize("worker", ["tests.platform.jobs_example"], indirect=True)
def test_jobs_sent_from_within_a_job_join_its_transactions(worker):
    mark = uuid4().hex
    with transaction.atomic():
        app.configure_task("test.parent", allow_unknown=True).defer(mark=mark)

    def traces() -> list[str]:
        return [
            row["name"] for row in db.rows("SELECT name FROM platform_heartbeat WHERE starts_with(name, %s)", [mark])
        ]

    assert until(lambda: traces() == [f"{mark} committed"])
    sent = db.rows(
        "SELECT args ->> 'mark' AS mark FROM procrastinate_jobs WHERE starts_with(args ->> 'mark', %s)", [mark]
    )
    assert f"{mark} rolled back" not in [row["mark"] for row in sent]


@pytest.mark.chaos
@pytest.mark.parametrize("worker", ["tests.platform.jobs_example"], indirect=True)
def test_the_worker_comes_back_after_its_connections_were_cut(worker):
    assert relayed(tell())
    assert until(lambda: db.value("SELECT count(*) FROM procrastinate_workers") >= 1)
    for _ in range(3):
        db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        assert relayed(tell())
    mark = uuid4().hex
    with transaction.atomic():
        app.configure_task("test.leaf", allow_unknown=True).defer(mark=mark)
    assert until(lambda: db.value("SELECT count(*) FROM platform_heartbeat WHERE name = %s", [mark]) == 1, seconds=60)
    assert worker.poll() is None
    worker.send_signal(signal.SIGTERM)
    # The pool looks for a sound connection with growing pauses before it can say good-bye.
    assert worker.wait(60) == 0


def test_a_duty_that_fails_gets_its_next_turn():
    from quanyu.entrypoints import wiring, worker

    stop, turns = threading.Event(), []

    def work(now):
        turns.append(now)
        if len(turns) == 3:
            stop.set()
        raise ValueError("one bad row")

    worker.perform(wiring.Duty("test.duty", 0.001, work), stop)
    assert len(turns) == 3
    assert turns == sorted(turns)
