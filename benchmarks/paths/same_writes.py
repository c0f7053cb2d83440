"""Whether two ways of placing an order write the same: rows inserted (+) and updated (~) per order, by table."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping

import psycopg

from benchmarks import facts, room
from benchmarks.paths.reference import Slice

# Idle connections tell what they wrote ten seconds late.
_TOLD_AFTER_S = 11.0


def compare(place: room.Place, sides: Mapping[str, Callable[[], Slice]]) -> list[str]:
    """Let each side place orders; return a table of what each of them wrote per order."""
    written = {name: _per_order(place, side) for name, side in sides.items()}
    tables = sorted(set().union(*written.values()))
    rows = [[table, *(f"{one.get(table, 0.0):.2f}" for one in written.values())] for table in tables]
    return facts.table(("rows written per order", *written), rows)


def _per_order(place: room.Place, side: Callable[[], Slice]) -> dict[str, float]:
    before = _written(place)
    orders = side().orders
    return per_order(before, _written(place), orders=orders)


def per_order(before: Mapping[str, int], after: Mapping[str, int], *, orders: int) -> dict[str, float]:
    """Return the changes per order; what hardly changed is left out."""
    changed = {name: (count - before.get(name, 0)) / max(orders, 1) for name, count in after.items()}
    return {name: count for name, count in changed.items() if count >= 0.005}


def _written(place: room.Place) -> Counter[str]:
    time.sleep(_TOLD_AFTER_S)
    with psycopg.connect(place.url) as connection:
        rows = connection.execute("SELECT relname, n_tup_ins, n_tup_upd FROM pg_stat_user_tables").fetchall()
    counts: Counter[str] = Counter()
    for name, inserted, updated in rows:
        counts[f"{name} +"] += inserted
        counts[f"{name} ~"] += updated
    return counts
