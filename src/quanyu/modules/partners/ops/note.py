"""What old tills said: noted before anything else, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from quanyu.modules.partners.contracts import KEPT, Said
from quanyu.modules.partners.rules import said as rules
from quanyu.platform import db


def note(*, said: Sequence[Said], partner_id: UUID, now: datetime) -> list[dict[str, Any] | None]:
    """Note sales, returns and counts; return each as it stands, ``None`` where its id or number is another one's."""
    rows = [_row(one, partner_id) for one in said]
    db.execute(
        "INSERT INTO partners_entry (id, partner_id, till_code, kind, external_id, seq, happened_at, received_at, "
        "amount_fen, digest, content, state) "
        "SELECT id, %s, till, kind, external_id, seq, at, %s, fen, digest, content, %s "
        "FROM jsonb_to_recordset(%s::jsonb) AS one (id uuid, till text, kind text, external_id text, seq bigint, "
        "at timestamptz, fen bigint, digest text, content jsonb) ORDER BY id ON CONFLICT DO NOTHING",
        [partner_id, now, KEPT, msgspec.json.encode(rows).decode()],
    )
    known = entries(ids=[UUID(row["id"]) for row in rows])
    return [
        found if (found := known.get(UUID(row["id"]))) is not None and found["digest"] == row["digest"] else None
        for row in rows
    ]


def entries(*, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return entries as they stand, by id."""
    found = db.rows(
        "SELECT id, partner_id, till_code, kind, external_id, seq, happened_at, received_at, amount_fen, digest, "
        "content, state, problem, number, gap_fen FROM partners_entry WHERE id = ANY(%s)",
        [list(ids)],
    )
    return {row["id"]: row | {"content": _decoded(row["content"])} for row in found}


def book(*, entry_id: UUID, number: str, gap_fen: int | None) -> None:
    """Say that it is an order or a return now, for good."""
    db.execute(
        "UPDATE partners_entry SET state = 'booked', number = %s, gap_fen = %s, problem = '', unknown_codes = '{}' "
        "WHERE id = %s AND state = %s",
        [number, gap_fen, entry_id, KEPT],
    )


def keep(*, entry_id: UUID, problem: str, unknown: Sequence[str] = ()) -> None:
    """Say why it waits for a person."""
    db.execute(
        "UPDATE partners_entry SET problem = %s, unknown_codes = %s WHERE id = %s AND state = %s",
        [problem, sorted(set(unknown)), entry_id, KEPT],
    )


def _row(one: Said, partner_id: UUID) -> dict[str, Any]:
    entry_id = rules.id_of(partner_id=partner_id, till=one.till, kind=one.kind, external_id=one.external_id)
    return {
        "id": str(entry_id),
        "till": one.till,
        "kind": one.kind,
        "external_id": one.external_id,
        "seq": one.seq,
        "at": one.at.isoformat(),
        "fen": one.fen,
        "digest": rules.digest(one.content),
        "content": one.content,
    }


def _decoded(content: Any) -> Any:
    return msgspec.json.decode(content) if isinstance(content, str) else content
