"""The till journal: what was begun is noted before the order book is asked, and ended when the outcome is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from quanyu.modules.pos.contracts import KeyReused, ShiftNotOpen, Till
from quanyu.modules.pos.rules.plain_sales import BegunSale
from quanyu.platform import db


@dataclass(frozen=True, slots=True)
class Noted:
    """In which shift and by whom an entry was begun: a repeat is the same deed, whoever sends it."""

    shift_id: UUID
    staff_id: int


def begin_entry(
    *,
    entry_id: UUID,
    kind: str,
    seq: int | None,
    till: Till,
    staff_id: int,
    hand_discount_fen: int = 0,
    rounding_fen: int = 0,
    now: datetime,
) -> Noted:
    """Note a sale or return in the till's open shift. A repeat gives what was noted first.

    Raises ``ShiftNotOpen`` (nothing is noted), ``KeyReused`` when the id or the till's number stands for another.
    """
    noted = db.row(
        "WITH shift AS ("
        # FOR SHARE: the closing of the shift waits for this note, and then sees it.
        "SELECT id FROM pos_shift WHERE terminal_id = %s AND closed_at IS NULL FOR SHARE"
        "), till AS ("
        "UPDATE pos_terminal SET last_seq = greatest(last_seq, %s) FROM shift WHERE device_id = %s"
        ") INSERT INTO pos_journal_entry (id, kind, terminal_id, seq, shift_id, staff_id, begun_at, outcome, "
        "hand_discount_fen, rounding_fen) SELECT %s, %s, %s, %s, id, %s, %s, '', %s, %s FROM shift "
        "ON CONFLICT DO NOTHING RETURNING shift_id, staff_id",
        [
            till.device_id,
            seq,
            till.device_id,
            entry_id,
            kind,
            till.device_id,
            seq,
            staff_id,
            now,
            hand_discount_fen,
            rounding_fen,
        ],
    )
    if noted is None:
        given = (hand_discount_fen, rounding_fen)
        noted = _repeated(entry_id, kind, seq, till=till, staff_id=staff_id, given=given)
    return Noted(**noted)


def end_entries(*, done: Sequence[UUID] = (), refused: Sequence[UUID] = (), now: datetime) -> None:
    """Close the entries whose outcome is known. What has ended stays as it ended."""
    for ids, outcome in ((done, "done"), (refused, "refused")):
        if ids:
            db.execute(
                "UPDATE pos_journal_entry SET ended_at = %s, outcome = %s WHERE id = ANY(%s) AND ended_at IS NULL",
                [now, outcome, list(ids)],
            )


def begin_sales(sales: Sequence[BegunSale]) -> dict[UUID, UUID]:
    """Note sales in the open shifts of their tills, by one statement; return the shift of each that was noted.

    Repeats, used numbers and tills without a shift are left out: :func:`begin_entry` says what is the matter.
    """
    if not sales:
        return {}
    asked = [
        {
            "id": one.sale.id,
            "terminal_id": one.till.device_id,
            "seq": one.sale.seq,
            "staff_id": int(one.actor.id),
            "at": one.now,
        }
        for one in sales
    ]
    rows = db.rows(
        "SELECT id, shift_id FROM pos_begin_sales(%s::jsonb)", [msgspec.json.encode(asked).decode()], prepared=True
    )
    return {row["id"]: row["shift_id"] for row in rows}


def end_sales(ended: Sequence[tuple[UUID, str, datetime]]) -> None:
    """Close entries (id, outcome, moment) by one statement. What has ended stays as it ended."""
    if ended:
        entries = [{"id": entry_id, "outcome": outcome, "at": at} for entry_id, outcome, at in ended]
        db.execute("SELECT pos_end_entries(%s::jsonb)", [msgspec.json.encode(entries).decode()], prepared=True)


def _repeated(
    entry_id: UUID, kind: str, seq: int | None, *, till: Till, staff_id: int, given: tuple[int, int]
) -> dict[str, object]:
    known = db.row(
        "SELECT kind, terminal_id, seq, outcome, shift_id, staff_id FROM pos_journal_entry WHERE id = %s", [entry_id]
    )
    if known is None:
        if seq is not None and db.value(
            "SELECT 1 FROM pos_journal_entry WHERE terminal_id = %s AND seq = %s", [till.device_id, seq]
        ):
            raise KeyReused(field="seq")
        raise ShiftNotOpen
    if (known["kind"], known["terminal_id"], known["seq"]) != (kind, till.device_id, seq):
        raise KeyReused(field="id")
    if known["outcome"] != "refused":
        return {"shift_id": known["shift_id"], "staff_id": known["staff_id"]}
    # The same deed is tried once more, in the shift that is open now.
    taken_up = db.row(
        "WITH shift AS (SELECT id FROM pos_shift WHERE terminal_id = %s AND closed_at IS NULL FOR SHARE) "
        "UPDATE pos_journal_entry e SET ended_at = NULL, outcome = '', shift_id = shift.id, staff_id = %s, "
        "hand_discount_fen = %s, rounding_fen = %s FROM shift WHERE e.id = %s RETURNING e.shift_id, e.staff_id",
        [till.device_id, staff_id, *given, entry_id],
    )
    if taken_up is None:
        raise ShiftNotOpen
    return taken_up
