"""Work for later and work by the clock: procrastinate on Django's own connection.

A job is sent in a transaction and exists only if that transaction commits. Arguments are ids and
figures, never personal data: they are stored and logged. A job may run twice; make it idempotent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, ParamSpec, TypeVar

from django.db import connection, transaction
from procrastinate import App, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import AlreadyEnqueued

from quanyu.kernel.actor import Actor
from quanyu.platform import audit, db

P = ParamSpec("P")
R = TypeVar("R")
ClockWork = Callable[[datetime], None]
_RETRY_BASE_S = 5


@dataclass(frozen=True, slots=True)
class Task(Generic[P, R]):
    """A function known to the workers under a permanent name; calling it runs it here and now."""

    name: str
    function: Callable[P, R]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the function itself."""
        return self.function(*args, **kwargs)


def task(name: str, *, retries: int = 5, queue: str = "default") -> Callable[[Callable[P, R]], Task[P, R]]:
    """Register a function as a job. ``name`` (``"payments.query_pending"``) is stored: keep it forever.

    A job that raises is tried again ``retries`` times, after 5, 25, 125 ... seconds.
    """

    def register(function: Callable[P, R]) -> Task[P, R]:
        app.task(name=name, queue=queue, retry=_strategy(retries))(function)
        return Task(name, function)

    return register


def periodic(name: str, *, cron: str, queue: str = "default") -> Callable[[ClockWork], ClockWork]:
    """Run a function by the clock (five cron fields, UTC); it is handed the moment it was due.

    When the workers were away, missed runs are not made up for, and a run that still waits or works
    is not doubled.
    """

    def register(function: ClockWork) -> ClockWork:
        def run(timestamp: int) -> None:
            function(datetime.fromtimestamp(timestamp, UTC))

        registered = app.task(name=name, queue=queue, lock=name, queueing_lock=name)(run)
        app.periodic(cron=cron, periodic_id=name)(registered)
        return function

    return register


def calendar() -> list[tuple[str, str]]:
    """Return what runs by the calendar: (name, its five cron fields)."""
    return sorted((one.task.name, one.cron) for one in app.periodic_registry.periodic_tasks.values())


def defer(job: Task[Any, Any], *, run_at: datetime | None = None, once: str | None = None, **arguments: Any) -> bool:
    """Send a job with the present transaction; return whether it was sent.

    ``run_at`` is the earliest moment. ``once`` is a key: while a job with it waits, a second one is
    not sent (``False``). Raises ``RuntimeError`` outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a job is sent in the transaction that makes it necessary")
    configured = app.configure_task(job.name, schedule_at=run_at, queueing_lock=once)
    try:
        # A refused duplicate must not spoil the transaction around it.
        with transaction.atomic():
            configured.defer(**arguments)
    except AlreadyEnqueued:
        return False
    return True


def failed(*, limit: int = 50) -> list[dict[str, Any]]:
    """Return the jobs that were given up, the newest first: id, name, arguments, tries and when."""
    return db.rows(
        "SELECT job.id, job.task_name, job.args::text AS args, job.attempts, "
        "(SELECT max(at) FROM procrastinate_events WHERE job_id = job.id) AS at "
        "FROM procrastinate_jobs AS job WHERE job.status = 'failed' ORDER BY job.id DESC LIMIT %s",
        [limit],
    )


def retry(job_id: int, *, actor: Actor, reason: str, now: datetime) -> bool:
    """Let a job that was given up run once more; ``False``: it is not, or another one with its key waits."""
    done = db.execute(
        "UPDATE procrastinate_jobs AS job SET status = 'todo', scheduled_at = %s WHERE id = %s AND status = 'failed' "
        "AND NOT EXISTS (SELECT FROM procrastinate_jobs AS other WHERE other.queueing_lock = job.queueing_lock "
        "AND other.status = 'todo')",
        [now, job_id],
    )
    return _decided("jobs.retry", job_id, done, actor=actor, reason=reason, now=now)


def discard(job_id: int, *, actor: Actor, reason: str, now: datetime) -> bool:
    """Give a failed job up for good; ``False``: it did not fail."""
    done = db.execute(
        "UPDATE procrastinate_jobs SET status = 'cancelled' WHERE id = %s AND status = 'failed'", [job_id]
    )
    return _decided("jobs.discard", job_id, done, actor=actor, reason=reason, now=now)


def _decided(action: str, job_id: int, done: int, *, actor: Actor, reason: str, now: datetime) -> bool:
    if done:
        audit.record(actor=actor, action=action, subject_kind="job", subject_id=job_id, reason=reason, now=now)
    return bool(done)


def for_workers() -> App:
    """Return the app as a worker needs it, with a pool of connections of its own.

    A copy: jobs sent from within jobs go through the original and so join Django's transaction.
    """
    assert isinstance(app.connector, DjangoConnector)
    return app.with_connector(app.connector.get_worker_connector())


def _strategy(retries: int) -> RetryStrategy:
    return RetryStrategy(max_attempts=retries, exponential_wait=_RETRY_BASE_S)
