"""What tiers does by the clock: keep or lower the tiers whose validity is over."""

from __future__ import annotations

from datetime import datetime

from quanyu.modules.tiers import api as tiers
from quanyu.platform import jobs

_BATCH = 200
_BATCHES_MAX = 500


@jobs.periodic("tiers.settle_due", cron="*/5 * * * *")
def settle_due(due: datetime) -> None:
    """Settle whose time has come; most of them at the midnight of Shanghai."""
    for _ in range(_BATCHES_MAX):
        if tiers.settle_due(now=due, limit=_BATCH) < _BATCH:
            return
