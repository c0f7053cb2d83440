"""Doors of OneID: two files become one, or two again; pairs to look at; who follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.modules.members.contracts import Match, MergeCause, MergeFollower, MergeRecord, MergeUnknown
from quanyu.modules.members.ops import (
    authorise,
    match_queue,
    match_scan,
    merge_followers,
    merge_members,
    merge_undo,
)
from quanyu.modules.members.queries import matches as match_queries
from quanyu.modules.members.queries import merges as merge_queries
from quanyu.platform import db

_LATE = timedelta(hours=24)
_LATE_MAX = 1_000


def follow_merges(*, follower: MergeFollower) -> None:
    """Register a module that moves its rows along when members merge. Called by entrypoints only."""
    merge_followers.register(follower)


def merge(*, one_id: UUID, other_id: UUID, reason: str, actor: Actor, now: datetime) -> MergeRecord:
    """Merge two members because staff says they are one person; the verified, then the older file is kept.

    Needs ``members.merge``. Locks both members, then what followers lock. Appends ``MembersMerged``. Raises
    ``Forbidden``, ``MemberUnknown``, ``MergeRefused``, ``MergeUnknown`` (they are one already).
    """
    authorise.demand(actor, authorise.MERGE)
    _winner, merge_id = db.in_transaction(
        lambda: merge_members.merge(
            one_id=one_id, other_id=other_id, cause=MergeCause.STAFF, reason=reason, actor=actor, now=now
        )
    )
    if merge_id is None:
        raise MergeUnknown(field="other_id")
    return merge_record(id=merge_id)


def undo_merge(*, merge_id: UUID, reason: str, actor: Actor, now: datetime) -> MergeRecord:
    """Undo a merge exactly; what came after it stays with the kept member, and the pair is refused for good.

    Needs ``members.merge`` and a reason. Appends ``MembersUnmerged``. Raises ``Forbidden``, ``MergeUnknown``,
    ``UndoRefused`` (undone already; the kept file was merged later; erased), ``Invalid``.
    """
    authorise.demand(actor, authorise.MERGE)
    return db.in_transaction(lambda: merge_undo.undo(merge_id=merge_id, reason=reason, actor=actor, now=now))


def merge_record(*, id: UUID) -> MergeRecord:
    """Return one merge. Raises ``MergeUnknown``."""
    found = merge_queries.merge(id)
    if found is None:
        raise MergeUnknown(field="merge_id")
    return found


def merges_of(*, member_id: UUID) -> list[MergeRecord]:
    """Return the merges a file took part in, on either side, the newest first."""
    return merge_queries.merges_of(member_id)


def current_ids(*, ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Return, for each id that exists, the member that stands for it today; one query."""
    return merge_queries.current(ids)


def follow_late(*, now: datetime) -> int:
    """Let merges of the last day move what was on its way while they ran; return how many were asked."""
    recent = merge_queries.standing_merges(since=now - _LATE, limit=_LATE_MAX)
    for record in recent:
        db.in_transaction(partial(merge_members.follow_again, merge_id=record.id, now=now))
    return len(recent)


def matches(*, after: tuple[float, UUID] | None = None, limit: int = 50, actor: Actor) -> list[Match]:
    """Return open pairs, the likeliest first; each side is the member that stands for it. Needs ``members.merge``."""
    authorise.demand(actor, authorise.MERGE)
    return match_queries.open_pairs(after=after, limit=limit)


def accept_match(*, match_id: UUID, reason: str = "", actor: Actor, now: datetime) -> MergeRecord:
    """Merge an open pair. Needs ``members.merge``. Raises ``MatchUnknown``, ``MergeRefused``, ``Forbidden``."""
    authorise.demand(actor, authorise.MERGE)
    merge_id = db.in_transaction(lambda: match_queue.accept(match_id=match_id, reason=reason, actor=actor, now=now))
    return merge_record(id=merge_id)


def refuse_match(*, match_id: UUID, reason: str = "", actor: Actor, now: datetime) -> None:
    """Say that an open pair is two persons: it never comes back. Needs ``members.merge``."""
    authorise.demand(actor, authorise.MERGE)
    db.in_transaction(lambda: match_queue.refuse(match_id=match_id, reason=reason, actor=actor, now=now))


def scan_matches(*, limit: int = 200, now: datetime) -> int:
    """Compare up to ``limit`` files that are new or changed with the others; return how many, 0 when all are done.

    Likely pairs (setting ``members.match_score``) go to the review queue; those that agree in full are merged
    when the setting ``members.merge_agreeing`` says so.
    """
    return db.in_transaction(lambda: match_scan.scan(limit=limit, now=now))
