"""Tills and what their journal knows of an order."""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from uuid import UUID

from quanyu.modules.pos.contracts import Till
from quanyu.platform import db

_TILL = ", ".join(field.name for field in fields(Till))


def by_device(*, device_id: UUID) -> Till | None:
    """Return the till of a device."""
    found = db.row(f"SELECT {_TILL} FROM pos_terminal WHERE device_id = %s", [device_id])  # noqa: S608
    return Till(**found) if found else None


def entry(*, entry_id: UUID) -> dict[str, Any] | None:
    """Return what the journal says of a sale or return: kind, terminal_id, till_code, seq, shift_id, staff_id."""
    return db.row(
        "SELECT e.kind, e.terminal_id, t.code AS till_code, t.store_id, e.seq, e.shift_id, e.staff_id "
        "FROM pos_journal_entry e JOIN pos_terminal t ON t.device_id = e.terminal_id WHERE e.id = %s",
        [entry_id],
    )


def prints(*, order_id: UUID) -> int:
    """Return how often the receipt of an order was printed; gift receipts are not counted."""
    return int(db.value("SELECT count(*) FROM pos_receipt_print WHERE order_id = %s AND NOT is_gift", [order_id]))
