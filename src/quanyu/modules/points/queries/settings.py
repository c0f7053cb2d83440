"""The settings of points; one rule for the whole chain, but for when points become usable."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from quanyu.kernel.problem import N_
from quanyu.modules.points.contracts import SpendingRule
from quanyu.platform import features, settings_tree
from quanyu.platform.features import Feature
from quanyu.platform.marks import Reading
from quanyu.platform.settings_tree import Kind, Level, Setting

_CHAIN = (Level.BRAND,)
_STORE = (Level.BRAND, Level.UNIT)
_BRAND_PATH = ("brand",)

POINTS_MALL = features.define(
    Feature("points_mall", N_("Points mall"), N_("Members exchange points for goods, with or without cash."))
)
PAY_WITH_POINTS = features.define(
    Feature("pay_with_points", N_("Pay with points"), N_("Points pay a part of an order, in the mall and at the till."))
)

POINTS_PER_YUAN = settings_tree.define(
    Setting(
        "points.points_per_yuan", Kind.INTEGER, 100, _CHAIN, N_("Points that pay one yuan"),
        minimum=1, maximum=1_000_000,
    )
)  # fmt: skip
CAP_BP = settings_tree.define(
    Setting(
        "points.cap_bp", Kind.INTEGER, 5_000, _CHAIN, N_("Most of the goods' price that points may pay (bp)"),
        minimum=0, maximum=10_000,
    )
)  # fmt: skip
LEAST = settings_tree.define(
    Setting("points.least", Kind.INTEGER, 0, _CHAIN, N_("Fewest points that pay"), minimum=0, maximum=1_000_000)
)
STEP = settings_tree.define(
    Setting("points.step", Kind.INTEGER, 1, _CHAIN, N_("Points pay in multiples of"), minimum=1, maximum=1_000_000)
)
MATURING = settings_tree.define(
    Setting(
        "points.maturing", Kind.CHOICE, "after_days", _STORE,
        N_("Earned points are usable at once, or some days after the order was completed"),
        choices=("at_once", "after_days"), choice_titles=(N_("At once"), N_("After some days")),
    )
)  # fmt: skip
MATURING_DAYS = settings_tree.define(
    Setting(
        "points.maturing_days", Kind.INTEGER, 7, _STORE, N_("Days until earned points are usable"),
        minimum=1, maximum=365,
    )
)  # fmt: skip
# The SQL room reads this one itself (points_grace_days).
RESTORE_GRACE_DAYS = settings_tree.define(
    Setting(
        "points.restore_grace_days", Kind.INTEGER, 30, _CHAIN,
        N_("Days that points live on which come back after their time"), minimum=0, maximum=365,
    )
)  # fmt: skip
REMIND_DAYS = settings_tree.define(
    Setting(
        "points.remind_days", Kind.INTEGER, 30, _CHAIN, N_("Members are reminded so many days before points end"),
        minimum=1, maximum=365,
    )
)  # fmt: skip
OFFER_CEILING = settings_tree.define(
    Setting(
        "points.offer_ceiling_fen", Kind.FEN, 20_000, _CHAIN, N_("Highest list price of a points mall product"),
        minimum=1,
    )
)  # fmt: skip


_SPENDING = (POINTS_PER_YUAN.key, CAP_BP.key, LEAST.key, STEP.key)


def nodes(path: Sequence[int]) -> tuple[str, ...]:
    """Return the nodes of the settings tree along a path of unit ids, root first."""
    return (*_BRAND_PATH, *(f"unit:{unit_id}" for unit_id in path))


def spending_rule(path: Sequence[int]) -> SpendingRule:
    """Return how points pay; the same everywhere (A7). One query."""
    return _spending(settings_tree.get_many(_SPENDING, nodes(path)))


def _spending(found: dict[str, Any]) -> SpendingRule:
    return SpendingRule(
        points_per_yuan=found[POINTS_PER_YUAN.key],
        cap_bp=found[CAP_BP.key],
        least=found[LEAST.key],
        step=found[STEP.key],
    )


def want_spending(reading: Reading) -> None:
    """Ask a batch's reading for how points pay."""
    settings_tree.want(reading, _SPENDING)


def spending_read(reading: Reading, path: Sequence[int]) -> SpendingRule:
    """Return how points pay, from a reading that was asked. No query."""
    return _spending(settings_tree.read_many(reading, _SPENDING, nodes(path)))


def mature_at(path: Sequence[int], *, completed_at: datetime) -> datetime | None:
    """Return when points of an order that was completed at a moment become usable; ``None``: at once. One query."""
    found = settings_tree.get_many([MATURING.key, MATURING_DAYS.key], nodes(path))
    if found[MATURING.key] == "at_once":
        return None
    return completed_at + timedelta(days=found[MATURING_DAYS.key])


def remind_days() -> int:
    """Return how many days before their end members are reminded of points."""
    return int(settings_tree.get(REMIND_DAYS.key, _BRAND_PATH))


def points_per_yuan() -> int:
    """Return how many points pay one yuan."""
    return int(settings_tree.get(POINTS_PER_YUAN.key, _BRAND_PATH))


def offer_ceiling_fen() -> int:
    """Return the highest list price (fen) that a product of the points mall may have."""
    return int(settings_tree.get(OFFER_CEILING.key, _BRAND_PATH))
