"""Group work on the event loop: what waits is asked by one statement, without a thread in between.

For look-ups of hot routes (who stands behind a token); what changes something goes through ``platform.gather``.
"""

from __future__ import annotations

import asyncio
import weakref
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from quanyu.platform import metrics
from quanyu.platform.gather import RETRY_AFTER_S, Busy, settle

T = TypeVar("T")
R = TypeVar("R")


class LoopGatherer(Generic[T, R]):
    """A :class:`Gatherer` whose work is a coroutine of the asking loop: no threads, one batch at a time per loop.

    For reads: an error of the work is everybody's, nothing is tried again, and there is nothing to drain.
    """

    def __init__(
        self, name: str, work: Callable[[list[T]], Awaitable[list[R]]], *, most: int = 256, waiting: int = 1024
    ) -> None:
        self.name = name
        self._work = work
        self._most = most
        self._room = waiting
        self._batch_size = metrics.gathered_batch.labels(name=name)
        self._busy = metrics.gathered_busy.labels(name=name)
        self._loops: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Waiting[T, R]] = weakref.WeakKeyDictionary()

    async def acall(self, item: T) -> R:
        """Have an item worked on and return its outcome. Raises what the work raised, ``Busy`` ..."""
        loop = asyncio.get_running_loop()
        waiting = self._loops.get(loop)
        if waiting is None:
            waiting = self._loops[loop] = _Waiting()
        if len(waiting.queue) >= self._room:
            self._busy.inc()
            raise Busy(retry_after_s=RETRY_AFTER_S)
        future: asyncio.Future[R] = loop.create_future()
        waiting.queue.append((item, future))
        if waiting.task is None:
            # It starts with the next turn of the loop: whoever asks in this one is in the first batch.
            waiting.task = loop.create_task(self._run(waiting))
        return await future

    async def _run(self, waiting: _Waiting[T, R]) -> None:
        try:
            while queue := waiting.queue:
                batch = [queue.popleft() for _ in range(min(len(queue), self._most))]
                self._batch_size.observe(len(batch))
                try:
                    outcomes: list[Any] = await self._work([item for item, _ in batch])
                    if len(outcomes) != len(batch):
                        raise RuntimeError(f"{self.name}: {len(outcomes)} outcomes for {len(batch)} items")
                except Exception as failure:  # noqa: BLE001 - whoever waits must hear of it
                    outcomes = [failure] * len(batch)
                settle([(future, outcome) for (_, future), outcome in zip(batch, outcomes, strict=True)])
        finally:
            waiting.task = None


class _Waiting(Generic[T, R]):
    """What waits on one event loop, and the task that works on it."""

    def __init__(self) -> None:
        self.queue: deque[tuple[T, asyncio.Future[R]]] = deque()
        self.task: asyncio.Task[None] | None = None
