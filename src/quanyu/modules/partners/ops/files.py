"""Lines of receipts from files: kept until their receipt is whole, then taken once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from quanyu.platform import db

Key = tuple[UUID, str, str]


def stage(*, lines: Sequence[Mapping[str, Any]], brought_by: str, now: datetime) -> None:
    """Keep lines of receipts; a line that is there stays as it is."""
    db.execute(
        "INSERT INTO partners_file_line (partner_id, till_code, external_id, line, content, brought_by, brought_at) "
        "SELECT partner_id, till, receipt, line, content, %s, %s FROM jsonb_to_recordset(%s::jsonb) AS one "
        "(partner_id uuid, till text, receipt text, line int, content jsonb) "
        "ORDER BY partner_id, till, receipt, line ON CONFLICT DO NOTHING",
        [brought_by, now, msgspec.json.encode(list(lines)).decode()],
    )


def staged(*, partner_ids: Collection[UUID], receipts: Collection[str]) -> dict[tuple[UUID, str, str, int], Any]:
    """Return the lines that are kept of receipts, by partner, till, receipt and line."""
    found = db.rows(
        "SELECT partner_id, till_code, external_id, line, content FROM partners_file_line "
        "WHERE partner_id = ANY(%s) AND external_id = ANY(%s)",
        [list(partner_ids), list(receipts)],
    )
    return {
        (row["partner_id"], row["till_code"], row["external_id"], row["line"]): _decoded(row["content"])
        for row in found
    }


def whole(*, limit: int) -> dict[Key, list[Any]]:
    """Return receipts whose lines add up and that nobody has taken, with their lines in order."""
    found = db.rows(
        "SELECT partner_id, till_code, external_id, jsonb_agg(content ORDER BY line)::text AS lines "
        "FROM partners_file_line WHERE taken_at IS NULL AND problem = '' GROUP BY 1, 2, 3 "
        "HAVING sum((content->>'net_fen')::bigint) = min((content->>'total_fen')::bigint) "
        "ORDER BY min(brought_at), 3 LIMIT %s",
        [limit],
    )
    return {
        (row["partner_id"], row["till_code"], row["external_id"]): msgspec.json.decode(row["lines"]) for row in found
    }


def settle(*, key: Key, problem: str, now: datetime) -> None:
    """Say that a receipt was taken, or why it was refused."""
    db.execute(
        "UPDATE partners_file_line SET taken_at = %s, problem = %s "
        "WHERE partner_id = %s AND till_code = %s AND external_id = %s AND taken_at IS NULL",
        [None if problem else now, problem, *key],
    )


def _decoded(content: Any) -> Any:
    return msgspec.json.decode(content) if isinstance(content, str) else content
