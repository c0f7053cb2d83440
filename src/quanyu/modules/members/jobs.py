"""What members does by the clock: forget what has ended, renew what an old key has locked."""

from __future__ import annotations

from datetime import datetime

from quanyu.modules.members import api as members
from quanyu.platform import jobs

_REWRAPPED_PER_NIGHT_MAX = 50_000
_BATCH = 500


@jobs.periodic("members.prune", cron="17 19 * * *")
def prune(due: datetime) -> None:
    """Remove login codes and sessions that ended long ago, at night in China."""
    members.prune(now=due)


@jobs.periodic("members.rewrap", cron="37 19 * * *")
def rewrap(due: datetime) -> None:
    """Bring personal data under the ring's first key after a new one was put there."""
    for _ in range(_REWRAPPED_PER_NIGHT_MAX // _BATCH):
        if members.rewrap(limit=_BATCH) == 0:
            return
