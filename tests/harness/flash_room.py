"""A copy of the tables and SQL room of flash sales in a schema of its own, in which a guard may be taken away.

As ``inventory_room``; members and SKUs are any ids, because foreign keys are not copied.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from quanyu.kernel.ids import uuid7
from quanyu.modules import flash
from tests.harness.inventory_room import Cut, Room

__all__ = ["NOW", "Cut", "FlashRoom", "follow", "give_back", "order", "stop", "take"]

SQL = Path(flash.__file__).parent / "sql"
TABLES = ("sale", "sale_units", "purchase", "taking", "merge_move", "refusal")
NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
Connection = psycopg.Connection[Any]


@dataclass
class FlashRoom(Room):
    """The copy; use it as a context."""

    HELD = ("UPDATE flash_sale SET taken = taken",)

    def __enter__(self) -> Self:
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(self.schema)))
            for table in (f"flash_{name}" for name in TABLES):
                connection.execute(
                    sql.SQL("CREATE TABLE {}.{} (LIKE public.{} INCLUDING ALL)").format(
                        sql.Identifier(self.schema), sql.Identifier(table), sql.Identifier(table)
                    )
                )
        with self.connect() as connection:
            for path in sorted(SQL.glob("*.sql")):
                connection.execute(self._text(path).encode())
            for cut in self.cuts:
                if cut.constraint:
                    table, constraint = map(sql.Identifier, cut.constraint)
                    connection.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(table, constraint))
        return self

    def sale(self, *, limit: int = 1, total: int | None = None, ends_at: datetime = NOW + HOUR) -> int:
        """Make a running sale; return its id."""
        with self.connect() as connection:
            row = connection.execute(
                "INSERT INTO flash_sale (sku_id, channels, closed_from, starts_at, ends_at, per_member_limit, "
                "units_total, announced_by, created_at) VALUES (1, '{mall}', %s, %s, %s, %s, %s, '', %s) RETURNING id",
                [NOW - HOUR, NOW - HOUR, ends_at, limit, total, NOW],
            ).fetchone()
        assert row is not None
        return int(row[0])

    def had(self, sale: int, member: UUID | None = None) -> int:
        """Return how many pieces orders that stand have of a sale: of one member, or of all."""
        with self.connect() as connection:
            row = connection.execute(
                "SELECT coalesce(sum(quantity), 0) FROM flash_taking "
                "WHERE sale_id = %s AND state = 'taken' AND (%s::uuid IS NULL OR member_id = %s)",
                [sale, member, member],
            ).fetchone()
        return int(row[0]) if row else 0


def order(member: UUID, *wanted: tuple[int, int], order_id: UUID | None = None) -> dict[str, Any]:
    """Return an order of a batch: pieces by sale."""
    lines = [{"sale_id": sale, "quantity": quantity} for sale, quantity in wanted]
    return {"id": str(order_id or uuid7()), "member_id": str(member), "flash": lines}


def take(connection: Connection, *batch: dict[str, Any], at: datetime = NOW) -> list[str | None]:
    """Take for a batch; return the reason against each order."""
    orders: Sequence[dict[str, Any]] = [{"n": n, **one} for n, one in enumerate(batch)]
    row = connection.execute("SELECT flash_take(%s, %s)", [Jsonb(orders), at]).fetchone()
    assert row is not None
    return [row[0][str(n)]["reason"] if str(n) in row[0] else None for n in range(len(batch))]


def give_back(connection: Connection, order_id: str) -> int:
    """Give back what an order took; return the lines."""
    row = connection.execute("SELECT flash_give_back(%s, %s)", [order_id, NOW]).fetchone()
    return int(row[0]) if row else 0


def follow(connection: Connection, loser: UUID, winner: UUID) -> str:
    """Let flash follow a merge."""
    connection.execute("SELECT flash_follow(%s, %s, %s)", [uuid7(), loser, winner])
    return "merged"


def stop(connection: Connection, sale: int) -> str:
    """Stop a sale, as the door does."""
    connection.execute("UPDATE flash_sale SET stopped_at = %s WHERE id = %s AND stopped_at IS NULL", [NOW, sale])
    return "stopped"
