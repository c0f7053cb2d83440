"""Doors by which members look after their own data: a copy of everything, and erasing it for good."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor, ActorKind
from quanyu.modules.members.contracts import DataHolder, MemberUnknown, PersonalCopy
from quanyu.modules.members.ops import copy_own, holders
from quanyu.modules.members.ops import erase_member as erase_op
from quanyu.platform import db, rate

_COPIES_PER_DAY = 3
_DAY_S = 86_400


def hold_data(*, holder: DataHolder) -> None:
    """Register a module that keeps something of members. Called by entrypoints only."""
    holders.register(holder)


def export_own_data(*, member_id: UUID, actor: Actor, now: datetime) -> PersonalCopy:
    """Return a copy of everything kept of a member in any module, in clear, as JSON and as a page; at once.

    For the member itself only: staff sees masks. Three copies a day; audited. Raises ``MemberUnknown`` and
    ``RateLimited``.
    """
    if actor.kind is not ActorKind.MEMBER or actor.id != str(member_id):
        raise MemberUnknown(field="member_id")
    rate.hit("members.export", str(member_id), _COPIES_PER_DAY, _DAY_S, now)
    return db.in_transaction(lambda: copy_own.copy_own(member_id=member_id, actor=actor, now=now))


def erase_member(*, member_id: UUID, reason: str = "", actor: Actor, now: datetime) -> None:
    """Forget who a member is, in every module, for good; the books keep the bare id.

    The member itself, or staff with ``members.edit`` and a reason. Sessions and the card end; who signs up with the
    same phone later is a new member. Locks the files, then what the holders lock. Appends ``MemberErased``. Raises
    ``EraseRefused`` (orders are open), ``MemberUnknown`` (erased already), ``Forbidden``, ``Invalid`` (no reason).
    """
    db.in_transaction(lambda: erase_op.erase(member_id=member_id, reason=reason, actor=actor, now=now))
