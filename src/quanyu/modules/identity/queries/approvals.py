"""Requests for a second person as they stand."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from quanyu.modules.identity.contracts import Approval, ApprovalState, ApprovalUnknown
from quanyu.platform import db

_COLUMNS = (
    "id, kind, subject_kind, subject_id, subject, unit_id, permission, amount_fen, reason, request::text AS request, "
    "is_repeated_by_asker, state, requested_by, requested_at, expires_at, decided_by, note"
)


def get(approval_id: UUID) -> Approval:
    """Return one request. Raises ``ApprovalUnknown``."""
    row = db.row(f"SELECT {_COLUMNS} FROM identity_approval WHERE id = %s", [approval_id])  # noqa: S608 - constants
    if row is None:
        raise ApprovalUnknown
    return _made(row)


def last(*, kind: str, digest: bytes) -> Approval | None:
    """Return the newest request for exactly this, whatever became of it."""
    row = db.row(
        f"SELECT {_COLUMNS} FROM identity_approval WHERE kind = %s AND request_sha256 = %s "  # noqa: S608 - constants
        "ORDER BY requested_at DESC, id DESC LIMIT 1",
        [kind, digest],
    )
    return None if row is None else _made(row)


def of_subject(*, subject_kind: str, subject_id: str) -> list[Approval]:
    """Return all requests about one thing, oldest first."""
    rows = db.rows(
        f"SELECT {_COLUMNS} FROM identity_approval "  # noqa: S608 - constants
        "WHERE subject_kind = %s AND subject_id = %s ORDER BY requested_at, id",
        [subject_kind, subject_id],
    )
    return [_made(row) for row in rows]


def waiting(*, unit_ids: frozenset[int] | None, now: datetime) -> int:
    """Return how many requests of these units (``None``: all) wait for a decision and can still get one."""
    return int(
        db.value(
            "SELECT count(*) FROM identity_approval WHERE state = 'requested' AND expires_at > %s "
            "AND (%s::bigint[] IS NULL OR unit_id = ANY(%s))",
            [now, *2 * [None if unit_ids is None else sorted(unit_ids)]],
        )
    )


def _made(row: dict[str, Any]) -> Approval:
    return Approval(**{**row, "request": msgspec.json.decode(row["request"]), "state": ApprovalState(row["state"])})
