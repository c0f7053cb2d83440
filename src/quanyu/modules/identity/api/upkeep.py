"""What the clock asks of identity."""

from __future__ import annotations

from datetime import datetime

from quanyu.modules.identity.ops import upkeep as _upkeep
from quanyu.platform import db


def prune(*, now: datetime) -> int:
    """Remove sign-ins that ended a month ago; return how many."""
    return db.in_transaction(lambda: _upkeep.prune(now=now))


def rewrap() -> int:
    """Bring phones and two-step secrets under the key ring's first key; return how many people."""
    return db.in_transaction(_upkeep.rewrap)
