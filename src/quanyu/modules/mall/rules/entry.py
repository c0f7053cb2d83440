"""The store entry rule: which store a shopper enters is configuration, decided here and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quanyu.modules.mall.contracts import EntryReason


@dataclass(frozen=True, slots=True)
class Candidate:
    """A store near the shopper; nearest first."""

    store_id: int
    distance_m: int
    open_now: bool


def choose_store(
    *,
    steps: Sequence[str],
    nearest: Sequence[Candidate],
    within_m: int,
    last_visited_id: int | None,
    default_id: int | None,
) -> tuple[int | None, EntryReason]:
    """Return the store to enter and why, trying the steps in the configured order.

    ``nearest`` takes an open store within ``within_m``; when all of those are closed, the nearest
    closed one (it can still be ordered from for later). An unknown step is passed over.
    """
    reachable = [store for store in nearest if store.distance_m <= within_m]
    by_distance = next((store for store in reachable if store.open_now), None) or next(iter(reachable), None)
    offered = {
        EntryReason.NEAREST: by_distance.store_id if by_distance else None,
        EntryReason.LAST_VISITED: last_visited_id,
        EntryReason.DEFAULT: default_id,
    }
    for step in steps:
        reason = EntryReason(step) if step in offered else None
        found = offered[reason] if reason else None
        if reason is not None and found is not None:
            return found, reason
    return None, EntryReason.NONE
