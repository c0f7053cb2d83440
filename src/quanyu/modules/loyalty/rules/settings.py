"""When the points of a purchase may be used."""

from __future__ import annotations

from collections.abc import Sequence

from quanyu.kernel.problem import N_
from quanyu.platform import settings_tree
from quanyu.platform.settings_tree import Kind, Level, Setting

PENDING_DAYS_MAX = 180
PENDING_DAYS = settings_tree.define(
    Setting(
        key="loyalty.points_pending_days",
        kind=Kind.INTEGER,
        default=7,
        levels=(Level.BRAND, Level.UNIT),
        title=N_("Days after a purchase until its points can be used: the after-sale window (0: at once)"),
        minimum=0,
        maximum=PENDING_DAYS_MAX,
    )
)


def pending_days(path: Sequence[str]) -> int:
    """Return the days that hold at the end of a settings path."""
    return int(settings_tree.get(PENDING_DAYS.key, path))
