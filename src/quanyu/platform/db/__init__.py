"""Set-based SQL without ORM objects: the one place where raw statements are sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from random import uniform
from typing import Any, TypeVar, cast

import msgspec
import psycopg
from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import errors

T = TypeVar("T")
Parameters = Sequence[Any] | Mapping[str, Any] | None
_joined: ContextVar[bool] = ContextVar("joined", default=False)
_lock_wait_ms: ContextVar[int | None] = ContextVar("lock_wait_ms", default=None)
_RETRIED = (errors.SerializationFailure, errors.DeadlockDetected, errors.LockNotAvailable)


class _Preparing(psycopg.Cursor[Any]):
    """Keeps the parsed and planned statement at the server for the next time: for statements of hot paths.

    Django's own cursor writes the parameters into the text, so the server plans each statement anew.
    """

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        """Run a statement by its text and separate parameters."""
        return super().execute(query, params, **options | {"prepare": True})

    def _convert_query(self, query: Any, params: Any = None) -> Any:
        # Django's log of statements asks for it; psycopg keeps it for its other cursors only.
        self._query = super()._convert_query(query, params)
        return self._query


def _cursor(*, prepared: bool) -> CursorWrapper:
    if not prepared:
        return connection.cursor()
    connection.ensure_connection()
    held = connection.connection
    if held.prepare_threshold is None:
        held.prepare_threshold = 0
    with connection.wrap_database_errors:
        wrapped: CursorWrapper = cast("Any", connection)._prepare_cursor(_Preparing(held))  # noqa: SLF001 - as cursor()
    return wrapped


def rows(sql: str, parameters: Parameters = None, *, prepared: bool = False) -> list[dict[str, Any]]:
    """Run a query and return its rows as dicts. ``prepared``: for a text that is sent all the time."""
    with _cursor(prepared=prepared) as cursor:
        cursor.execute(sql, parameters)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def row(sql: str, parameters: Parameters = None) -> dict[str, Any] | None:
    """Run a query that gives at most one row."""
    found = rows(sql, parameters)
    return found[0] if found else None


def value(sql: str, parameters: Parameters = None, *, prepared: bool = False) -> Any:
    """Run a query and return the first column of its first row, or ``None``."""
    with _cursor(prepared=prepared) as cursor:
        cursor.execute(sql, parameters)
        found = cursor.fetchone()
        return found[0] if found else None


def row_values(sql: str, parameters: Parameters = None, *, prepared: bool = False) -> tuple[Any, ...]:
    """Run a query that gives exactly one row and return its values."""
    with _cursor(prepared=prepared) as cursor:
        cursor.execute(sql, parameters)
        (found,) = cursor.fetchall()
        return tuple(found)


def json_value(sql: str, parameters: Parameters = None) -> Any:
    """Run a query whose first column is jsonb and return it decoded, or ``None``."""
    found = value(sql, parameters)
    # Django hands jsonb over as text; other connections decode it themselves.
    return msgspec.json.decode(found) if isinstance(found, str) else found


def execute(sql: str, parameters: Parameters = None, *, prepared: bool = False) -> int:
    """Run a statement and return the number of rows it changed."""
    with _cursor(prepared=prepared) as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)


def call_json(function: str, argument: Any) -> Any:
    """Call ``function(jsonb) -> jsonb``, the shape of every SQL door, in one round trip."""
    payload = msgspec.json.encode(argument).decode()
    answer = value(f"SELECT {function}(%s::jsonb)", [payload], prepared=True)
    return msgspec.json.decode(answer) if isinstance(answer, str) else answer


@contextmanager
def joined() -> Iterator[None]:
    """Let doors called in this block join the open transaction.

    Opened by :func:`in_transaction` and by the outbox relay, whose handlers' effects and inbox rows
    must be one fact.
    """
    token = _joined.set(True)
    try:
        yield
    finally:
        _joined.reset(token)


def is_in_transaction() -> bool:
    """Tell whether what is done now belongs to a transaction that is open in this thread."""
    return _joined.get() or connection.in_atomic_block


@contextmanager
def lock_waits(*, ms_max: int) -> Iterator[None]:
    """Let transactions that begin in this block wait for a lock no longer, and not try again when it is in vain.

    For work that others wait behind: one row that somebody holds must not hold up everybody.
    """
    token = _lock_wait_ms.set(ms_max)
    try:
        yield
    finally:
        _lock_wait_ms.reset(token)


def in_transaction(work: Callable[[], T], *, tries: int = 5) -> T:
    """Run ``work`` in one durable transaction; retry it unseen when the database asks for it.

    A door called from within another door's transaction joins it as a savepoint: what must be true
    together is one transaction, and only the outermost door commits and retries (serialization
    failures, deadlocks and lock time-outs, with jitter). A transaction that no door opened is
    refused (``durable``), so that nobody wraps doors by hand.
    """
    if _joined.get():
        with transaction.atomic():
            return work()
    for attempt in range(1, tries + 1):
        try:
            with transaction.atomic(durable=True), joined():
                _limit_lock_waits()
                return work()
        except OperationalError as failure:
            if attempt == tries or not isinstance(failure.__cause__, _RETRIED):
                raise
            if _lock_wait_ms.get() is not None and is_lock_refused(failure):
                raise
            time.sleep(uniform(0.01, 0.05) * attempt)  # noqa: S311 - jitter, not a secret
    raise AssertionError("unreachable: the last try returns or raises")


def is_lock_refused(failure: BaseException) -> bool:
    """Tell whether a statement gave up because somebody else held a lock for too long."""
    return isinstance(failure.__cause__, errors.LockNotAvailable)


def _limit_lock_waits() -> None:
    ms_max = _lock_wait_ms.get()
    if ms_max is not None:
        execute("SELECT set_config('lock_timeout', %s, true)", [str(ms_max)], prepared=True)
