"""Years of trade in a throw-away chain, made by SQL in minutes: what an order costs beside them is another file's."""

from __future__ import annotations

from pathlib import Path

import psycopg

from benchmarks import room

_SCRIPT = Path(__file__).with_name("history.sql")
# Orders per transaction: temporary tables of more would not stay in memory.
_CHUNK, _ORDERS_PER_MEMBER = 100_000, 10


def prepare(place: room.Place, shop: room.Shop) -> None:
    """Name tills and goods by numbers, for the script."""
    owners = {store.unit.id: store.owner_id for store in shop.stores}
    with psycopg.connect(place.url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bench_till (number int PRIMARY KEY, store_id bigint, owner_id bigint, device_id uuid, "
            "shift_id uuid, staff_id bigint)"
        )
        cursor.executemany(
            "INSERT INTO bench_till VALUES (%s, %s, %s, %s, %s, %s)",
            [
                [number, till.store_id, owners[till.store_id], till.device_id, till.shift_id, till.staff_id]
                for number, till in enumerate(shop.tills, start=1)
            ],
        )
        cursor.execute("CREATE TABLE bench_good (n int PRIMARY KEY, sku_id bigint, fen bigint, name text)")
        cursor.executemany(
            "INSERT INTO bench_good SELECT %s, %s, %s, name FROM catalog_sku WHERE id = %s",
            [[number, sku, fen, sku] for number, (sku, fen) in enumerate(shop.goods)],
        )


def extend(place: room.Place, *, have: int, want: int) -> None:
    """Add orders until there are ``want`` made ones, with a member to every ten; then gather statistics."""
    statements = [part for part in _SCRIPT.read_text(encoding="utf-8").split(";\n") if part.strip()]
    with psycopg.connect(place.url, autocommit=True) as connection:
        for first in range(have, want, _CHUNK):
            last = min(first + _CHUNK, want) - 1
            members = first // _ORDERS_PER_MEMBER
            given = {"first": first, "last": last, "members": members}
            given["new_members"] = (last + 1) // _ORDERS_PER_MEMBER - members
            with connection.transaction():
                connection.execute("SET LOCAL session_replication_role = replica")
                connection.execute("SET LOCAL work_mem = '256MB'")
                connection.execute("SET LOCAL synchronous_commit = off")
                for statement in statements:
                    connection.execute(statement, given)
    room.settle(place)


def sizes(place: room.Place, *, most: int = 12) -> list[tuple[str, int, int]]:
    """Return (table, bytes of rows, bytes of indexes) of the largest tables."""
    with psycopg.connect(place.url) as connection:
        return connection.execute(
            "SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class "
            "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
            "ORDER BY pg_total_relation_size(oid) DESC LIMIT %s",
            [most],
        ).fetchall()
