"""The settings of tiers: what growth is worth, how far back it counts, how multipliers meet."""

from __future__ import annotations

from datetime import timedelta

from quanyu.kernel.problem import N_
from quanyu.platform import settings_tree
from quanyu.platform.settings_tree import Kind, Level, Setting

# One rule for the whole chain: a member has one standing, wherever the money was spent.
CHAIN = (Level.BRAND,)
PATH = ("brand",)

FEN_PER_GROWTH = settings_tree.define(
    Setting(
        "tiers.fen_per_growth", Kind.FEN, 100, CHAIN, N_("Money paid for one point of growth"),
        minimum=1, maximum=1_000_000,
    )
)  # fmt: skip
WINDOW_DAYS = settings_tree.define(
    Setting(
        "tiers.window_days", Kind.INTEGER, 365, CHAIN, N_("Days during which growth counts towards a tier"),
        minimum=30, maximum=1095,
    )
)  # fmt: skip
MULTIPLIERS = settings_tree.define(
    Setting(
        "tiers.multipliers", Kind.CHOICE, "highest", CHAIN,
        N_("Points multipliers of tier, birthday and member day: the highest counts, or all are multiplied"),
        choices=("highest", "multiplied"), choice_titles=(N_("The highest counts"), N_("All are multiplied")),
    )
)  # fmt: skip


def fen_per_growth() -> int:
    """Return the money (fen) that earns one point of growth."""
    return int(settings_tree.get(FEN_PER_GROWTH.key, PATH))


def window_days() -> int:
    """Return for how many days growth counts towards a tier."""
    return int(settings_tree.get(WINDOW_DAYS.key, PATH))


def window() -> timedelta:
    """Return for how long growth counts towards a tier."""
    return timedelta(days=window_days())


def multiplies() -> bool:
    """Tell whether multipliers are multiplied; else the highest one counts."""
    return bool(settings_tree.get(MULTIPLIERS.key, PATH) == "multiplied")
