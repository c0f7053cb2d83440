"""Waiting for what gathers."""

from __future__ import annotations

import threading

from quanyu.platform.gather import Gatherer

WAIT_S_MAX = 20


def waits(gatherer: Gatherer) -> int:
    return len(gatherer._queue)


def until_waiting(gatherer: Gatherer, count: int) -> None:
    deadline = threading.Event()
    for _ in range(2_000):
        if waits(gatherer) == count:
            return
        deadline.wait(0.005)
    raise AssertionError(f"{waits(gatherer)} wait, not {count}")
