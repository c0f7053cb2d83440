"""Forget who a member was, for good (PIPL art. 47): identity shredded, books kept with the bare id."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor, ActorKind
from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.members.contracts import EraseRefused, MemberUnknown
from quanyu.modules.members.events import MemberErased
from quanyu.modules.members.models import Member
from quanyu.modules.members.ops import authorise, holders, merge_members
from quanyu.platform import audit, db, locks, outbox

REASON_LENGTH_MIN = 4


def erase(*, member_id: UUID, reason: str, actor: Actor, now: datetime) -> UUID:
    """Erase the member that stands for the id with all files merged into it; return whose data was erased.

    Raises ``MemberUnknown`` (also for one that is erased already), ``EraseRefused``, ``Forbidden``.
    """
    authorise.demand_self_or_edit(actor, member_id=member_id)
    if actor.kind is not ActorKind.MEMBER and len(reason.strip()) < REASON_LENGTH_MIN:
        raise Invalid(field="reason", reason=N_("say in a few words why"))
    current = merge_members.lock_current(member_id)[0]
    if current.erased_at is not None:
        raise MemberUnknown(field="member_id")
    family = [row["id"] for row in db.rows("SELECT members_family(%s) AS id", [current.pk])]
    locks.rows_for_update(Member.objects.filter(pk__in=family))
    _demand_nothing_open(family, now=now)
    for holder in holders.all_of_them():
        holder.erase(member_ids=family, now=now)
    db.execute("SELECT members_shred(%s, %s)", [family, now])
    outbox.append(MemberErased(member_id=current.pk), now=now)
    audit.record(
        actor=actor,
        action="members.erase",
        subject_kind="member",
        subject_id=current.pk,
        reason="" if actor.kind is ActorKind.MEMBER else reason,
        detail={"files": len(family)},
        now=now,
    )
    return current.pk


def _demand_nothing_open(family: list[UUID], *, now: datetime) -> None:
    found = {
        holder.name: count
        for holder in holders.all_of_them()
        if (count := holder.open_business(member_ids=family, now=now))
    }
    if found:
        raise EraseRefused(reasons=", ".join(f"{name}: {count}" for name, count in found.items()))
