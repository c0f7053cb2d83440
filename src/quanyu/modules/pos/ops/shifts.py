"""Open a shift with its float, move cash, count and close."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from quanyu.modules.pos.contracts import (
    CashMove,
    KeyReused,
    Shift,
    ShiftAlreadyOpen,
    ShiftNotOpen,
    ShiftReport,
    Till,
)
from quanyu.modules.pos.queries import shifts as query
from quanyu.platform import db


def open_shift(*, shift_id: UUID, till: Till, staff_id: int, float_fen: int, now: datetime) -> Shift:
    """Insert the open shift; the database lets a till have one. A repeat of the same id returns it.

    Raises ``ShiftAlreadyOpen`` and ``KeyReused``.
    """
    inserted = db.execute(
        "INSERT INTO pos_shift (id, terminal_id, store_id, staff_id, float_fen, opened_at, report) "
        "VALUES (%s, %s, %s, %s, %s, %s, '{}') ON CONFLICT DO NOTHING",
        [shift_id, till.device_id, till.store_id, staff_id, float_fen, now],
    )
    known = query.by_id(shift_id=shift_id)
    if known is None:
        raise ShiftAlreadyOpen
    if not inserted and (known.terminal_id, known.staff_id, known.float_fen) != (till.device_id, staff_id, float_fen):
        raise KeyReused(field="id")
    return known


def move_cash(
    *, move_id: UUID, shift_id: UUID, till: Till, staff_id: int, amount_fen: int, reason: str, now: datetime
) -> CashMove:
    """Note cash put in (positive) or taken out (negative). Raises ``ShiftNotOpen`` and ``KeyReused``."""
    db.execute(
        "INSERT INTO pos_cash_move (id, shift_id, amount_fen, reason, staff_id, at) "
        "SELECT %s, s.id, %s, %s, %s, %s FROM pos_shift s "
        # FOR SHARE: the count at closing either sees this movement or refuses it.
        "WHERE s.id = %s AND s.terminal_id = %s AND s.closed_at IS NULL FOR SHARE ON CONFLICT DO NOTHING",
        [move_id, amount_fen, reason, staff_id, now, shift_id, till.device_id],
    )
    known = query.cash_move(move_id=move_id)
    if known is None:
        raise ShiftNotOpen
    if (known.shift_id, known.amount_fen, known.reason) != (shift_id, amount_fen, reason):
        raise KeyReused(field="id")
    return known


def lock_shift(*, shift_id: UUID, till: Till) -> Shift | None:
    """Return the till's shift and keep new sales and cash movements out of it until the transaction ends."""
    db.execute(
        # Every sale takes this row FOR SHARE, so this waits for the ones that are being noted right now.
        "SELECT id FROM pos_shift WHERE id = %s AND terminal_id = %s FOR UPDATE",
        [shift_id, till.device_id],
    )
    return query.by_id(shift_id=shift_id, terminal_id=till.device_id)


def close_shift(*, report: ShiftReport, staff_id: int, now: datetime) -> None:
    """Store the count and the Z report for good. The row is locked by :func:`lock_shift`."""
    db.execute(
        "UPDATE pos_shift SET closed_at = %s, closed_by_id = %s, counted_fen = %s, expected_fen = %s, "
        "report = %s::jsonb WHERE id = %s AND closed_at IS NULL",
        [
            now,
            staff_id,
            report.counted_fen,
            report.expected_fen,
            msgspec.json.encode(_stored(report)).decode(),
            report.shift.id,
        ],
    )


def _stored(report: ShiftReport) -> dict[str, object]:
    return {
        "tenders": report.tenders,
        "cash_in_fen": report.cash_in_fen,
        "cash_out_fen": report.cash_out_fen,
        "over_short_fen": report.over_short_fen,
        "hand_discounts": report.hand_discounts,
        "hand_discount_fen": report.hand_discount_fen,
        "roundings": report.roundings,
        "rounding_fen": report.rounding_fen,
    }
