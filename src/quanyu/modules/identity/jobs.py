"""What identity does by the clock: forget ended sign-ins, renew what an old key has locked."""

from __future__ import annotations

from datetime import datetime

from quanyu.modules.identity import api
from quanyu.platform import jobs


@jobs.periodic("identity.prune", cron="27 19 * * *")
def prune(due: datetime) -> None:
    """Remove sign-ins that ended a month ago, at night in China."""
    api.prune(now=due)


@jobs.periodic("identity.rewrap", cron="47 19 * * *")
def rewrap(due: datetime) -> None:
    """Bring phones and secrets under the ring's first key after a new one was put there."""
    api.rewrap()
