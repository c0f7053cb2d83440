"""A guard that is taken away, and the scenario that must miss it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.harness.inventory_room import Cut, Room

__all__ = ["Cut", "Mutation", "holds", "share", "without"]

Scenario = Callable[[Any], bool]


@dataclass(frozen=True)
class Mutation:
    """``scenario`` must not end as it must when the cuts have taken the guard away."""

    guard: str
    scenario: Scenario
    cuts: Sequence[Cut]

    def killed(self, room_for: Callable[[Scenario, Sequence[Cut]], Room]) -> bool:
        """Tell whether the scenario misses the guard. ``room_for`` makes the copy without the cuts' guards."""
        with room_for(self.scenario, self.cuts) as room:
            return holds(self.scenario, room) != "as it must"


def without(guard: str, scenario: Scenario, file: str, text: str, instead: str = "") -> Mutation:
    """Make a mutation that replaces one text of a SQL room."""
    return Mutation(guard, scenario, [Cut(file, text, instead)])


def holds(scenario: Scenario, room: Room) -> str:
    """Tell how a scenario ends: as it must (and the books of the copy agree), otherwise, or by which error."""
    try:
        as_expected = scenario(room)
    except Exception as failure:  # noqa: BLE001 - without its guard it may fail in any way
        return type(failure).__name__
    return "as it must" if as_expected and room.breaches() == [] else "otherwise"


def share(mutations: Sequence[Mutation]) -> Sequence[Mutation]:
    """Return the mutations of every day: one of three. ``make races`` plays all of them (``tools.races``)."""
    return mutations if os.environ.get("QUANYU_RACES") == "full" else mutations[::3]
