"""Undo a merge: every row that it moved goes back, every column that it filled is emptied again.

What came after the merge stays with the winner: keys proved since, new addresses, new orders. Only a sign-in by an
account that goes back goes with it: the phone that holds the account is the loser's. The two files are
a refused pair from then on, so that the keys which brought them together do not do so again.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.members.contracts import MergeRecord, MergeUnknown, UndoRefused
from quanyu.modules.members.events import MembersUnmerged
from quanyu.modules.members.models import Member
from quanyu.modules.members.ops import merge_columns, merge_followers
from quanyu.modules.members.ops.merge_members import MOVED
from quanyu.modules.members.queries import merges as merge_queries
from quanyu.platform import audit, db, locks, outbox

REASON_LENGTH_MIN = 4


def undo(*, merge_id: UUID, reason: str, actor: Actor, now: datetime) -> MergeRecord:
    """Undo one merge. Raises ``MergeUnknown``, ``UndoRefused`` or ``Invalid``; nothing is written then."""
    reason = reason.strip()
    if len(reason) < REASON_LENGTH_MIN:
        raise Invalid(field="reason", reason=N_("say in a few words why"))
    record = _locked(merge_id)
    winner, loser = record.winner_id, record.loser_id
    db.execute("UPDATE members_member m SET merged_into_id = NULL WHERE id = %s", [loser])
    for kind, table in (*MOVED, ("contact", "members_contact"), ("associate", "members_associate")):
        db.execute(
            f"UPDATE {table} t SET member_id = %s FROM members_merge_move v "  # noqa: S608 - names from above
            "WHERE v.merge_id = %s AND v.kind = %s AND t.id = v.row_id::uuid AND t.member_id = %s",
            [loser, merge_id, kind, winner],
        )
    db.execute(
        "UPDATE members_associate a SET until = NULL FROM members_merge_move v "
        "WHERE v.merge_id = %s AND v.kind = 'associate_end' AND a.id = v.row_id::uuid",
        [merge_id],
    )
    db.execute(
        "UPDATE members_session s SET member_id = %s FROM members_identity i "
        "WHERE i.id = s.account_id AND i.member_id = %s AND s.member_id = %s",
        [loser, loser, winner],
    )
    _give_back_addresses(merge_id, winner=winner, loser=loser)
    db.execute(
        "UPDATE members_member m SET merged_into_id = %s FROM members_merge_move v "
        "WHERE v.merge_id = %s AND v.kind = 'member' AND m.id = v.row_id::uuid AND m.merged_into_id = %s",
        [loser, merge_id, winner],
    )
    merge_columns.take_back(merge_id, winner=winner)
    _set_levels(winner, loser)
    merge_followers.unfollow(merge_id=merge_id, loser_id=loser, winner_id=winner, now=now)
    _refuse_pair(winner, loser, actor=actor, now=now)
    db.execute(
        "UPDATE members_merge SET undone_at = %s, undone_by = %s, undo_reason = %s WHERE id = %s",
        [now, (actor.name or actor.id)[:80], reason[:200], merge_id],
    )
    outbox.append(MembersUnmerged(merge_id, winner, loser), now=now)
    audit.record(
        actor=actor,
        action="members.unmerge",
        subject_kind="member",
        subject_id=winner,
        reason=reason,
        detail={"merge_id": str(merge_id), "loser_id": str(loser)},
        now=now,
    )
    undone = merge_queries.merge(merge_id)
    assert undone is not None
    return undone


def _locked(merge_id: UUID) -> MergeRecord:
    """Lock both members and return the merge, when it may be undone now."""
    record = merge_queries.merge(merge_id)
    if record is None:
        raise MergeUnknown(field="merge_id")
    members = {
        member.pk: member
        for member in locks.rows_for_update(Member.objects.filter(pk__in=[record.winner_id, record.loser_id]))
    }
    record = merge_queries.merge(merge_id)
    assert record is not None
    if record.undone_at is not None:
        raise UndoRefused(reason=N_("it was undone already"))
    if members[record.winner_id].merged_into_id is not None:
        raise UndoRefused(reason=N_("the kept file was merged into another one later; undo that merge first"))
    if any(member.erased_at is not None for member in members.values()):
        raise UndoRefused(reason=N_("the person's data was erased"))
    return record


def _give_back_addresses(merge_id: UUID, *, winner: UUID, loser: UUID) -> None:
    """A default comes back as one, unless the address was removed since."""
    db.execute(
        "UPDATE members_address a SET member_id = %s, "
        "is_default = a.removed_at IS NULL AND (v.detail->>'is_default')::boolean "
        "FROM members_merge_move v WHERE v.merge_id = %s AND v.kind = 'address' AND a.id = v.row_id::uuid "
        "AND a.member_id = %s",
        [loser, merge_id, winner],
    )


def _set_levels(*member_ids: UUID) -> None:
    """A member is verified exactly when one of the keys it has now was proved."""
    db.execute(
        "UPDATE members_member m SET level = CASE WHEN k.is_verified THEN 'verified' ELSE 'identified' END "
        "FROM (SELECT w.id, EXISTS (SELECT FROM members_identity i WHERE i.member_id = w.id "
        "AND i.verified_at IS NOT NULL) AS is_verified FROM unnest(%s::uuid[]) AS w(id)) AS k "
        "WHERE m.id = k.id AND (m.level = 'verified') <> k.is_verified",
        [list(member_ids)],
    )


def _refuse_pair(one: UUID, other: UUID, *, actor: Actor, now: datetime) -> None:
    db.execute(
        "INSERT INTO members_match (id, low_id, high_id, cause, score, evidence, state, created_at, decided_at, "
        "decided_by) VALUES (%s, %s, %s, 'undo', 0, '[]', 'refused', %s, %s, %s) "
        "ON CONFLICT (low_id, high_id) DO UPDATE SET state = 'refused', decided_at = excluded.decided_at, "
        "decided_by = excluded.decided_by",
        [uuid7(), min(one, other), max(one, other), now, now, (actor.name or actor.id)[:80]],
    )
