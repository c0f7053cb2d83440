"""A worker with tasks of its own, for the tests to start: ``python -m tests.platform.jobs_example``."""

from __future__ import annotations

from contextlib import suppress

from django.db import transaction

from quanyu.entrypoints import worker
from quanyu.platform import db, jobs


@jobs.task("test.leaf")
def leaf(mark: str) -> None:
    """Leave a trace."""
    db.execute("INSERT INTO platform_heartbeat (name, beat_at, detail) VALUES (%s, now(), '{}')", [mark])


@jobs.task("test.parent")
def parent(mark: str) -> None:
    """Send one job in a transaction that commits and another in one that does not."""
    with suppress(ZeroDivisionError), transaction.atomic():
        jobs.defer(leaf, mark=f"{mark} rolled back")
        raise ZeroDivisionError
    with transaction.atomic():
        jobs.defer(leaf, mark=f"{mark} committed")


if __name__ == "__main__":
    worker.main()
