"""Start the same deed many times at once, from threads with connections of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

T = TypeVar("T")


def parallel(count: int, deed: Callable[[int], T]) -> list[T | Exception]:
    """Run ``deed(0) .. deed(count - 1)`` behind one barrier; return results or exceptions in order."""
    barrier = threading.Barrier(count)

    def run(index: int) -> T | Exception:
        try:
            # The connection is made before the barrier, so that all start at the same statement.
            connection.ensure_connection()
            barrier.wait(timeout=60)
            return deed(index)
        except Exception as failure:  # noqa: BLE001 - the caller counts failures
            return failure
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=count) as pool:
        return list(pool.map(run, range(count)))
