"""Signs of life of the background workers, in the database where every web process can see them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from quanyu.platform import db

KEPT_HOURS = 24


def beat(name: str, now: datetime, detail: Mapping[str, Any] | None = None) -> None:
    """Write down that ``name`` (``"relay:host:pid"``) was alive at this moment."""
    db.execute(
        "INSERT INTO platform_heartbeat (name, beat_at, detail) VALUES (%s, %s, %s::jsonb) "
        "ON CONFLICT (name) DO UPDATE SET beat_at = excluded.beat_at, detail = excluded.detail",
        [name, now, msgspec.json.encode(dict(detail or {})).decode()],
    )


def latest(kind: str) -> datetime | None:
    """Return the last sign of life of any worker of a kind (``"relay"``)."""
    found: datetime | None = db.value(
        "SELECT max(beat_at) FROM platform_heartbeat WHERE starts_with(name, %s)", [f"{kind}:"]
    )
    return found


def prune(now: datetime) -> int:
    """Forget workers that have been silent for a day; return how many."""
    return db.execute("DELETE FROM platform_heartbeat WHERE beat_at < %s", [now - timedelta(hours=KEPT_HOURS)])
