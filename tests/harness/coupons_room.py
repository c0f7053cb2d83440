"""A copy of the coupons' tables and SQL room in a schema of its own, in which a guard may be taken away.

As ``inventory_room``: the product's functions name tables without a schema, so the search path decides.
"""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import sql

from quanyu.kernel.ids import uuid7
from quanyu.modules import coupons
from tests.harness import inventory_room
from tests.harness.inventory_room import Cut

__all__ = ["NOW", "Cut", "Room", "accept", "hand_out", "issue", "offer", "order_door", "put_back", "reserve"]

SQL = Path(coupons.__file__).parent / "sql"
NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
_TABLES = (
    "coupons_template", "coupons_template_units", "coupons_counter", "coupons_person", "coupons_coupon",
    "coupons_event", "coupons_gift", "coupons_handed_out", "coupons_moved",
)  # fmt: skip
# Nobody listens to a copy: its events go nowhere.
_SILENCE = (
    "CREATE FUNCTION platform_outbox_append(text, text, jsonb, timestamptz) RETURNS bigint LANGUAGE sql AS 'SELECT 0'"
)
Connection = psycopg.Connection[Any]


@dataclass
class Room(inventory_room.Room):
    """The copy; use it as a context."""

    HELD = (
        "UPDATE coupons_coupon SET used_store_id = used_store_id",
        "UPDATE coupons_counter SET issued = issued",
    )

    def __enter__(self) -> Self:
        name = sql.Identifier(self.schema)
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(name))
            for table in _TABLES:
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
                    self._drop(connection, *cut.constraint)
        return self

    def _drop(self, connection: Connection, table: str, guard: str) -> None:
        """Drop a constraint by its name, or a partial unique index of the copy by a text of its definition."""
        named = connection.execute(
            "SELECT 1 FROM pg_constraint WHERE conname = %s AND conrelid = %s::regclass", [guard, table]
        ).fetchone()
        if named:
            connection.execute(
                sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.Identifier(table), sql.Identifier(guard))
            )
            return
        index = connection.execute(
            "SELECT indexname FROM pg_indexes WHERE schemaname = %s AND tablename = %s AND strpos(indexdef, %s) > 0",
            [self.schema, table, guard],
        ).fetchone()
        assert index is not None, f"{table} has no guard {guard}"
        connection.execute(sql.SQL("DROP INDEX {}.{}").format(sql.Identifier(self.schema), sql.Identifier(index[0])))

    def offer(
        self,
        *,
        total_limit: int | None = None,
        per_person: int | None = None,
        budget_fen: int | None = None,
        transferable: bool = True,
        kind: str = "amount",
    ) -> int:
        """Make a live template; return its id."""
        with self.connect() as connection:
            row = connection.execute(
                "INSERT INTO coupons_template (code, name, name_en, description, owner_unit_id, is_proposal, state, "
                "revision, kind, amount_fen, percent_off_bp, threshold_fen, gift_quantity, category_ids, sku_ids, "
                "excluded_sku_ids, claim_period, starts_after_days, lasts_days, weekdays, hours, excluded_dates, "
                "scope, tiers, level, brand_share_bp, store_share_bp, supplier_share_bp, stacks_with_campaigns, "
                "stacks_with_coupons, transferable, points_price, needs_staff_code, is_new_member_pack, is_listed, "
                "extension_days, created_by, changed_by, decided_by, reason, created_at) "
                "VALUES (%s, '', '', '', 1, false, 'live', 1, %s, 1000, 0, 0, 0, '{}', '{}', '{}', "
                "tstzrange(NULL, NULL), 0, 1, '{}', '[]', '{}', 'any', '{}', 'identified', 10000, 0, 0, true, true, "
                "%s, 0, false, false, true, 0, '', '', '', '', %s) RETURNING id",
                [uuid.uuid4().hex, kind, transferable, NOW],
            ).fetchone()
            assert row is not None
            connection.execute(
                "INSERT INTO coupons_counter (template_id, total_limit, budget_fen, per_person_limit) "
                "VALUES (%s, %s, %s, %s)",
                [row[0], total_limit, budget_fen, per_person],
            )
            return int(row[0])

    def coupon(self, template_id: int, member_id: uuid.UUID) -> uuid.UUID:
        """Issue a coupon; return its id."""
        with self.connect() as connection:
            made = uuid7()
            assert issue(connection, template_id, member_id, coupon_id=made) == "issued"
            return made


def issue(
    connection: Connection, template_id: int, member_id: uuid.UUID, *, coupon_id: uuid.UUID | None = None,
    via: str = "centre", cause_id: str = "",
) -> str:  # fmt: skip
    """Issue a coupon; return the outcome."""
    made = coupon_id or uuid7()
    argument = {
        "template_id": template_id, "via": via, "trigger": "t" if via == "trigger" else "", "now": NOW.isoformat(),
        "valid_from": NOW.isoformat(), "valid_until": (NOW + timedelta(days=9)).isoformat(),
        "coupons": [{"id": str(made), "member_id": str(member_id), "code_index": uuid.uuid4().hex,
                     "code_encrypted": "00", "cause_id": cause_id}],
    }  # fmt: skip
    row = connection.execute("SELECT coupons_issue(%s::jsonb)", [json.dumps(argument)]).fetchone()
    assert row is not None
    return str(row[0][0]["outcome"])


def reserve(
    connection: Connection, order: uuid.UUID, member: uuid.UUID, ids: list[uuid.UUID], *, at: datetime = NOW
) -> str | None:
    """Reserve coupons of 10 yuan each; return the reason against it."""
    wanted = json.dumps([{"id": str(one), "amount_fen": 1000} for one in ids])
    row = connection.execute("SELECT coupons_reserve(%s, %s, %s::jsonb, %s)", [order, member, wanted, at]).fetchone()
    assert row is not None
    return row[0] and str(row[0]["reason"])


def order_door(connection: Connection, door: str, order: uuid.UUID) -> int:
    """Call ``coupons_redeem``, ``coupons_release`` or ``coupons_return``."""
    row = connection.execute(sql.SQL("SELECT {}(%s, %s)").format(sql.Identifier(door)), [order, NOW]).fetchone()
    return int(row[0]) if row else 0


def offer(connection: Connection, coupon: uuid.UUID, member: uuid.UUID, token: str) -> str | None:
    """Offer a coupon as a gift; return the reason against it."""
    argument = {"id": str(uuid7()), "coupon_id": str(coupon), "member_id": str(member), "token_index": token,
                "expires_at": (NOW + timedelta(hours=1)).isoformat(), "now": NOW.isoformat()}  # fmt: skip
    row = connection.execute("SELECT coupons_offer(%s::jsonb)", [json.dumps(argument)]).fetchone()
    return row[0] if row else None


def accept(
    connection: Connection, coupon: uuid.UUID, member: uuid.UUID, token: str, *, at: datetime = NOW
) -> str | None:
    """Accept a gift; return the reason against it."""
    argument = {"coupon_id": str(coupon), "member_id": str(member), "token_index": token,
                "code_index": uuid.uuid4().hex, "code_encrypted": "00", "now": at.isoformat()}  # fmt: skip
    row = connection.execute("SELECT coupons_accept(%s::jsonb)", [json.dumps(argument)]).fetchone()
    return row[0].get("reason") if row else None


def hand_out(
    connection: Connection, coupon: uuid.UUID, *, id: uuid.UUID | None = None, at: datetime = NOW
) -> str | None:
    """Hand out the service of a coupon; return the reason against it."""
    argument = {"id": str(id or uuid7()), "coupon_id": str(coupon), "store_id": 1, "staff_id": 1, "actor": "staff:1",
                "now": at.isoformat()}  # fmt: skip
    row = connection.execute("SELECT coupons_hand_out(%s::jsonb)", [json.dumps(argument)]).fetchone()
    return row[0] if row else None


def put_back(connection: Connection, id: uuid.UUID) -> bool:
    """Undo a hand-out; tell whether it was done."""
    argument = {"id": str(id), "reason": "booked by mistake", "actor": "staff:1", "now": NOW.isoformat()}
    row = connection.execute("SELECT coupons_put_back(%s::jsonb)", [json.dumps(argument)]).fetchone()
    return bool(row and row[0])
