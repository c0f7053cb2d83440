"""What the platform clears away by the clock, so that its tables stay small."""

from __future__ import annotations

from datetime import datetime

from quanyu.platform import heartbeat, idempotency, marks, outbox, rate
from quanyu.platform.console import exports
from quanyu.platform.files import keep as files


def prune(now: datetime) -> dict[str, int]:
    """Remove what is past its time; return how many rows of each kind went."""
    return {
        "idempotency": idempotency.prune(now),
        "rate": rate.prune(now),
        "outbox": outbox.prune(now),
        "heartbeat": heartbeat.prune(now),
        "exports": exports.prune(now),
        "files": files.prune(now),
        "marks": marks.fold(),
    }
