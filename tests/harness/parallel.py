"""Start deeds many times at once, from threads with connections of their own; and say when they must meet.

A race that is left to chance proves nothing on the day it does not happen. Whoever wants to see one holds the row,
waits until all have come to it (:func:`until_waiting`), and lets go.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar
from unittest import mock

from django.db import connection
from psycopg import errors

from quanyu.platform import db

T = TypeVar("T")
# Longer than any machine needs: who waits so long waits for nobody.
PATIENCE_S = 120


def parallel(count: int, deed: Callable[[int], T]) -> list[T | Exception]:
    """Run ``deed(0) .. deed(count - 1)`` behind one barrier; return results or exceptions in order."""
    barrier = threading.Barrier(count)

    def run(index: int) -> T | Exception:
        try:
            # The connection is made before the barrier, so that all start at the same statement.
            connection.ensure_connection()
            barrier.wait(timeout=PATIENCE_S)
            return deed(index)
        except Exception as failure:  # noqa: BLE001 - the caller counts failures
            return failure
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=count) as pool:
        return list(pool.map(run, range(count)))


def all_have_looked(count: int) -> Callable[[], None]:
    """Return a call that returns when ``count`` threads have made it: between a look and the deed it decides."""
    barrier = threading.Barrier(count)

    def wait() -> None:
        barrier.wait(timeout=PATIENCE_S)

    return wait


def until_waiting(count: int = 1, *, or_done: threading.Event | None = None) -> None:
    """Return when so many connections of this database wait for a lock, or the event says that nobody will."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        # Within a transaction the list of connections would stay as it was first seen.
        db.value("SELECT pg_stat_clear_snapshot()")
        waiting = db.value(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        if waiting >= count or (or_done is not None and or_done.is_set()):
            return
        time.sleep(0.01)
    raise AssertionError(f"not {count} connections wait for a lock")


@contextmanager
def deadlocks_seen() -> Iterator[None]:
    """Let the doors show a deadlock instead of trying again unseen: without one among the results there was none."""
    with mock.patch.object(db, "_RETRIED", (errors.SerializationFailure, errors.LockNotAvailable)):
        yield
