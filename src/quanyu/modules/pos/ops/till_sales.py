"""What tills sold, as they said it: noted before anything else, and what became of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from quanyu.modules.pos.contracts import KeyReused, Till
from quanyu.modules.pos.rules.till_sales import BOOKED, KEPT, MadeSale, Taken, TillSaleMoved
from quanyu.platform import db


def note(*, made: MadeSale, till: Till, now: datetime) -> Taken:
    """Note the sale; a repeat gives what was noted. Raises ``KeyReused`` when its id or number is another sale's."""
    db.execute(
        "INSERT INTO pos_till_sale (id, terminal_id, seq, previous, digest, staff_id, sold_at, received_at, "
        "payable_fen, content, state, problem, number) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, '', '') ON CONFLICT DO NOTHING",
        [
            made.id,
            till.device_id,
            made.seq,
            made.previous,
            made.digest,
            made.staff_id,
            made.sold_at,
            now,
            made.payable_fen,
            msgspec.json.encode(made.content).decode(),
            KEPT,
        ],
    )
    known = db.row(
        "SELECT id, terminal_id, seq, digest, state, number, gap_fen, problem, received_at FROM pos_till_sale "
        "WHERE id = %s",
        [made.id],
    )
    if known is None:
        raise KeyReused(field="seq")
    if (known.pop("terminal_id"), known["seq"], known.pop("digest")) != (till.device_id, made.seq, made.digest):
        raise KeyReused(field="id")
    return Taken(**known)


def price(*, sale_id: UUID, gap_fen: int) -> None:
    """Note how much more was paid than it costs here, before it is booked with the prices that were paid.

    When the answer is lost between the two, the order stands and cannot be priced a second time.
    """
    db.execute("UPDATE pos_till_sale SET gap_fen = %s WHERE id = %s AND state = %s", [gap_fen, sale_id, KEPT])


def book(*, sale_id: UUID, number: str, gap_fen: int | None) -> bool:
    """Say that it is an order now, for good; ``False``: that was said before."""
    changed = db.execute(
        "UPDATE pos_till_sale SET state = %s, number = %s, gap_fen = %s, problem = '' WHERE id = %s AND state <> %s",
        [BOOKED, number, gap_fen, sale_id, BOOKED],
    )
    return changed > 0


def keep(*, sale_id: UUID, problem: str) -> None:
    """Say why it waits for a person."""
    db.execute(
        "UPDATE pos_till_sale SET problem = %s WHERE id = %s AND state = %s",
        [problem, sale_id, KEPT],
    )


def look(*, sale_id: UUID, staff_id: int, note: str, now: datetime) -> None:
    """Write down that somebody has looked at a booked sale with another price, once. Raises ``TillSaleMoved``."""
    looked = db.value(
        "UPDATE pos_till_sale SET looked_at = %s, looked_by_id = %s, look_note = %s WHERE id = %s AND state = %s "
        "AND (gap_fen IS DISTINCT FROM 0 OR is_short) AND looked_at IS NULL RETURNING true",
        [now, staff_id, note, sale_id, BOOKED],
    )
    if not looked:
        raise TillSaleMoved
