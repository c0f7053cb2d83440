"""Adds a year of trade to a database with a chain in it: chunk by chunk, each in one transaction, resumable."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import psycopg
from psycopg import sql

HERE = Path(__file__).parent
# Orders per transaction: temporary tables of more would not stay in memory.
CHUNK = 50_000
DAYS = 365
# Where a run stands, so that one that was stopped goes on; of no interest to the product.
_RUN = """
    CREATE TABLE IF NOT EXISTS tools_million (
        total bigint NOT NULL, members bigint NOT NULL, until timestamptz NOT NULL, done bigint NOT NULL DEFAULT 0
    )
"""


class Run(NamedTuple):
    """How many orders and members are wanted, the moment the history ends, and how many orders stand."""

    total: int
    members: int
    until: datetime
    done: int


def begun(url: str, *, total: int, members: int) -> Run:
    """Return the run of this database; the first call decides its size."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_RUN)
        found = connection.execute("SELECT total, members, until, done FROM tools_million").fetchone()
        if found is None:
            until = datetime.now(UTC)
            connection.execute("INSERT INTO tools_million VALUES (%s, %s, %s)", [total, members, until])
            found = (total, members, until, 0)
    return Run(*found)


def fill(url: str, run: Run, *, tell: Callable[[int], None], chunk: int = CHUNK) -> None:
    """Add the orders that are missing; ``tell`` hears how many stand after each transaction."""
    common = {"total": run.total, "members": run.members, "until": run.until, "days": DAYS}
    trade = _statements("trade.sql")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET work_mem = '256MB'")
        connection.execute("SET temp_buffers = '128MB'")
        connection.execute((HERE / "functions.sql").read_text(encoding="utf-8"))
        with connection.transaction():
            for statement in _statements("prepare.sql"):
                connection.execute(statement, common)
        for first in range(run.done, run.total, chunk):
            last = min(first + chunk, run.total) - 1
            with connection.transaction():
                for statement in trade:
                    connection.execute(statement, {**common, "first": first, "last": last})
                connection.execute("UPDATE tools_million SET done = %s", [last + 1])
            tell(last + 1)


def add_up(*, tell: Callable[[int], None]) -> None:
    """Make the totals by day and store that home pages read, from the books. Needs Django ready."""
    from quanyu.kernel.clock import system_clock
    from quanyu.modules.insights import api as insights

    insights.make_again(now=system_clock.now())
    while made := insights.add_up_due(now=system_clock.now()):
        tell(made)


def settle(url: str) -> None:
    """Gather statistics, as the database does by itself within minutes of a day of trade."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def broken_promises(url: str, *, seconds_max: int) -> tuple[list[str], list[str]]:
    """Run the reconciliation views; return what breaks and what took longer than ``seconds_max`` and was left."""
    broken, left = [], []
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET work_mem = '256MB'")
        connection.execute(f"SET statement_timeout = {int(seconds_max) * 1000}")
        views = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'v' AND relnamespace = current_schema()::regnamespace "
            "AND relname LIKE '%\\_breach\\_%' ORDER BY relname"
        ).fetchall()
        for (view,) in views:
            try:
                found = connection.execute(
                    sql.SQL("SELECT count(*) FROM (SELECT FROM {} LIMIT 5) AS found").format(sql.Identifier(view))
                ).fetchone()
            except psycopg.errors.QueryCanceled:
                left.append(view)
            else:
                broken += [view] if found and found[0] else []
    return broken, left


def _statements(name: str) -> list[str]:
    return [part for part in (HERE / name).read_text(encoding="utf-8").split(";\n") if part.strip()]
