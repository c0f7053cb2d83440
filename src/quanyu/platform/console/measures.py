"""By what places can be measured on a map: each module gives its figures, the map knows none of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from quanyu.platform.console.access import Units


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure per place. ``values`` are those of the places within reach of the permission; ``shown`` writes one."""

    name: str
    title: object
    permission: str
    values: Callable[[Units, datetime], Mapping[int, int]]
    shown: Callable[[int], str]
    order: int = 100


_measures: dict[str, Measure] = {}


def add_measure(measure: Measure) -> None:
    """Let places be measured by this."""
    _measures[measure.name] = measure


def measures() -> list[Measure]:
    """Return all measures in their order."""
    return sorted(_measures.values(), key=lambda measure: (measure.order, measure.name))
