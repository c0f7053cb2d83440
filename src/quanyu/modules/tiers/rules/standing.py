"""How a member rises, keeps and falls (paper: docs/algorithms/tiers.md). Pure: time and figures are arguments.

Growth counts for a window of days after it was earned. A tier is reached at once when the growth of the window
reaches its threshold, and holds for its validity; at the end the growth of that validity decides whether it is
kept for another one or the member goes down by one tier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from quanyu.modules.tiers.contracts import Tier, TierKind

ZONE = ZoneInfo("Asia/Shanghai")
EARNED = ("growth", "level")
LEVELS = ("identified", "verified")


@dataclass(frozen=True, slots=True)
class Held:
    """The growth tier a member holds, and until when (``None``: for ever)."""

    tier: str
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class Step:
    """A step to another growth tier, or another period of the same one, taken at ``at``."""

    to: Held
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PastStep:
    """A step of the past with the growth it stands on, as that growth is today, after what was taken back.

    ``growth`` is the sum of the window before the step; of a kept tier, that of its validity.
    """

    from_tier: str
    from_until: datetime | None
    to_tier: str
    reason: str
    growth: int


def growth_tiers(tiers: Sequence[Tier]) -> list[Tier]:
    """Return the tiers in use that are reached by growth, the lowest first."""
    return sorted((tier for tier in tiers if tier.kind is TierKind.GROWTH and tier.is_active), key=_rank)


def reached(tiers: Sequence[Tier], *, growth: int, level: str) -> Tier:
    """Return the highest growth tier that the growth reaches and the level of identification allows."""
    ladder = growth_tiers(tiers)
    fit = [tier for tier in ladder if tier.threshold <= growth and allows(tier, level)]
    return fit[-1] if fit else ladder[0]


def allows(tier: Tier, level: str) -> bool:
    """Tell whether a member identified so well may hold the tier."""
    return LEVELS.index(level) >= LEVELS.index(tier.level_needed)


def end_of_validity(tier: Tier, start: datetime) -> datetime | None:
    """Return the midnight of Shanghai that ends the last day of a tier that begins now."""
    if tier.validity_days is None:
        return None
    midnight = start.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=tier.validity_days + 1)


def upgraded(
    held: Held, tiers: Sequence[Tier], *, window_growth: int, level: str, now: datetime, reason: str = "growth"
) -> Step | None:
    """Return the step up that the growth of the window pays for; at once, several tiers if it does."""
    goal = reached(tiers, growth=window_growth, level=level)
    if goal.rank <= rank_of(tiers, held.tier):
        return None
    return Step(Held(goal.code, end_of_validity(goal, now)), reason, now)


def at_end(held: Held, tiers: Sequence[Tier], *, growth: int, level: str) -> Step:
    """Return what follows when the validity of a tier ends: kept, or down by one tier.

    ``growth`` is what was earned, and not taken back, during the validity. Nobody falls deeper than one tier at
    once; the lower tier holds for a validity of its own, from the same moment.
    """
    assert held.valid_until is not None  # a tier without an end does not end
    tier = tier_of(tiers, held.tier)
    if growth >= tier.keep_threshold and allows(tier, level):
        return Step(Held(tier.code, _next_end(tier, held.valid_until)), "kept", held.valid_until)
    lower = below(tiers, tier)
    return Step(Held(lower.code, _next_end(lower, held.valid_until)), "downgrade", held.valid_until)


def after_refund(
    held: Held, tiers: Sequence[Tier], *, past: Sequence[PastStep], window_growth: int, level: str, now: datetime
) -> Step | None:
    """Return the step down when the growth that a tier stands on was taken back; ``past`` is newest first.

    A tier stands on the growth that reached or kept it, or on that of the present window. Where both are too
    little, the step is undone: the tier before it holds again as long as it would have held, unless the growth
    that is left reaches more. A tier that was left to a member (after a downgrade, by a merge) stands on nothing
    and stays.
    """
    at, left, rest = held, window_growth, list(past)
    while True:
        basis = next((index for index, step in enumerate(rest) if _leads_to(step, at.tier)), None)
        if basis is None:
            break
        step, rest = rest[basis], rest[basis + 1 :]
        tier = tier_of(tiers, at.tier)
        if step.reason in EARNED and max(step.growth, window_growth) < tier.threshold:
            left = max(left, step.growth)
            at = Held(step.from_tier, step.from_until)
        elif step.reason == "kept" and max(step.growth, window_growth) < tier.keep_threshold:
            lower = below(tiers, tier)
            at = Held(lower.code, at.valid_until if lower.validity_days is not None else None)
            break
        else:
            break
    if at == held:
        return None
    supported = reached(tiers, growth=left, level=level)
    if supported.rank > rank_of(tiers, at.tier):
        at = Held(supported.code, held.valid_until if supported.validity_days is not None else None)
    return Step(at, "refund", now)


def effective(tiers: Sequence[Tier], *, growth_tier: str, paid_tier: str | None) -> str:
    """Return the better one of the tier by growth and the paid tier that runs."""
    if paid_tier and rank_of(tiers, paid_tier) > rank_of(tiers, growth_tier):
        return paid_tier
    return growth_tier


def next_above(tiers: Sequence[Tier], growth_tier: str) -> Tier | None:
    """Return the growth tier above, or ``None`` at the top."""
    rank = rank_of(tiers, growth_tier)
    return next((tier for tier in growth_tiers(tiers) if tier.rank > rank), None)


def below(tiers: Sequence[Tier], tier: Tier) -> Tier:
    """Return the growth tier below; the lowest one has itself below."""
    lower = [other for other in growth_tiers(tiers) if other.rank < tier.rank]
    return lower[-1] if lower else tier


def tier_of(tiers: Sequence[Tier], code: str) -> Tier:
    """Return the tier with this code."""
    return next(tier for tier in tiers if tier.code == code)


def rank_of(tiers: Sequence[Tier], code: str) -> int:
    """Return the rank of a tier."""
    return tier_of(tiers, code).rank


def growth_of(net_fen: int, fen_per_growth: int) -> int:
    """Return the whole points of growth that an amount earns; the rest of an order is not carried over."""
    return max(net_fen, 0) // fen_per_growth


def _leads_to(step: PastStep, tier: str) -> bool:
    return step.to_tier == tier and step.reason != "refund"


def _next_end(tier: Tier, end: datetime) -> datetime | None:
    return None if tier.validity_days is None else end + timedelta(days=tier.validity_days)


def _rank(tier: Tier) -> int:
    return tier.rank
