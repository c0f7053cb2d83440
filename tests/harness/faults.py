"""Faults between the product and its database: errors at the nth statement, a connection through a proxy."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import connections
from django.db.backends.utils import CursorWrapper

# What a real server answers: the transaction is over, or the connection is.
RAISED = ("40001", "40P01", "55P03")
KILLED = "57P01"


@dataclass
class Injection:
    """Lets the database itself raise an error just before chosen statements. ``hit`` are those it met."""

    error: str
    chosen: Callable[[str, int], bool]
    hit: list[str] = field(default_factory=list)
    seen: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def before(self, cursor: Any, statement: str) -> None:
        """Raise the error on the statement's own connection, when it is a chosen one."""
        with self._lock:
            self.seen += 1
            if not self.chosen(statement, self.seen):
                return
            self.hit.append(statement)
        if self.error == KILLED:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        else:
            # A literal: PL/pgSQL blocks take no parameters, and the code is one of ours.
            cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'injected' USING ERRCODE = '{self.error}'; END $$")


@contextmanager
def injected(error: str, chosen: Callable[[str, int], bool]) -> Iterator[Injection]:
    """While the block runs, statements of every thread for which ``chosen(sql, nth)`` holds meet the error."""
    injection = Injection(error, chosen)
    inner = CursorWrapper._execute

    def execute(self: CursorWrapper, sql: str, params: Any, *ignored: Any) -> Any:
        with self.db.wrap_database_errors:
            injection.before(self.cursor, str(sql))
        return inner(self, sql, params, *ignored)

    CursorWrapper._execute = execute
    try:
        yield injection
    finally:
        CursorWrapper._execute = inner


@contextmanager
def database_at(**where: Any) -> Iterator[None]:
    """Let every connection that is opened from now on go elsewhere (HOST, PORT, USER ...), in all threads."""
    settings = connections.settings["default"]
    before = {name: settings[name] for name in where}
    settings.update(where)
    try:
        yield
    finally:
        settings.update(before)


def address() -> dict[str, Any]:
    """Return where connections go now, in the words of psycopg: for one that is not Django's."""
    settings = connections.settings["default"]
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    return {name: settings[theirs] for name, theirs in names.items()}


def drop_connections(by: Mapping[str, Any] | None = None) -> None:
    """Let every thread of this process open a new connection, to where the settings now say. ``by`` ends the old."""
    connections["default"].close()
    with psycopg.connect(**(by or address()), autocommit=True) as ours:
        ours.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
