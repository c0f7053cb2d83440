"""A copy of the whole order path's tables and SQL rooms in a schema of its own, in which a guard may be taken away.

As ``inventory_room``, for all modules that placing, paying, cancelling and giving back need. Orders are placed by
``checkout_place_orders`` itself, with batches made here: no price, no Python in between.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import psycopg
from psycopg import sql

from quanyu import modules
from quanyu.kernel.ids import uuid7
from tests.harness import coupons_room, inventory_room, points_room
from tests.harness.inventory_room import NOW, Cut

__all__ = ["NOW", "Cut", "Order", "PathRoom", "answer", "asked", "place"]

# In the order in which their rooms may refer to one another.
MODULES = ("inventory", "points", "coupons", "flash", "payments", "orders", "fulfilment", "checkout")
STORE = 1
Connection = psycopg.Connection[Any]
# Nobody listens to a copy: its events go nowhere.
_SILENCE = """
    CREATE FUNCTION platform_outbox_append(text, text, jsonb, timestamptz) RETURNS bigint LANGUAGE sql AS 'SELECT 0';
    CREATE FUNCTION platform_outbox_append_batch(text[], text[], jsonb[], timestamptz[]) RETURNS void LANGUAGE sql AS ''
"""
_STANDS = "QY003"


@dataclass
class PathRoom(inventory_room.Room):
    """The copy; use it as a context. Members, stores and goods are any ids: foreign keys to others are not copied."""

    HELD = ("UPDATE inventory_stock SET changed_at = changed_at",)

    def __enter__(self) -> Self:
        name = sql.Identifier(self.schema)
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(name))
            tables = connection.execute(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' "
                "AND split_part(relname, '_', 1) = ANY (%s)",
                [list(MODULES)],
            ).fetchall()
            for (table,) in tables:
                connection.execute(
                    sql.SQL("CREATE TABLE {}.{} (LIKE public.{} INCLUDING ALL)").format(
                        name, sql.Identifier(table), sql.Identifier(table)
                    )
                )
        with self.connect() as connection:
            connection.execute(_SILENCE)
            for module in MODULES:
                for path in sorted((Path(modules.__file__).parent / module / "sql").glob("*.sql")):
                    connection.execute(self._text(path).encode())
            # The moves of an order are a table; every event refers to a row of it.
            connection.execute(
                "ALTER TABLE orders_event ADD CONSTRAINT orders_event_allowed_move FOREIGN KEY (from_state, to_state) "
                "REFERENCES orders_transition (from_state, to_state)"
            )
            for cut in self.cuts:
                if cut.constraint:
                    self._drop(connection, *cut.constraint)
        return self

    _drop = coupons_room.Room._drop
    offer = coupons_room.Room.offer
    coupon = coupons_room.Room.coupon

    def _text(self, path: Path) -> str:
        # Files of several modules have the same names: a cut names its module.
        text = path.read_text("utf-8")
        name = f"{path.parent.parent.name}/{path.name}"
        for cut in self.cuts:
            if cut.file == name:
                assert cut.guard in text, f"{name} does not contain {cut.guard!r}"
                text = text.replace(cut.guard, cut.instead)
        return text

    def points(self, member: UUID, amount: int) -> None:
        """Give a member usable points."""
        with self.connect() as connection:
            points_room.open_lot(connection, member, amount, cause=str(uuid7()))

    def value(self, query: str, *given: Any) -> Any:
        """Return the first column of the first row."""
        with self.connect() as connection:
            row = connection.execute(query.encode(), given).fetchone()
            return row[0] if row else None

    def free(self, sku: int = 1, *, owner: int = inventory_room.OWNER) -> tuple[int, int]:
        """Return (on hand, reserved) of a SKU at location 1."""
        with self.connect() as connection:
            row = connection.execute(
                "SELECT on_hand, reserved FROM inventory_stock WHERE sku_id = %s AND owner_id = %s", [sku, owner]
            ).fetchone()
            return (row[0], row[1]) if row else (0, 0)


@dataclass(frozen=True)
class Order:
    """An order for ``checkout_place_orders``: one SKU at location 1 unless the lines say otherwise.

    ``slot``: it is fetched in one pickup time that takes so many orders. ``lines``: (sku, quantity) each.
    ``money``: what is given of 100 fen per line at once.
    """

    id: UUID
    lines: Sequence[tuple[int, int]] = ((1, 1),)
    owners: Sequence[int] = (inventory_room.OWNER,)
    state: str = "placed"
    keep_safety: bool = False
    member: UUID | None = None
    coupons: Sequence[UUID] = ()
    points: int = 0
    offers: Sequence[int] = ()
    newcomer: bool = False
    till: tuple[UUID, int] | None = None
    # The till at which the goods are in hands.
    hands: str | None = None
    pickup_code: str = ""
    money: int | None = None
    at: datetime = NOW
    slot: int | None = None

    @property
    def payable(self) -> int:
        """100 fen for each line, less 10 yuan's worth of nothing: rights take off nothing here."""
        return 100 * len(self.lines)

    def header(self, n: int) -> dict[str, Any]:
        """Return the header at a place of a batch."""
        until = self.at + timedelta(minutes=15) if self.state == "placed" else None
        rights = bool(self.coupons or self.points or self.offers)
        return {
            "n": n, "id": str(self.id), "number_type": "DD", "state": self.state, "actor": "test", "channel": "mall",
            "delivery": "pickup", "store_id": STORE, "member_id": self.member and str(self.member), "staff_id": None,
            "terminal_id": self.till and str(self.till[0]), "terminal_seq": self.till and self.till[1],
            "shift_id": None, "command_sha256": "00", "source": "", "goods_fen": self.payable, "discount_fen": 0,
            "coupon_fen": 0, "points_fen": 0, "points_spent": self.points,
            "coupons": [{"id": str(one), "amount_fen": 1000, "kind": "freight"} for one in self.coupons],
            "freight_fen": 0, "payable_fen": self.payable, "address": None, "address_masked": "",
            "pickup_code": self.pickup_code, "note": "", "placed_at": self.at.isoformat(),
            "pay_before": until and until.isoformat(), "reserve_until": until and until.isoformat(), "facts": {},
        } | ({"slot": {
            "starts_at": (NOW + timedelta(hours=1)).isoformat(), "ends_at": (NOW + timedelta(hours=2)).isoformat(),
            "capacity": self.slot,
        }} if self.slot else {}) | ({"newcomer": True} if self.newcomer else {}) | ({"rights": {
            "coupons": [{"id": str(one), "amount_fen": 1000} for one in self.coupons], "points": self.points,
            "offers": [{"offer_id": one, "quantity": 1} for one in self.offers],
        }} if rights else {})  # fmt: skip

    def body(self, n: int) -> list[dict[str, Any]]:
        """Return the lines."""
        return [
            {
                "n": n, "id": str(uuid7()), "number": number, "sku_id": sku, "name": "", "quantity": quantity,
                "quantity_scale": 1, "unit_price_fen": 100, "list_fen": 100, "discount_fen": 0, "coupon_fen": 0,
                "points_fen": 0, "points_spent": self.points if number == 1 else 0, "net_fen": 100, "freight_fen": 0,
                "cost_fen": 0, "tax_rate_bp": 0, "gift_of": "", "location_id": 1, "credited_store_id": STORE,
                "credited_staff_id": None, "discounts": [], "owner_ids": list(self.owners),
                "keep_safety": self.keep_safety, "till": self.hands,
            }
            for number, (sku, quantity) in enumerate(self.lines, 1)
        ]  # fmt: skip

    def tenders(self, n: int) -> list[dict[str, Any]]:
        """Return the money that comes with it."""
        given = self.money if self.money is not None else 0 if self.state == "placed" else self.payable
        if not given:
            return []
        tender = {"n": n, "nth": 1, "id": str(uuid7()), "tender": "cash", "amount_fen": given, "tendered_fen": given}
        return [tender | {"reference": ""}]


def one(sku=1, quantity=1, **given):
    """An order of its own for a SKU."""
    return Order(uuid7(), lines=((sku, quantity),), **given)


def states(room):
    """How many orders stand in which state."""
    with room.connect() as connection:
        return dict(connection.execute("SELECT state, count(*)::int FROM orders_order GROUP BY state").fetchall())


def as_json(row: Mapping[str, Any]) -> str:
    """Return a list of one row."""
    return json.dumps([dict(row)])


def answer(connection: Connection, *orders: Order, now: datetime = NOW) -> dict[int, dict[str, Any]]:
    """Place a batch as the product does; return the outcomes by place. A collision is looked at with care."""
    batch: dict[str, Any] = {
        "now": now.isoformat(),
        "orders": [order.header(n) for n, order in enumerate(orders)],
        "lines": [line for n, order in enumerate(orders) for line in order.body(n)],
        "tenders": [tender for n, order in enumerate(orders) for tender in order.tenders(n)],
    }
    for careful in (False, True):
        try:
            found: Mapping[str, dict[str, Any]] = asked(
                connection, "checkout_place_orders", json.dumps(batch | {"careful": careful})
            )
        except psycopg.DatabaseError as failure:
            if careful or failure.sqlstate != _STANDS:
                raise
        else:
            return {int(n): outcome for n, outcome in found.items()}
    raise AssertionError("unreachable: the second try returns or raises")


def place(connection: Connection, *orders: Order, now: datetime = NOW) -> list[str]:
    """Place a batch; return the outcomes in its order."""
    found = answer(connection, *orders, now=now)
    return [found[n]["outcome"] for n in range(len(orders))]


def asked(connection: Connection, function: str, *given: Any) -> Any:
    """Call a function of the room; return its answer."""
    places = ", ".join("%s::jsonb" if isinstance(one, str) and one.startswith(("{", "[")) else "%s" for one in given)
    row = connection.execute(f"SELECT {function}({places})".encode(), given).fetchone()
    return row[0] if row else None
