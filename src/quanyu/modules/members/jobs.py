"""What members does by the clock: forget what has ended, renew what an old key has locked."""

from __future__ import annotations

from datetime import datetime

from quanyu.modules.members import api as members
from quanyu.platform import jobs

_REWRAPPED_PER_NIGHT_MAX = 50_000
_BATCH = 500
_COMPARED_PER_RUN_MAX = 20_000
_COMPARED_BATCH = 200


@jobs.periodic("members.prune", cron="17 19 * * *")
def prune(due: datetime) -> None:
    """Remove login codes and sessions that ended long ago, at night in China."""
    members.prune(now=due)
    members.forget_imports(now=due)


@jobs.periodic("members.rewrap", cron="37 19 * * *")
def rewrap(due: datetime) -> None:
    """Bring personal data under the ring's first key after a new one was put there."""
    for _ in range(_REWRAPPED_PER_NIGHT_MAX // _BATCH):
        if members.rewrap(limit=_BATCH) == 0:
            return


@jobs.periodic("members.match", cron="*/10 * * * *")
def match(due: datetime) -> None:
    """Compare new and changed files with the others; what is likely waits in the review queue."""
    for _ in range(_COMPARED_PER_RUN_MAX // _COMPARED_BATCH):
        if members.scan_matches(limit=_COMPARED_BATCH, now=due) == 0:
            return


@jobs.periodic("members.follow_late", cron="*/5 * * * *")
def follow_late(due: datetime) -> None:
    """Move what was on its way to a member while it was merged."""
    members.follow_late(now=due)
