"""A copy of inventory's tables and SQL room in a schema of its own, in which a guard may be taken away.

The product's functions name tables without a schema, so the search path decides whose tables they use.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Self

import psycopg
from psycopg import sql

from quanyu.modules import inventory
from tests.harness.parallel import PATIENCE_S

SQL = Path(inventory.__file__).parent / "sql"
TABLES = ("inventory_stock", "inventory_movement", "inventory_reservation", "inventory_sharing_policy")
NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
OWNER = 1
# Nobody listens to a copy: its events go nowhere.
_SILENCE = (
    "CREATE FUNCTION platform_outbox_append(text, text, jsonb, timestamptz) RETURNS bigint LANGUAGE sql AS 'SELECT 0'"
)


@dataclass(frozen=True)
class Cut:
    """A guard that is taken away: this text of the SQL room becomes that one, or this constraint is dropped."""

    file: str = ""
    guard: str = ""
    instead: str = ""
    constraint: tuple[str, str] | None = None


@dataclass
class Room:
    """The copy; use it as a context."""

    HELD: ClassVar[tuple[str, ...]] = ("UPDATE inventory_stock SET changed_at = changed_at",)

    cuts: Sequence[Cut] = ()
    schema: str = field(default_factory=lambda: f"room_{secrets.token_hex(6)}")

    def __enter__(self) -> Self:
        name = sql.Identifier(self.schema)
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(name))
            for table in TABLES:
                connection.execute(
                    sql.SQL("CREATE TABLE {}.{} (LIKE public.{} INCLUDING ALL)").format(
                        name, sql.Identifier(table), sql.Identifier(table)
                    )
                )
        with self.connect() as connection:
            connection.execute(_SILENCE)
            for path in sorted(SQL.glob("*.sql")):
                connection.execute(self._text(path).encode())
            for cut in self.cuts:
                if cut.constraint:
                    table, constraint = map(sql.Identifier, cut.constraint)
                    connection.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(table, constraint))
        return self

    def __exit__(self, *_failure: object) -> None:
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
            connection.execute("SET client_min_messages = warning")
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(self.schema)))

    def _text(self, path: Path) -> str:
        text = path.read_text("utf-8")
        for cut in self.cuts:
            if cut.file == path.name:
                assert cut.guard in text, f"{path.name} does not contain {cut.guard!r}"
                text = text.replace(cut.guard, cut.instead)
        return text

    def connect(self) -> psycopg.Connection[Any]:
        """Open a connection that works in the copy."""
        return psycopg.connect(
            os.environ["DATABASE_URL"],
            autocommit=True,
            options=f"-c search_path={self.schema},public",
            application_name=self.schema,
        )

    def stock(self, sku_id: int, quantity: int, *, safety: int = 0) -> None:
        """Put so much of a SKU at location 1."""
        lines = [{"line": "1", "location_id": 1, "sku_id": sku_id, "owner_id": OWNER, "on_hand": quantity}]
        with self.connect() as connection:
            move(connection, f"opening {sku_id}", lines)
            connection.execute("UPDATE inventory_stock SET safety = %s WHERE sku_id = %s", [safety, sku_id])

    def breaches(self) -> list[str]:
        """Return the names of the reconciliation views of the copy that are not empty."""
        with self.connect() as connection:
            views = connection.execute(
                "SELECT viewname FROM pg_views WHERE schemaname = %s AND viewname ~ '_breach_' ORDER BY viewname",
                [self.schema],
            ).fetchall()
            return [
                view
                for (view,) in views
                if connection.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(view))).fetchone()
            ]

    def together(self, count: int, deed: Callable[[psycopg.Connection[Any], int], Any]) -> list[Any]:
        """Run ``deed(connection, index)`` many times behind one barrier; return answers, or errors by their class."""
        barrier = threading.Barrier(count)

        def run(index: int) -> Any:
            with self.connect() as connection:
                barrier.wait(timeout=PATIENCE_S)
                try:
                    return deed(connection, index)
                except psycopg.Error as failure:
                    return type(failure).__name__

        with ThreadPoolExecutor(max_workers=count) as pool:
            return list(pool.map(run, range(count)))

    def together_at_a_held_row(
        self, count: int, deed: Callable[[psycopg.Connection[Any], int], Any], *held: str
    ) -> list[Any]:
        """As ``together``, but all of them meet at held rows first: nobody can be lucky and come alone.

        ``held`` are the statements that hold them; without one, the rows that ``HELD`` of the room says.
        """
        with self.connect() as holder, ThreadPoolExecutor(max_workers=1) as aside:
            with holder.transaction():
                for statement in held or self.HELD:
                    holder.execute(statement.encode())
                results = aside.submit(self.together, count, deed)
                self._await_waiters(count)
            return results.result()

    def one_after_another_at(
        self,
        held: str,
        deeds: Sequence[Callable[[psycopg.Connection[Any]], Any]],
        *,
        then: Callable[[], None] = lambda: None,
    ) -> list[Any]:
        """Hold rows until each of the deeds waits, in this order; let them go; return what they answered,
        or errors by their class. ``then`` is done when all wait.
        """

        def alone(deed: Callable[[psycopg.Connection[Any]], Any]) -> Any:
            with self.connect() as connection:
                try:
                    return deed(connection)
                except psycopg.Error as failure:
                    return type(failure).__name__

        with self.connect() as holder, ThreadPoolExecutor(max_workers=len(deeds)) as threads:
            with holder.transaction():
                holder.execute(held.encode())
                waiting = []
                for deed in deeds:
                    waiting.append(threads.submit(alone, deed))
                    self._await_waiters(len(waiting))
                then()
            return [one.result() for one in waiting]

    def await_waiters_for(self, gate: int, count: int) -> None:
        """Wait until so many sessions wait for an advisory lock (a number below 2^32)."""
        deadline = time.monotonic() + PATIENCE_S
        with self.connect() as connection:
            while time.monotonic() < deadline:
                waiting = connection.execute(
                    "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) "
                    "WHERE application_name = %s AND locktype = 'advisory' AND NOT granted AND objid::bigint = %s",
                    [self.schema, gate],
                ).fetchone()
                if waiting == (count,):
                    return
                time.sleep(0.01)
        raise AssertionError(f"not all {count} came to the gate {gate}")

    def _await_waiters(self, count: int) -> None:
        deadline = time.monotonic() + PATIENCE_S
        with self.connect() as connection:
            while time.monotonic() < deadline:
                waiting = connection.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND wait_event_type = 'Lock'",
                    [self.schema],
                ).fetchone()
                if waiting == (count,):
                    return
                time.sleep(0.01)
        raise AssertionError(f"not all {count} came to the held row")


def line(number: int, sku_id: int, quantity: int, *, keep_safety: bool = False) -> dict[str, Any]:
    """Make a line for ``inventory_reserve`` at location 1."""
    return {
        "line": number,
        "location_id": 1,
        "sku_id": sku_id,
        "owner_ids": [OWNER],
        "quantity": quantity,
        "keep_safety": keep_safety,
    }


def reserve(
    connection: psycopg.Connection[Any],
    cause: str,
    lines: list[dict[str, Any]],
    *,
    expires_at: datetime | None = None,
    now: datetime = NOW,
) -> bool:
    """Reserve; return whether it was had."""
    row = connection.execute(
        "SELECT inventory_reserve('order', %s, %s::jsonb, %s, %s) ->> 'ok'", [cause, json.dumps(lines), expires_at, now]
    ).fetchone()
    return row == ("true",)


def release(connection: psycopg.Connection[Any], cause: str) -> int:
    """Release; return the lines."""
    row = connection.execute("SELECT inventory_release('order', %s, %s)", [cause, NOW]).fetchone()
    return int(row[0]) if row else 0


def issue(connection: psycopg.Connection[Any], cause: str) -> int:
    """Issue; return the lines."""
    row = connection.execute("SELECT inventory_issue('order', %s, 'sale', 'test', %s)", [cause, NOW]).fetchone()
    return int(row[0]) if row else 0


def move(connection: psycopg.Connection[Any], cause: str, lines: list[dict[str, Any]]) -> bool:
    """Move; return whether it was possible."""
    row = connection.execute(
        "SELECT inventory_move('adjustment', 'test', %s, %s::jsonb, 'test', '', %s) ->> 'ok'",
        [cause, json.dumps(lines), NOW],
    ).fetchone()
    return row == ("true",)
