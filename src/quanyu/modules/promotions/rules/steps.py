"""Steps of a campaign: which one an amount reaches, and how many times."""

from __future__ import annotations

from collections.abc import Sequence

from quanyu.modules.promotions.contracts import Step


def reached(steps: Sequence[Step], amount_fen: int, *, repeats: bool) -> tuple[Step, int] | None:
    """Return the highest step that the amount reaches and how often it counts: with ``repeats`` once per multiple."""
    best = None
    for step in steps:
        if step.threshold_fen <= amount_fen and (best is None or step.threshold_fen > best.threshold_fen):
            best = step
    if best is None:
        return None
    return best, amount_fen // best.threshold_fen if repeats else 1


def saving(steps: Sequence[Step], amount_fen: int, *, repeats: bool) -> int:
    """Return what is taken off an amount, in fen."""
    found = reached(steps, amount_fen, repeats=repeats)
    return found[0].off_fen * found[1] if found else 0


def lowest(steps: Sequence[Step]) -> Step:
    """Return the step that is reached first."""
    return min(steps, key=lambda step: step.threshold_fen)
