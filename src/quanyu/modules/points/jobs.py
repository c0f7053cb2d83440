"""What points does by the clock; each run works in bounded batches until nothing is due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from quanyu.modules.points import api as points
from quanyu.platform import jobs

_BATCHES_MAX = 10_000


@jobs.periodic("points.mature", cron="*/10 * * * *")
def mature(due: datetime) -> None:
    """Make pending points usable, every ten minutes."""
    _until_done(lambda: points.mature_due(now=due))


@jobs.periodic("points.expire", cron="1 16 * * *")
def expire(due: datetime) -> None:
    """End points a minute after midnight in China; nobody can use them from midnight on in any case."""
    _until_done(lambda: points.expire_due(now=due))


@jobs.periodic("points.remind", cron="0 2 * * *")
def remind(due: datetime) -> None:
    """Tell members at ten in the morning which points end soon."""
    _until_done(lambda: points.remind_due(now=due))


def _until_done(batch: Callable[[], int]) -> None:
    for _ in range(_BATCHES_MAX):
        if batch() == 0:
            return
