"""Change what a member's file says of the person."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.members.models import Member, ProfileChange, Session
from quanyu.modules.members.ops import authorise, merge_members
from quanyu.modules.members.ops.find_or_create import clean_name, write_name
from quanyu.platform import audit

_LANGUAGES = ("zh-hans", "en")
_BORN_FIRST = date(1900, 1, 1)


def update_member(
    *,
    member_id: UUID,
    name: str | None,
    birthday: date | None,
    language: str | None,
    lunar_birthday: bool | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Write the given parts of the file; ``None`` leaves a part as it is.

    Audit row and history name parts only, never what they said.
    """
    authorise.demand_self_or_edit(actor, member_id=member_id)
    name = clean_name(name)
    if birthday is not None and not _BORN_FIRST <= birthday <= now.date():
        raise Invalid(field="birthday", reason=N_("this is not a birthday"))
    if language is not None and language not in _LANGUAGES:
        raise Invalid(field="language", reason=N_("there is no such language"))
    plain = {"birthday": birthday, "language": language, "lunar_birthday": lunar_birthday}
    changes = {part: value for part, value in plain.items() if value is not None}
    member_id = merge_members.lock_current(member_id)[0].pk
    if changes:
        Member.objects.filter(pk=member_id).update(**changes)
    if birthday is not None:
        # The file is compared with the others again.
        Member.objects.filter(pk=member_id).update(matched_at=None)
    if name:
        write_name(member_id, name, only_if_none=False)
    parts = sorted(changes) + (["name"] if name else [])
    ProfileChange.objects.bulk_create(
        ProfileChange(member_id=member_id, field=part, at=now, actor=f"{actor.kind}:{actor.id}") for part in parts
    )
    _record("members.update", member_id, parts, actor=actor, now=now)


def close_member(*, member_id: UUID, actor: Actor, now: datetime) -> None:
    """Close a membership and end its sessions; the file stays for the orders that name it."""
    authorise.demand_self_or_edit(actor, member_id=member_id)
    member_id = merge_members.lock_current(member_id)[0].pk
    Member.objects.filter(pk=member_id).update(is_active=False)
    Session.objects.filter(member_id=member_id, revoked_at__isnull=True).update(revoked_at=now)
    _record("members.close", member_id, [], actor=actor, now=now)


def _record(action: str, member_id: UUID, parts: list[str], *, actor: Actor, now: datetime) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject_kind="member",
        subject_id=member_id,
        detail={"parts": parts} if parts else None,
        now=now,
    )
