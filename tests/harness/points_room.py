"""A copy of the points ledger in a schema of its own, in which a guard may be taken away (see inventory_room)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from quanyu.kernel.ids import uuid7
from quanyu.modules import points
from tests.harness.inventory_room import Cut, Room

SQL = Path(points.__file__).parent / "sql"
TABLES = (
    "account", "rule", "range", "lot", "earning", "spending", "movement", "offer", "offer_units", "offer_use",
    "adjustment", "merge_move",
)  # fmt: skip
NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
END = NOW + timedelta(days=700)
_SILENCE = (
    "CREATE FUNCTION platform_outbox_append(text, text, jsonb, timestamptz) RETURNS bigint LANGUAGE sql AS 'SELECT 0'"
)
Connection = psycopg.Connection[Any]


@dataclass
class PointsRoom(Room):
    """The copy; use it as a context. Members are any ids: foreign keys are not copied."""

    HELD = ("UPDATE points_account SET changed_at = changed_at",)

    cuts: Sequence[Cut] = ()
    member: UUID = field(default_factory=uuid7)

    def __enter__(self) -> Self:
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(self.schema)))
            for table in (f"points_{name}" for name in TABLES):
                connection.execute(
                    sql.SQL("CREATE TABLE {}.{} (LIKE public.{} INCLUDING ALL)").format(
                        sql.Identifier(self.schema), sql.Identifier(table), sql.Identifier(table)
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

    def give(self, amount: int, *, member: UUID | None = None) -> None:
        """Give a member usable points."""
        with self.connect() as connection:
            open_lot(connection, member or self.member, amount, cause=str(uuid7()))

    def offer(self, *, total_limit: int | None = None, per_member_limit: int | None = None) -> int:
        """Make an offer; return its id."""
        with self.connect() as connection:
            row = connection.execute(
                "INSERT INTO points_offer (id, sku_id, points, cash_fen, list_fen, ceiling_fen, starts_at, level, "
                "per_member_limit, total_limit, created_at) "
                "VALUES (1, 1, 10, 0, 100, 100, %s, 'identified', %s, %s, %s) RETURNING id",
                [NOW, per_member_limit, total_limit, NOW],
            ).fetchone()
        assert row is not None
        return int(row[0])

    def figures(self, member: UUID | None = None) -> tuple[int, int, int]:
        """Return usable, pending and owed points."""
        with self.connect() as connection:
            row = connection.execute(
                "SELECT available, pending, debt FROM points_account WHERE member_id = %s", [member or self.member]
            ).fetchone()
        return row or (0, 0, 0)

    def _text(self, path: Path) -> str:
        text = path.read_text("utf-8")
        for cut in self.cuts:
            if cut.file == path.name:
                assert cut.guard in text, f"{path.name} does not contain {cut.guard!r}"
                text = text.replace(cut.guard, cut.instead)
        return text


def open_lot(connection: Connection, member: UUID, amount: int, *, cause: str, kind: str = "give") -> bool:
    """Open a usable lot; tell whether it is new."""
    lot = {
        "member_id": str(member), "kind": kind, "cause_kind": "order", "cause_id": cause, "points": amount,
        "rule_version": 0, "multiplier_bp": 10_000, "expires_at": END.isoformat(), "lines": [], "at": NOW.isoformat(),
    }  # fmt: skip
    row = connection.execute("SELECT points_open_lot(%s) ->> 'new'", [Jsonb(lot)]).fetchone()
    return row == ("true",)


def asked(connection: Connection, function: str, *given: Any) -> Any:
    """Call a function of the room; return its answer."""
    places = ", ".join(["%s"] * len(given))
    row = connection.execute(f"SELECT {function}({places})".encode(), given).fetchone()
    return row[0] if row else None
