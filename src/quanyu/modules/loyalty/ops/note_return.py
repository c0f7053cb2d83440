"""Remember that goods of an order came back, for the timeline."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.platform import db


def note_return(*, return_id: str, order_id: UUID, store_id: int, channel: str, amount_fen: int, now: datetime) -> None:
    """Write the return; a repeat changes nothing."""
    db.execute(
        "INSERT INTO loyalty_return (return_id, order_id, store_id, channel, amount_fen, at) "
        "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [return_id, order_id, store_id, channel, amount_fen, now],
    )
