"""Note that a receipt goes to the printer: copies are numbered, so a second original cannot exist."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.modules.pos.contracts import Till
from quanyu.platform import db


def print_receipt(*, order_id: UUID, till: Till, staff_id: int, is_gift: bool, now: datetime) -> None:
    """Append one printing."""
    db.execute(
        "INSERT INTO pos_receipt_print (order_id, terminal_id, staff_id, is_gift, at) VALUES (%s, %s, %s, %s, %s)",
        [order_id, till.device_id, staff_id, is_gift, now],
    )
