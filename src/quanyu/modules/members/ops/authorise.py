"""Who may act on a member's file: the member, or staff with the permission. Default deny."""

from __future__ import annotations

from uuid import UUID

from quanyu.kernel.actor import Actor, ActorKind
from quanyu.kernel.problem import Forbidden
from quanyu.modules.members.contracts import MemberUnknown

VIEW = "members.view"
EDIT = "members.edit"
MERGE = "members.merge"
IMPORT = "members.import"


def demand_self_or_edit(actor: Actor, *, member_id: UUID) -> None:
    """Raise ``MemberUnknown`` for another member's file, ``Forbidden`` without ``members.edit``."""
    if actor.kind is ActorKind.MEMBER:
        if actor.id != str(member_id):
            raise MemberUnknown(field="member_id")
    elif not actor.reaches(EDIT):
        raise Forbidden(permission=EDIT)


def demand_view(actor: Actor) -> None:
    """Raise ``Forbidden`` unless the actor may look members up."""
    if not actor.reaches(VIEW):
        raise Forbidden(permission=VIEW)


def demand(actor: Actor, permission: str) -> None:
    """Raise ``Forbidden`` unless the actor holds the permission anywhere."""
    if not actor.reaches(permission):
        raise Forbidden(permission=permission)
