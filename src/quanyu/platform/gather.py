"""Group work: what waits is done together, by threads of our own, and everybody gets his own outcome.

A :class:`Gatherer` takes items from request threads (``call``) and from the event loop (``acall``) and hands what
waits, at most ``most``, to ``work``: one look-up for all tokens, one transaction for all orders. There is no timer.
A lone item goes at once; while a batch is worked on others gather, and they leave together when it is done.

``work`` gives one outcome per item, in order; an exception among them is raised for its item alone. When ``work``
itself raises, its items are tried again in halves, so that in the end only the item to blame has the error. **So work
must be repeatable**: what an earlier try did must be found again by a natural key.

Equal items are the work's business. Nobody waits for ever: when the waiting room is full, and when nobody got to an
item in time, it is refused as ``Busy`` and nothing was done; when its work takes longer than anybody waits, the answer
is ``OutcomeUnknown``. Whoever stops waiting (a client that hung up) does not stop the work.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import select
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

import structlog
from django.db import InterfaceError, OperationalError, connection, connections

from quanyu.kernel.problem import N_, Problem
from quanyu.platform import logs, metrics

T = TypeVar("T")
R = TypeVar("R")
_log = structlog.get_logger(__name__)

PATIENCE_S = 30.0
RETRY_AFTER_S = 1
# A connection that rested this long is asked whether it still lives; a shorter rest is only looked at.
_RESTED_S = 30.0
_EXIT_S = 5.0


class Busy(Problem):
    """More waits than can be worked on in time; nothing was done."""

    code = "busy"
    status = 503
    title = N_("There is a rush at the moment, and this could not be taken.")
    remedy = N_("Nothing was done. Try again in %(retry_after_s)s seconds.")


class OutcomeUnknown(Problem):
    """The work was begun but did not end in time; it may yet be done."""

    code = "outcome_unknown"
    status = 503
    title = N_("This takes longer than anybody waits; whether it was done is not known yet.")
    remedy = N_("Send exactly the same again in %(retry_after_s)s seconds: it will not be done twice.")


class _Call:
    """One item on its way. Whoever waits holds ``event`` (a thread) or ``future`` (a coroutine of ``loop``)."""

    __slots__ = ("event", "future", "item", "loop", "outcome")

    def __init__(
        self,
        item: Any,
        *,
        event: threading.Event | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
        future: asyncio.Future[Any] | None = None,
    ) -> None:
        self.item = item
        self.outcome: Any = None
        self.event = event
        self.loop = loop
        self.future = future


_all: weakref.WeakSet[Gatherer[Any, Any]] = weakref.WeakSet()


class Gatherer(Generic[T, R]):
    """Gathers items and works on them in batches. Make one per kind of work and process, as a module's constant.

    ``most``: items of one batch. ``waiting``: places in the waiting room. ``threads``: batches at the same time, each
    with a database connection of its own. Threads start with the first item, again after a fork, and die with the
    process.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[list[T]], list[R | BaseException]],
        *,
        most: int = 64,
        waiting: int = 1024,
        threads: int = 1,
        patience_s: float = PATIENCE_S,
    ) -> None:
        if min(most, waiting, threads) < 1:
            raise ValueError("a gatherer needs a place to wait, a thread, and batches of at least one")
        self.name = name
        self._work = work
        self._most = most
        self._room = waiting
        self._wanted_threads = threads
        self._patience_s = patience_s
        self._batch_size = metrics.gathered_batch.labels(name=name)
        self._seconds = metrics.gathered_seconds.labels(name=name)
        self._busy = metrics.gathered_busy.labels(name=name)
        metrics.gathered_waiting.labels(name=name).set_function(lambda: len(self._queue))
        self._begin()
        _all.add(self)

    def _begin(self) -> None:
        """Set up what belongs to one process."""
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)
        self._rests = threading.Condition(self._lock)
        self._queue: deque[_Call] = deque()
        self._threads: list[threading.Thread] = []
        self._working = 0
        self._closing = False

    def call(self, item: T) -> R:
        """Have an item worked on and return its outcome; blocks. Raises what its work raised, ``Busy`` ...

        Called from the work itself (by one of its own threads) it works on the item at once.
        """
        if threading.current_thread() in self._threads:
            return cast("R", _result(self._outcomes([item])[0]))
        entry = _Call(item, event=threading.Event())
        assert entry.event is not None
        self._enter(entry)
        if not entry.event.wait(self._patience_s):
            raise self._given_up(entry)
        return cast("R", _result(entry.outcome))

    async def acall(self, item: T) -> R:
        """Have an item worked on and return its outcome, on the event loop. Raises like :meth:`call`.

        A cancelled caller gives up the answer, never the work.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        entry = _Call(item, loop=loop, future=future)
        self._enter(entry)
        try:
            async with asyncio.timeout(self._patience_s):
                return await future
        except TimeoutError:
            if not future.cancelled():
                raise
            raise self._given_up(entry) from None

    def drain(self, *, seconds_max: float) -> bool:
        """Wait until nothing waits and nothing is worked on; false when that takes too long."""
        with self._lock:
            return self._rests.wait_for(lambda: not self._queue and not self._working, seconds_max)

    def close(self, *, seconds_max: float = _EXIT_S) -> None:
        """Work on what waits, then let the threads and their connections go; the next item starts new ones."""
        with self._lock:
            self._closing = True
            self._arrived.notify_all()
            threads, self._threads = self._threads, []
        deadline = time.monotonic() + seconds_max
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._closing = False

    def _enter(self, entry: _Call) -> None:
        with self._lock:
            if len(self._queue) >= self._room or self._closing:
                self._busy.inc()
                raise Busy(retry_after_s=RETRY_AFTER_S)
            self._queue.append(entry)
            if len(self._threads) < self._wanted_threads or not all(map(threading.Thread.is_alive, self._threads)):
                self._start()
            self._arrived.notify()

    def _start(self) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=self._run, name=f"gather-{self.name}-{len(self._threads)}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _given_up(self, entry: _Call) -> Problem:
        """Return what to say to somebody who waited long enough; an item that nobody has taken up is withdrawn."""
        with self._lock:
            withdrawn = entry in self._queue
            if withdrawn:
                self._queue.remove(entry)
        self._busy.inc()
        _log.error("gather.too_slow", gatherer=self.name, withdrawn=withdrawn, waited_s=self._patience_s)
        return (Busy if withdrawn else OutcomeUnknown)(retry_after_s=RETRY_AFTER_S)

    def _run(self) -> None:
        rested_since = time.monotonic()
        try:
            while True:
                batch = self._next()
                if not batch:
                    return
                self._do(batch, rested_s=time.monotonic() - rested_since)
                rested_since = time.monotonic()
        finally:
            connections.close_all()

    def _next(self) -> list[_Call]:
        """Wait for items and take what waits; nothing when the gatherer is closed."""
        with self._lock:
            while not self._queue:
                if self._closing:
                    return []
                self._arrived.wait()
            queue = self._queue
            batch = [queue.popleft() for _ in range(min(len(queue), self._most))]
            self._working += 1
            return batch

    def _do(self, batch: list[_Call], *, rested_s: float) -> None:
        started = time.perf_counter()
        try:
            _refresh_connection(rested_s=rested_s)
            outcomes = self._outcomes([entry.item for entry in batch])
        except BaseException as failure:  # noqa: BLE001 - whoever waits must hear of it, whatever it is
            outcomes = [failure] * len(batch)
        _hand_out(batch, outcomes)
        self._batch_size.observe(len(batch))
        self._seconds.observe(time.perf_counter() - started)
        with self._lock:
            self._working -= 1
            if not self._working and not self._queue:
                self._rests.notify_all()

    def _outcomes(self, items: list[T]) -> list[R | BaseException]:
        """Work on items; when that raises, on each half of them, until only those to blame have the error."""
        try:
            try:
                return self._checked(items)
            except (OperationalError, InterfaceError) as failure:
                if not _is_lost(failure):
                    raise
                _log.warning("gather.connection_lost", gatherer=self.name, **logs.failure(failure))
            try:
                return self._checked(items)
            except (OperationalError, InterfaceError) as failure:
                if not _is_lost(failure):
                    raise
                # The database is away: each alone would fare no better, and all of them would wait for it.
                return [failure] * len(items)
        except Exception as failure:  # noqa: BLE001 - it is the outcome of whoever is to blame
            if len(items) == 1:
                return [failure]
            _log.warning("gather.halved", gatherer=self.name, items=len(items), **logs.failure(failure))
            middle = len(items) // 2
            return self._outcomes(items[:middle]) + self._outcomes(items[middle:])

    def _checked(self, items: list[T]) -> list[R | BaseException]:
        outcomes = self._work(items)
        if len(outcomes) != len(items):
            raise RuntimeError(f"{self.name}: {len(outcomes)} outcomes for {len(items)} items")
        return outcomes


def drain_all(*, seconds_max: float) -> bool:
    """Wait until every gatherer of this process is at rest: a server that stops answers what it took."""
    deadline = time.monotonic() + seconds_max
    at_rest = [one.drain(seconds_max=max(0.0, deadline - time.monotonic())) for one in list(_all)]
    return all(at_rest)


def _result(outcome: Any) -> Any:
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def _hand_out(batch: list[_Call], outcomes: list[Any]) -> None:
    """Wake whoever waits: threads each by his event, coroutines by one call per loop."""
    loops: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = {}
    for entry, outcome in zip(batch, outcomes, strict=True):
        if entry.event is not None:
            entry.outcome = outcome
            entry.event.set()
        else:
            loops.setdefault(cast("asyncio.AbstractEventLoop", entry.loop), []).append(
                (cast("asyncio.Future[Any]", entry.future), outcome)
            )
    for loop, pairs in loops.items():
        try:
            loop.call_soon_threadsafe(settle, pairs)
        except RuntimeError:
            # The loop was closed: nobody waits there any more.
            _log.warning("gather.nobody_waits", items=len(pairs))


def settle(pairs: list[tuple[asyncio.Future[Any], Any]]) -> None:
    """Give each future its outcome, on its loop; one that nobody awaits any more is left alone."""
    for future, outcome in pairs:
        if future.done():
            continue
        if isinstance(outcome, BaseException):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)


def _refresh_connection(*, rested_s: float) -> None:
    """Close a connection that did not survive its rest (the database was restarted); the next statement opens one.

    Asking the server costs a round trip per batch, so a connection is first looked at: one at which something
    arrived while nobody had asked was closed by the server, as a rule.
    """
    if connection.errors_occurred:
        connection.close_if_unusable_or_obsolete()
    # What another thread does to connections is not seen here: each thread has its own.
    held = connection.connection
    if held is None:
        return
    if held.closed or ((rested_s > _RESTED_S or _something_arrived(held.fileno())) and not connection.is_usable()):
        connection.close()


def _something_arrived(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def _is_lost(failure: BaseException) -> bool:
    """Tell whether an error means that the connection is gone, and let it go; another one can be tried."""
    if connection.connection is not None and not connection.connection.closed and connection.is_usable():
        return False
    connection.close()
    return True


def _after_fork() -> None:
    for one in list(_all):
        one._begin()  # noqa: SLF001 - our own class


def _at_exit() -> None:
    for one in list(_all):
        one.close()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(_at_exit)
