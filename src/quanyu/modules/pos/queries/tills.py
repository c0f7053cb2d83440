"""Tills and what their journal knows of an order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from quanyu.modules.pos.contracts import Till
from quanyu.platform import db

_PAPER_NUMBER = re.compile(r"(?P<code>[0-9]{2,6})-(?P<seq>[0-9]{1,12})")
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
    rounding_fen: int


def entry(*, entry_id: UUID) -> TillEntry | None:
    """Return the journal's entry of a sale."""
    found = db.row(
        "SELECT e.terminal_id, t.code AS till_code, e.seq, e.shift_id, e.staff_id, e.rounding_fen "
        "FROM pos_journal_entry e JOIN pos_terminal t ON t.device_id = e.terminal_id "
        "WHERE e.id = %s AND e.kind = 'sale'",
        [entry_id],
    )
    return TillEntry(**found) if found else None


def entries(*, entry_ids: Sequence[UUID]) -> dict[UUID, TillEntry]:
    """Return the journal's entries of these sales, by id. One query."""
    rows = db.rows(
        "SELECT e.id, e.terminal_id, t.code AS till_code, e.seq, e.shift_id, e.staff_id, e.rounding_fen "
        "FROM pos_journal_entry e JOIN pos_terminal t ON t.device_id = e.terminal_id "
        "WHERE e.id = ANY (%s) AND e.kind = 'sale'",
        [list(entry_ids)],
    )
    return {row.pop("id"): TillEntry(**row) for row in rows}


def sale_of(*, store_id: int, code_and_seq: str) -> UUID | None:
    """Return the sale behind a number on a paper of this store, such as ``01-000123``; ``None`` for other texts."""
    parts = _PAPER_NUMBER.fullmatch(code_and_seq)
    if parts is None:
        return None
    found: UUID | None = db.value(
        "SELECT e.id FROM pos_journal_entry e JOIN pos_terminal t ON t.device_id = e.terminal_id "
        "WHERE t.store_id = %s AND t.code = %s AND e.seq = %s AND e.kind = 'sale'",
        [store_id, parts["code"], int(parts["seq"])],
    )
    return found


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
