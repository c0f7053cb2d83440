"""Note that a member's live code was scanned at a till."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from quanyu.modules.pos.contracts import Till
from quanyu.platform import db

KEPT = timedelta(days=1)


def note_member_shown(*, member_id: UUID, till: Till, now: datetime) -> None:
    """Write the moment down, and forget what is older than a day at this till."""
    db.execute("DELETE FROM pos_member_shown WHERE terminal_id = %s AND shown_at < %s", [till.device_id, now - KEPT])
    db.execute(
        "INSERT INTO pos_member_shown (terminal_id, member_id, shown_at) VALUES (%s, %s, %s) "
        "ON CONFLICT (terminal_id, member_id) DO UPDATE SET shown_at = excluded.shown_at",
        [till.device_id, member_id, now],
    )
