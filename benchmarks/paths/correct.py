"""What must hold after any number of orders, however they were placed."""

from __future__ import annotations

import psycopg
from psycopg import sql

from benchmarks import room

_COUNTS = """
    SELECT
        (SELECT count(*) FROM orders_order) AS orders,
        (SELECT count(*) FROM orders_order WHERE source = 'pgbench') AS by_pgbench,
        (SELECT count(*) FROM payments_payment WHERE state = 'paid') AS payments,
        (SELECT count(*) FROM platform_outbox WHERE topic = 'orders.placed.1') AS placed,
        (SELECT count(*) FROM platform_outbox WHERE topic = 'orders.paid.1') AS paid,
        (SELECT count(*) FROM platform_outbox WHERE topic = 'orders.completed.1') AS completed,
        (SELECT count(*) FROM orders_line) AS lines,
        (SELECT coalesce(sum(quantity), 0) FROM orders_line)::bigint AS sold,
        (SELECT coalesce(-sum(on_hand_delta), 0) FROM inventory_movement WHERE kind = 'sale')::bigint AS left_the_house,
        (SELECT coalesce(sum(opened.on_hand_delta), 0) FROM inventory_movement AS opened WHERE kind = 'opening')::bigint
            - (SELECT sum(on_hand) FROM inventory_stock)::bigint AS missing_from_stock,
        (SELECT count(*) FROM inventory_stock WHERE on_hand < 0 OR on_hand < reserved) AS oversold
"""


def problems(place: room.Place, *, answered: int, by_pgbench: int) -> list[str]:
    """Return everything that does not add up: nothing, if all is well.

    ``answered``: orders that clients were told stand; ``by_pgbench``: those that the reference placed.
    """
    with psycopg.connect(place.url, row_factory=psycopg.rows.dict_row) as connection:
        counts = connection.execute(_COUNTS).fetchone()
        views = connection.execute(
            r"SELECT viewname FROM pg_views WHERE viewname LIKE '%\_breach\_%' ORDER BY viewname"
        ).fetchall()
        breaches = {
            view["viewname"]: connection.execute(
                sql.SQL("SELECT count(*) AS rows FROM {}").format(sql.Identifier(view["viewname"]))
            ).fetchone()["rows"]
            for view in views
        }
    orders = answered + by_pgbench
    wanted = dict.fromkeys(("orders", "payments", "placed", "paid", "completed"), orders)
    wanted |= {"by_pgbench": by_pgbench, "oversold": 0}
    wanted |= dict.fromkeys(("left_the_house", "missing_from_stock"), counts["sold"])
    found = [f"{name}: {counts[name]} instead of {value}" for name, value in wanted.items() if counts[name] != value]
    if not breaches:
        found.append("there are no breach views: nothing was looked at")
    return found + [f"{name}: {rows} rows" for name, rows in breaches.items() if rows]
