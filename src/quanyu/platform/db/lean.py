"""Reads of hot routes: one statement, its first row as the database wrote it, nothing in between.

For asyncio code only. A statement is written with ``%s`` like everywhere else, prepared once per connection and sent
through libpq; values travel as text and the answer's bytes are handed on untouched, so JSON that was built in SQL is
never parsed here. Reads only: a statement whose connection broke is sent again on a fresh one.

Each event loop has its own few connections, held until :func:`close`. Who finds none free waits in line; when the line
is full, and when nobody got to a waiter in time, it is refused as ``Busy``.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

import psycopg
from django.conf import settings
from django.db import DatabaseError, DataError, OperationalError
from django.db import connection as django_connection
from psycopg import pq
from psycopg.errors import error_from_result

from quanyu.platform import gather

CONNECTIONS_MAX = 4
WAITING_MAX = 512
WAIT_SECONDS_MAX = 5.0
_PREPARED_MAX = 200
_GOOD = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)
# The server is going away, or the connection did: asking again elsewhere is right.
_LOST_CLASSES = ("08", "57P")
Row = tuple[bytes | None, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """A read that is described once and asked from either side: a hot route's loop, or a thread of Django's.

    ``made`` turns the one row into the answer and raises what is to be refused.
    """

    sql: str
    parameters: Sequence[Any]
    made: Callable[[Row], T]

    async def ask(self) -> T:
        """Ask from an event loop. Raises as :func:`row`, and what ``made`` raises."""
        return self._made(await row(self.sql, self.parameters))

    def ask_in_thread(self) -> T:
        """Ask over the thread's own connection. Raises as :meth:`ask`."""
        with django_connection.cursor() as cursor:
            cursor.execute(self.sql, list(self.parameters))
            found = cursor.fetchone()
        return self._made(found and tuple(None if value is None else str(value).encode() for value in found))

    def _made(self, found: Row | None) -> T:
        if found is None:
            raise LookupError("a read's statement gives exactly one row")
        return self.made(found)


async def json(sql: str, parameters: Sequence[Any] = ()) -> bytes | None:
    """Return the first column of the first row as the database wrote it, or ``None``. Raises as :func:`row`."""
    found = await row(sql, parameters)
    return found[0] if found else None


async def row(sql: str, parameters: Sequence[Any] = ()) -> Row | None:
    """Return the first row of a statement, each column as text in UTF-8, or ``None``.

    Raises ``Busy``, and Django's database errors.
    """
    pool = _pool()
    statement, values = _numbered(sql), [_text(value) for value in parameters]
    for last_try in (False, True):
        held = await pool.take()
        try:
            return await held.ask(statement, values)
        except psycopg.Error as failure:
            if last_try or not held.is_broken:
                raise _as_django_says(failure) from failure
            # The database was restarted while this connection lay idle: the others are as dead.
            pool.drop_idle()
        finally:
            pool.give_back(held)
    raise AssertionError("unreachable: the second try returns or raises")


async def close() -> None:
    """Close the connections of this event loop; it may ask again, over new ones."""
    pool = _pools.pop(asyncio.get_running_loop(), None)
    if pool is not None:
        pool.close()


class _Connection:
    """One connection: a statement at a time, its answer told by the loop's watch on the socket."""

    def __init__(self, held: psycopg.AsyncConnection[Any]) -> None:
        # psycopg opened the connection and keeps it alive; asking goes past it, straight to libpq.
        self._held = held
        self._libpq = held.pgconn
        self._libpq.nonblocking = 1
        self._loop = asyncio.get_running_loop()
        self._socket = self._libpq.socket
        self._prepared: dict[str, bytes] = {}
        self._answer: asyncio.Future[pq.abc.PGresult] | None = None
        self._result: pq.abc.PGresult | None = None
        self.is_broken = False
        self._loop.add_reader(self._socket, self._on_input)

    async def ask(self, sql: str, values: list[bytes | None]) -> Row | None:
        """Return the first row. Raises psycopg's errors; ``is_broken`` tells whether the connection is lost."""
        try:
            name = self._prepared.get(sql) or await self._prepare(sql)
            self._libpq.send_query_prepared(name, values)
            result = await self._received()
        except asyncio.CancelledError:
            # The answer is still on its way and nobody waits for it: nobody else may take it for theirs.
            self.close()
            raise
        except psycopg.OperationalError as failure:
            if (failure.sqlstate or "08").startswith(_LOST_CLASSES):
                self.close()
            raise
        return tuple(result.get_value(0, column) for column in range(result.nfields)) if result.ntuples else None

    def close(self) -> None:
        """Close it for good."""
        if not self.is_broken:
            self.is_broken = True
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self._libpq.finish()

    async def _prepare(self, sql: str) -> bytes:
        if len(self._prepared) >= _PREPARED_MAX:
            raise LookupError("too many different statements for a hot route: values belong into its parameters")
        name = f"lean_{len(self._prepared)}".encode()
        self._libpq.send_prepare(name, sql.encode())
        await self._received()
        self._prepared[sql] = name
        return name

    async def _received(self) -> pq.abc.PGresult:
        """Return the result of what was sent. Raises psycopg's errors."""
        self._answer = self._loop.create_future()
        if self._libpq.flush():
            self._loop.add_writer(self._socket, self._on_writable)
        try:
            result = await self._answer
        finally:
            self._answer = None
        if result.status not in _GOOD:
            raise error_from_result(result)
        return result

    def _on_writable(self) -> None:
        try:
            if not self._libpq.flush():
                self._loop.remove_writer(self._socket)
        except psycopg.OperationalError as failure:
            self._lost(failure)

    def _on_input(self) -> None:
        """Read what arrived; the answer is whole when libpq has no further result of the statement."""
        try:
            self._libpq.consume_input()
            while not self._libpq.is_busy():
                result = self._libpq.get_result()
                if result is None:
                    break
                self._result = result
            else:
                return
        except psycopg.OperationalError as failure:
            self._lost(failure)
            return
        answer, result, self._result = self._answer, self._result, None
        if answer is not None and not answer.done() and result is not None:
            answer.set_result(result)

    def _lost(self, failure: psycopg.OperationalError) -> None:
        answer = self._answer
        self.close()
        if answer is not None and not answer.done():
            answer.set_exception(failure)


class _Pool:
    """The connections of one event loop: idle ones last in, first out; the others wait in line."""

    def __init__(self) -> None:
        self._idle: list[_Connection] = []
        self._open = 0
        # A waiter gets a connection, or ``None``: there is room for a new one.
        self._line: deque[asyncio.Future[_Connection | None]] = deque()
        self._closed = False

    async def take(self) -> _Connection:
        """Return a connection for the caller alone, to be given back. Raises ``Busy``."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_broken:
                return connection
            self._open -= 1
        if self._open >= CONNECTIONS_MAX:
            given = await self._in_line()
            if given is not None:
                return given
        else:
            self._open += 1
        opening = asyncio.ensure_future(psycopg.AsyncConnection.connect(**_address(), autocommit=True))
        try:
            return _Connection(await asyncio.shield(opening))
        except psycopg.OperationalError as failure:
            self._leave_room()
            raise OperationalError(*failure.args) from failure
        except asyncio.CancelledError:
            # Half an open connection cannot be closed: it is opened all the same, for the next.
            opening.add_done_callback(self._adopt)
            raise
        except BaseException:
            self._leave_room()
            raise

    def _adopt(self, opening: asyncio.Future[psycopg.AsyncConnection[Any]]) -> None:
        if opening.cancelled() or opening.exception() is not None:
            self._leave_room()
        else:
            self.give_back(_Connection(opening.result()))

    def give_back(self, connection: _Connection) -> None:
        """Hand it to who waits first, or keep it idle."""
        if connection.is_broken or self._closed:
            connection.close()
            self._leave_room()
            return
        waiter = self._next()
        if waiter is None:
            self._idle.append(connection)
        else:
            waiter.set_result(connection)

    def drop_idle(self) -> None:
        """Close what lies idle: it is no longer to be trusted."""
        while self._idle:
            self._idle.pop().close()
            self._leave_room()

    def close(self) -> None:
        """Close what lies idle, and the others when they are given back."""
        self._closed = True
        self.drop_idle()

    async def _in_line(self) -> _Connection | None:
        if len(self._line) >= WAITING_MAX:
            raise gather.Busy(retry_after_s=gather.RETRY_AFTER_S)
        waiter: asyncio.Future[_Connection | None] = asyncio.get_running_loop().create_future()
        self._line.append(waiter)
        try:
            async with asyncio.timeout(WAIT_SECONDS_MAX):
                return await waiter
        except (TimeoutError, asyncio.CancelledError) as ended:
            # Handed over in the very turn of the loop in which the waiting ended: pass it on.
            if waiter.done() and not waiter.cancelled():
                given = waiter.result()
                if given is None:
                    self._leave_room()
                else:
                    self.give_back(given)
            if isinstance(ended, TimeoutError):
                raise gather.Busy(retry_after_s=gather.RETRY_AFTER_S) from None
            raise

    def _leave_room(self) -> None:
        waiter = self._next()
        if waiter is None:
            self._open -= 1
        else:
            waiter.set_result(None)

    def _next(self) -> asyncio.Future[_Connection | None] | None:
        while self._line:
            waiter = self._line.popleft()
            if not waiter.done():
                return waiter
        return None


_pools: WeakKeyDictionary[asyncio.AbstractEventLoop, _Pool] = WeakKeyDictionary()


def _pool() -> _Pool:
    loop = asyncio.get_running_loop()
    pool = _pools.get(loop)
    if pool is None:
        pool = _pools[loop] = _Pool()
    return pool


def _address() -> dict[str, Any]:
    """Return where Django's own connections lead, for connections that only read pages."""
    told = settings.DATABASES["default"]
    options = told["OPTIONS"]
    named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    address = {name: told[key] for name, key in named.items() if told[key]}
    # A page is planned in less time than a just-in-time compiler takes to start.
    return {**address, **options, "options": f"{options['options']} -c jit=off -c default_transaction_read_only=on"}


def _as_django_says(failure: psycopg.Error) -> DatabaseError:
    """Return the error by the name under which the rest of the house knows it."""
    for kind, known in ((psycopg.DataError, DataError), (psycopg.OperationalError, OperationalError)):
        if isinstance(failure, kind):
            return known(*failure.args)
    return DatabaseError(*failure.args)


@lru_cache(maxsize=_PREPARED_MAX)
def _numbered(sql: str) -> str:
    """Return the statement with libpq's numbered parameters."""
    first, *rest = sql.split("%s")
    return first + "".join(f"${number}{part}" for number, part in enumerate(rest, 1))


def _text(value: Any) -> bytes | None:
    """Return a value in PostgreSQL's text form; lists hold numbers only."""
    match value:
        case None:
            return None
        case str():
            return value.encode()
        case bool():
            return b"t" if value else b"f"
        case int() | float():
            return str(value).encode()
        case bytes():
            return b"\\x" + value.hex().encode()
        case datetime():
            return value.isoformat().encode()
        case list() | tuple():
            return _array(value)
    raise TypeError(f"no text form is known for {type(value).__name__}")


def _array(values: Sequence[Any]) -> bytes:
    """Return an array of numbers or texts in PostgreSQL's text form."""
    if all(isinstance(value, int) for value in values):
        return f"{{{','.join(map(str, values))}}}".encode()
    quoted = (str(value).replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return ("{" + ",".join(f'"{value}"' for value in quoted) + "}").encode()
