"""Take away every guard of the order path, one at a time, and see that something misses it: ``make races``.

A guard is a CHECK or key of a table (read from the catalogue), or a lock, a condition, an order or a comparison in a
SQL room. Prints each with the scenario that missed it and the seconds it took, and how many were missed; the exit
code is 1 when one was not.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import django


@dataclass(frozen=True, slots=True)
class Attempt:
    """One guard: what it guards, its name, the scenario that must miss it, and how to find out whether it does."""

    where: str
    guard: str
    scenario: str
    killed: Callable[[], bool]


def attempts() -> Iterator[Attempt]:
    """All guards, after Django is set up."""
    mutations, table_guards = _module("harness.mutations"), _module("harness.table_guards")
    for where, listed, room in (
        ("stock", "races.test_inventory_guards", _module("harness.inventory_room").Room),
        ("coupons", "races.test_coupon_guards", _module("harness.coupons_room").Room),
        ("points", "races.test_points_races", _module("harness.points_room").PointsRoom),
    ):
        for guard, (scenario, cuts) in _module(listed).CUTS.items():
            made = mutations.Mutation(guard, scenario, cuts)
            yield Attempt(where, guard, scenario.__name__, partial(made.killed, partial(_without_scenario, room)))
    for where, listed in (("placing", "races.test_batch_guards"), ("orders and money", "races.test_order_guards")):
        module = _module(listed)
        for made in module.MUTATIONS:
            yield Attempt(where, made.guard, made.scenario.__name__, partial(made.killed, module.room_for))
    for guard in table_guards.found():
        yield Attempt(guard.table, guard.name, "its attack", partial(_is_missed, table_guards, guard))


def _module(name: str) -> Any:
    # By name: the tests' own files are not typed as the tools are.
    return importlib.import_module(f"tests.{name}")


def _without_scenario(room: Any, _scenario: Any, cuts: Any) -> Any:
    return room(cuts=cuts)


def _is_missed(table_guards: Any, guard: Any) -> bool:
    return not table_guards.holds(guard, removed=True)


def main() -> int:
    """Take the guards away one after the other; 0 when each was missed and no CHECK is without an attack."""
    _module("harness.database").prepare()
    django.setup()
    survived = [f"{name}: no attack is written down" for name in _module("harness.table_guards").unlisted()]
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
