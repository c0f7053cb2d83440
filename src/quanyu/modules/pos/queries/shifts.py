"""Shifts, their cash movements and open journal entries."""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from uuid import UUID

import msgspec

from quanyu.modules.pos.contracts import CashMove, Shift, TenderTotal
from quanyu.platform import db

_SHIFT = ", ".join(field.name for field in fields(Shift))
_MOVE = ", ".join(field.name for field in fields(CashMove))


def by_id(*, shift_id: UUID, terminal_id: UUID | None = None) -> Shift | None:
    """Return a shift, of one till when ``terminal_id`` is given."""
    found = db.row(
        f"SELECT {_SHIFT} FROM pos_shift WHERE id = %s AND (%s::uuid IS NULL OR terminal_id = %s)",  # noqa: S608
        [shift_id, terminal_id, terminal_id],
    )
    return Shift(**found) if found else None


def open_at(*, terminal_id: UUID) -> Shift | None:
    """Return the till's open shift."""
    found = db.row(
        f"SELECT {_SHIFT} FROM pos_shift WHERE terminal_id = %s AND closed_at IS NULL",  # noqa: S608
        [terminal_id],
    )
    return Shift(**found) if found else None


def cash_move(*, move_id: UUID) -> CashMove | None:
    """Return one cash movement."""
    found = db.row(f"SELECT {_MOVE} FROM pos_cash_move WHERE id = %s", [move_id])  # noqa: S608
    return CashMove(**found) if found else None


def cash_moves(*, shift_id: UUID) -> list[CashMove]:
    """Return the cash movements of a shift in order."""
    found = db.rows(f"SELECT {_MOVE} FROM pos_cash_move WHERE shift_id = %s ORDER BY at, id", [shift_id])  # noqa: S608
    return [CashMove(**row) for row in found]


def open_entries(*, shift_id: UUID) -> list[dict[str, Any]]:
    """Return the sales and returns of a shift that have not ended: id, kind, seq, begun_at."""
    return db.rows(
        "SELECT id, kind, seq, begun_at FROM pos_journal_entry WHERE shift_id = %s AND ended_at IS NULL ORDER BY id",
        [shift_id],
    )


def stored_report(*, shift_id: UUID) -> dict[str, Any]:
    """Return the Z report of a closed shift as it was stored: tenders, cash_in_fen, cash_out_fen."""
    text = db.value("SELECT report::text FROM pos_shift WHERE id = %s", [shift_id])
    stored: dict[str, Any] = msgspec.json.decode(text)
    stored["tenders"] = tuple(TenderTotal(**total) for total in stored.get("tenders", ()))
    return stored


def hand_discounts(*, shift_id: UUID) -> tuple[int, int]:
    """Return how many sales of a shift had a discount by hand, and the sum of these in fen."""
    return _given("hand_discount_fen", shift_id)


def roundings(*, shift_id: UUID) -> tuple[int, int]:
    """Return how many sales of a shift were rounded off, and by how much in all, in fen."""
    return _given("rounding_fen", shift_id)


def _given(column: str, shift_id: UUID) -> tuple[int, int]:
    found = db.row(
        f"SELECT count(*)::int AS sales, coalesce(sum({column}), 0)::bigint AS fen FROM pos_journal_entry "  # noqa: S608 - own columns
        f"WHERE shift_id = %s AND outcome = 'done' AND {column} > 0",
        [shift_id],
    )
    return (found["sales"], found["fen"]) if found else (0, 0)
