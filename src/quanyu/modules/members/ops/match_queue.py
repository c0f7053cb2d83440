"""The review queue: pairs of members that may be one person, each once; a refused pair never comes back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from quanyu.kernel.actor import Actor
from quanyu.kernel.ids import uuid7
from quanyu.modules.members.contracts import Evidence, MatchUnknown, MergeCause
from quanyu.modules.members.ops import merge_members
from quanyu.modules.members.queries import merges as merge_queries
from quanyu.platform import audit, db

# Proved keys in one hand are strong evidence; such pairs come first in the queue.
KEYS_SCORE = 30.0


def add(one: UUID, other: UUID, *, cause: str, score: float, evidence: Sequence[Evidence], now: datetime) -> bool:
    """Put a pair into the queue and tell whether it is new there. Decided pairs are left as they are."""
    if merge_queries.is_refused(one, other):
        return False
    return bool(
        db.execute(
            "INSERT INTO members_match (id, low_id, high_id, cause, score, evidence, state, created_at, decided_by) "
            "VALUES (%s, %s, %s, %s, %s, %s::jsonb, 'open', %s, '') ON CONFLICT (low_id, high_id) DO NOTHING",
            [
                uuid7(),
                min(one, other),
                max(one, other),
                cause,
                score,
                msgspec.json.encode(list(evidence)).decode(),
                now,
            ],
        )
    )


def accept(*, match_id: UUID, reason: str, actor: Actor, now: datetime) -> UUID:
    """Merge an open pair; return the merge. Raises ``MatchUnknown``, ``MergeRefused``."""
    low, high = _take(match_id, "merged", actor=actor, now=now)
    _winner, merge_id = merge_members.merge(
        one_id=low, other_id=high, cause=MergeCause.REVIEW, reason=reason, actor=actor, now=now
    )
    if merge_id is None:
        raise MatchUnknown(field="match_id")
    return merge_id


def refuse(*, match_id: UUID, reason: str, actor: Actor, now: datetime) -> None:
    """Say that an open pair is two persons, for good. Raises ``MatchUnknown``."""
    low, high = _take(match_id, "refused", actor=actor, now=now)
    audit.record(
        actor=actor,
        action="members.match_refuse",
        subject_kind="member",
        subject_id=low,
        reason=reason,
        detail={"match_id": str(match_id), "other_id": str(high)},
        now=now,
    )


def _take(match_id: UUID, state: str, *, actor: Actor, now: datetime) -> tuple[UUID, UUID]:
    """Close an open pair; two deciders at once find one of them too late."""
    row = db.row(
        "UPDATE members_match SET state = %s, decided_at = %s, decided_by = %s WHERE id = %s AND state = 'open' "
        "RETURNING low_id, high_id",
        [state, now, (actor.name or actor.id)[:80], match_id],
    )
    if row is None:
        raise MatchUnknown(field="match_id")
    return row["low_id"], row["high_id"]
