"""Reads about merges: what of two files matters for one, whether a pair was refused, and the history."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from quanyu.modules.members.contracts import KeyKind, Level, MergeCause, MergeRecord
from quanyu.modules.members.rules import places
from quanyu.modules.members.rules.merging import KeyFact, Standing
from quanyu.platform import db, pii

_COLUMNS = "id, winner_id, loser_id, cause, reason, actor, at, undone_at, undone_by, undo_reason"


def standings(ids: Iterable[UUID]) -> dict[UUID, Standing]:
    """Return what of the files matters for a merge; two queries. Names are in clear: keep them in memory."""
    wanted = list(ids)
    keys: dict[UUID, list[KeyFact]] = {member_id: [] for member_id in wanted}
    for row in db.rows(
        "SELECT member_id, kind, namespace, value_index, verified_at IS NOT NULL AS is_verified "
        "FROM members_identity WHERE member_id = ANY(%s)",
        [wanted],
    ):
        fact = KeyFact(KeyKind(row["kind"]), row["namespace"], bytes(row["value_index"]), row["is_verified"])
        keys[row["member_id"]].append(fact)
    found = db.rows(
        "SELECT id, level, is_active AND erased_at IS NULL AS is_open, created_at, name_encrypted, birthday "
        "FROM members_member WHERE id = ANY(%s)",
        [wanted],
    )
    return {row["id"]: _standing(row, keys[row["id"]]) for row in found}


def current(ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return, for each id that exists, the member that stands for it."""
    found = db.rows(
        "SELECT id, coalesce(merged_into_id, id) AS member_id FROM members_member WHERE id = ANY(%s)", [list(ids)]
    )
    return {row["id"]: row["member_id"] for row in found}


def is_refused(one: UUID, other: UUID) -> bool:
    """Tell whether somebody said of these two, or of files merged into them, that they are two persons."""
    return bool(
        db.value(
            "SELECT EXISTS (SELECT FROM members_match p WHERE p.state = 'refused' AND ("
            "(p.low_id IN (SELECT members_family(%(one)s)) AND p.high_id IN (SELECT members_family(%(other)s))) OR "
            "(p.low_id IN (SELECT members_family(%(other)s)) AND p.high_id IN (SELECT members_family(%(one)s)))))",
            {"one": one, "other": other},
        )
    )


def merge(merge_id: UUID) -> MergeRecord | None:
    """Return one merge."""
    row = db.row(f"SELECT {_COLUMNS} FROM members_merge WHERE id = %s", [merge_id])  # noqa: S608 - columns from above
    return _record(row) if row else None


def merges_of(member_id: UUID) -> list[MergeRecord]:
    """Return the merges that a file took part in, on either side, the newest first."""
    found = db.rows(
        f"SELECT {_COLUMNS} FROM members_merge WHERE winner_id = %s OR loser_id = %s "  # noqa: S608
        "ORDER BY at DESC, id DESC",
        [member_id, member_id],
    )
    return [_record(row) for row in found]


def standing_merges(*, limit: int, since: Any) -> list[MergeRecord]:
    """Return merges that stand and were made since a moment, the oldest first."""
    found = db.rows(
        f"SELECT {_COLUMNS} FROM members_merge WHERE undone_at IS NULL AND at >= %s "  # noqa: S608
        "ORDER BY at, id LIMIT %s",
        [since, limit],
    )
    return [_record(row) for row in found]


def _standing(row: dict[str, Any], keys: list[KeyFact]) -> Standing:
    sealed = row["name_encrypted"]
    return Standing(
        id=row["id"],
        level=Level(row["level"]),
        is_open=row["is_open"],
        created_at=row["created_at"],
        name=pii.decrypt(bytes(sealed), places.of_name(row["id"])) if sealed else "",
        birthday=row["birthday"],
        keys=tuple(keys),
    )


def _record(row: dict[str, Any]) -> MergeRecord:
    return MergeRecord(**{**row, "cause": MergeCause(row["cause"])})
