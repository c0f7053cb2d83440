"""Tills and what their journal knows of an order."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from quanyu.modules.pos.contracts import Till
from quanyu.platform import db

_TILL = ", ".join(field.name for field in fields(Till))


def by_device(*, device_id: UUID) -> Till | None:
    """Return the till of a device."""
    found = db.row(f"SELECT {_TILL} FROM pos_terminal WHERE device_id = %s", [device_id])  # noqa: S608
    return Till(**found) if found else None


@dataclass(frozen=True, slots=True)
class TillEntry:
    """What the journal says of a sale: where, when in the till's numbers, in which shift and by whom it was begun."""

    terminal_id: UUID
    till_code: str
    seq: int
    shift_id: UUID
    staff_id: int


def entry(*, entry_id: UUID) -> TillEntry | None:
    """Return the journal's entry of a sale."""
    found = db.row(
        "SELECT e.terminal_id, t.code AS till_code, e.seq, e.shift_id, e.staff_id FROM pos_journal_entry e "
        "JOIN pos_terminal t ON t.device_id = e.terminal_id WHERE e.id = %s AND e.kind = 'sale'",
        [entry_id],
    )
    return TillEntry(**found) if found else None


def prints(*, order_id: UUID) -> int:
    """Return how often the receipt of an order was printed; gift receipts are not counted."""
    return int(db.value("SELECT count(*) FROM pos_receipt_print WHERE order_id = %s AND NOT is_gift", [order_id]))


def shown_since(*, member_id: UUID, terminal_id: UUID, since: datetime) -> bool:
    """Tell whether the member's live code was scanned at this till since then."""
    found = db.value(
        "SELECT shown_at >= %s FROM pos_member_shown WHERE terminal_id = %s AND member_id = %s",
        [since, terminal_id, member_id],
    )
    return bool(found)
