"""Take away every guard of the order path, one at a time, and see that something misses it: ``make races``.

A guard is a CHECK or key of a table (read from the catalogue), or a lock, a condition, an order or a comparison in a SQL
room. Prints each with the scenario that missed it and the seconds it took, and how many of all were missed; the exit
code is 1 when one was not.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Attempt:
    """One guard: what it guards, its name, the scenario that must miss it, and how to find out whether it does."""

    where: str
    guard: str
    scenario: str
    killed: Callable[[], bool]


def attempts() -> Iterator[Attempt]:
    """All guards, after Django is set up."""
    # tests/races has no __init__: its files are pytest's, and the lists in them are ours.
    from tests.harness import coupons_room, inventory_room, mutations, points_room, table_guards
    from tests.races import (  # type: ignore[attr-defined, unused-ignore]
        test_batch_guards,
        test_coupon_guards,
        test_inventory_guards,
        test_order_guards,
        test_points_races,
    )

    def of_room(where: str, listed: dict[str, Any], room: Callable[..., Any]) -> Iterator[Attempt]:
        for guard, (scenario, cuts) in listed.items():
            made = mutations.Mutation(guard, scenario, cuts)
            yield Attempt(
                where,
                guard,
                scenario.__name__,
                lambda made=made: made.killed(lambda _scenario, given: room(cuts=given)),
            )

    yield from of_room("stock", test_inventory_guards.CUTS, inventory_room.Room)
    yield from of_room("coupons", test_coupon_guards.CUTS, coupons_room.Room)
    yield from of_room("points", test_points_races.CUTS, points_room.PointsRoom)
    for where, module in (("placing", test_batch_guards), ("orders and money", test_order_guards)):
        for made in module.MUTATIONS:
            yield Attempt(
                where,
                made.guard,
                made.scenario.__name__,
                lambda made=made, module=module: made.killed(module.room_for),
            )
    for guard in table_guards.found():
        yield Attempt(
            guard.table, guard.name, "its attack", lambda guard=guard: not table_guards.holds(guard, removed=True)
        )


def main() -> int:
    """Take the guards away one after the other; 0 when each was missed and no CHECK is without an attack."""
    from tests.harness import database

    database.prepare()
    import django

    django.setup()
    from tests.harness import table_guards

    survived = [f"{name}: no attack is written down" for name in table_guards.unlisted()]
    total = len(survived)
    print(f"{'what':<26} {'guard taken away':<52} {'missed by':<44} seconds")
    for one in attempts():
        total += 1
        began = time.perf_counter()
        killed = one.killed()
        verdict = one.scenario if killed else "NOBODY"
        print(f"{one.where:<26} {one.guard:<52} {verdict:<44} {time.perf_counter() - began:7.2f}", flush=True)
        if not killed:
            survived.append(f"{one.where}: {one.guard}")
    print(f"\n{total - len(survived)} of {total} guards were missed when they were taken away.")
    for name in survived:
        print(f"SURVIVED {name}")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
