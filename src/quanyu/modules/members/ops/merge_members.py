"""Make two files one. What each row was before is written down, so that ``merge_undo`` is exact.

Locks: both members first (in id order), then this module's rows, then what the followers lock, in their order.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import N_
from quanyu.modules.members.contracts import MemberUnknown, MergeCause, MergeRefused
from quanyu.modules.members.events import MembersMerged
from quanyu.modules.members.models import Member
from quanyu.modules.members.ops import merge_columns, merge_followers
from quanyu.modules.members.queries import merges as merge_queries
from quanyu.modules.members.rules import merging
from quanyu.platform import audit, db, locks, outbox

# (kind in members_merge_move, table). Consents and changes of a file are append-only: they are read through
# members_family instead of being moved.
MOVED = (
    ("identity", "members_identity"),
    ("session", "members_session"),
    ("device", "members_card_device"),
    ("export", "members_export_request"),
)


def merge(
    *, one_id: UUID, other_id: UUID, cause: MergeCause, reason: str, actor: Actor, now: datetime
) -> tuple[UUID, UUID | None]:
    """Merge the members that stand for two ids; return (winner, merge), no merge when they were one already.

    Raises ``MemberUnknown`` and ``MergeRefused``; nothing is written then.
    """
    one, other = lock_current(one_id, other_id)
    if one.pk == other.pk:
        return one.pk, None
    for member in (one, other):
        if member.erased_at is not None:
            raise MergeRefused(reason=N_("one of them is erased"))
        if not member.is_active:
            raise MergeRefused(reason=N_("one of the memberships is closed"))
    standings = merge_queries.standings([one.pk, other.pk])
    winner, loser = (it.id for it in merging.kept_and_merged(standings[one.pk], standings[other.pk]))
    merge_id = uuid7()
    _write(merge_id, winner, loser, cause=cause, reason=reason, actor=actor, now=now)
    for kind, table in MOVED:
        _move(merge_id, winner, loser, kind=kind, table=table)
    _move_contacts(merge_id, winner, loser)
    _move_addresses(merge_id, winner, loser)
    _move_associate(merge_id, winner, loser, now=now)
    _move_merged(merge_id, winner, loser)
    merge_columns.fill(merge_id, winner=winner, loser=loser)
    merge_followers.follow(merge_id=merge_id, loser_id=loser, winner_id=winner, now=now)
    db.execute(
        "UPDATE members_match SET state = 'merged', decided_at = %s, decided_by = %s "
        "WHERE low_id = %s AND high_id = %s",
        [now, actor.name or actor.id, min(winner, loser), max(winner, loser)],
    )
    outbox.append(MembersMerged(merge_id, winner, loser, cause.value), now=now)
    audit.record(
        actor=actor,
        action="members.merge",
        subject_kind="member",
        subject_id=winner,
        reason=reason,
        detail={"merge_id": str(merge_id), "loser_id": str(loser), "cause": cause.value},
        now=now,
    )
    return winner, merge_id


def lock_current(*ids: UUID) -> list[Member]:
    """Lock the members that stand for the ids, in id order, and return them in the order of the ids.

    A merge that was quicker changes who stands for an id, so the question is asked again after the wait.
    """
    wanted = merge_queries.current(ids)
    while True:
        if len(wanted) < len(set(ids)):
            raise MemberUnknown(field="member_id")
        locked = locks.rows_for_update(Member.objects.filter(pk__in=set(wanted.values())))
        again = merge_queries.current(ids)
        if again == wanted:
            found = {member.pk: member for member in locked}
            return [found[wanted[asked]] for asked in ids]
        wanted = again


def follow_again(*, merge_id: UUID, now: datetime) -> None:
    """Move what was on its way to the loser while the merge ran; nothing when the merge was undone since."""
    record = merge_queries.merge(merge_id)
    if record is None:
        return
    locks.rows_for_update(Member.objects.filter(pk__in=[record.winner_id, record.loser_id]))
    record = merge_queries.merge(merge_id)
    if record is None or record.undone_at is not None:
        return
    current = merge_queries.current([record.loser_id])[record.loser_id]
    if current != record.winner_id:
        # The winner went on into a third file: the rows are the third's, by the later merge.
        return
    for kind, table in MOVED:
        _move(merge_id, record.winner_id, record.loser_id, kind=kind, table=table)
    merge_followers.follow(merge_id=merge_id, loser_id=record.loser_id, winner_id=record.winner_id, now=now)


def _write(
    merge_id: UUID, winner: UUID, loser: UUID, *, cause: MergeCause, reason: str, actor: Actor, now: datetime
) -> None:
    db.execute(
        "INSERT INTO members_merge (id, winner_id, loser_id, cause, reason, actor, at, undone_by, undo_reason) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, '', '')",
        [merge_id, winner, loser, cause.value, reason[:200], (actor.name or actor.id)[:80], now],
    )
    db.execute("UPDATE members_member SET merged_into_id = %s WHERE id = %s", [winner, loser])


def _move(merge_id: UUID, winner: UUID, loser: UUID, *, kind: str, table: str) -> None:
    db.execute(
        f"WITH moved AS (UPDATE {table} SET member_id = %s WHERE member_id = %s RETURNING id) "  # noqa: S608 - from above
        "INSERT INTO members_merge_move (merge_id, kind, row_id, detail) "
        "SELECT %s, %s, id::text, '{}' FROM moved ON CONFLICT DO NOTHING",
        [winner, loser, merge_id, kind],
    )


def _move_contacts(merge_id: UUID, winner: UUID, loser: UUID) -> None:
    """Move contacts the winner does not have; the same one on both files stays where it is, on both."""
    db.execute(
        "WITH moved AS (UPDATE members_contact c SET member_id = %(winner)s "
        "WHERE c.member_id = %(loser)s AND NOT EXISTS (SELECT FROM members_contact w "
        "WHERE w.member_id = %(winner)s AND w.kind = c.kind AND w.value_index = c.value_index) RETURNING c.id) "
        "INSERT INTO members_merge_move (merge_id, kind, row_id, detail) "
        "SELECT %(merge)s, 'contact', id::text, '{}' FROM moved",
        {"winner": winner, "loser": loser, "merge": merge_id},
    )


def _move_addresses(merge_id: UUID, winner: UUID, loser: UUID) -> None:
    """Move the address book; the winner's default stays the default where there is one."""
    moved: list[dict[str, Any]] = db.rows(
        "SELECT id, is_default FROM members_address WHERE member_id = %s ORDER BY id FOR UPDATE", [loser]
    )
    if not moved:
        return
    db.execute(
        "UPDATE members_address SET member_id = %(winner)s, is_default = is_default AND NOT EXISTS ("
        "SELECT FROM members_address w WHERE w.member_id = %(winner)s AND w.is_default AND w.removed_at IS NULL) "
        "WHERE member_id = %(loser)s",
        {"winner": winner, "loser": loser},
    )
    db.execute(
        "INSERT INTO members_merge_move (merge_id, kind, row_id, detail) "
        "SELECT %s, 'address', m.id::text, jsonb_build_object('is_default', m.is_default) "
        "FROM unnest(%s::uuid[], %s::boolean[]) AS m(id, is_default)",
        [merge_id, [row["id"] for row in moved], [row["is_default"] for row in moved]],
    )


def _move_associate(merge_id: UUID, winner: UUID, loser: UUID, *, now: datetime) -> None:
    """Who looked after the loser looks after the winner; where somebody does already, the loser's associate ends."""
    db.execute(
        "WITH moved AS (UPDATE members_associate a SET member_id = %(winner)s "
        "WHERE a.member_id = %(loser)s AND a.until IS NULL AND NOT EXISTS (SELECT FROM members_associate w "
        "WHERE w.member_id = %(winner)s AND w.until IS NULL) RETURNING a.id) "
        "INSERT INTO members_merge_move (merge_id, kind, row_id, detail) "
        "SELECT %(merge)s, 'associate', id::text, '{}' FROM moved",
        {"winner": winner, "loser": loser, "merge": merge_id},
    )
    db.execute(
        "WITH ended AS (UPDATE members_associate SET until = greatest(since, %s) "
        "WHERE member_id = %s AND until IS NULL RETURNING id) "
        "INSERT INTO members_merge_move (merge_id, kind, row_id, detail) "
        "SELECT %s, 'associate_end', id::text, '{}' FROM ended",
        [now, loser, merge_id],
    )


def _move_merged(merge_id: UUID, winner: UUID, loser: UUID) -> None:
    """Files merged into the loser earlier point at the winner now, so that no reader ever walks a chain."""
    db.execute(
        "WITH moved AS (UPDATE members_member SET merged_into_id = %s WHERE merged_into_id = %s RETURNING id) "
        "INSERT INTO members_merge_move (merge_id, kind, row_id, detail) "
        "SELECT %s, 'member', id::text, '{}' FROM moved",
        [winner, loser, merge_id],
    )
