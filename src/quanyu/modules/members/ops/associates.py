"""Bind a member to an associate: one at a time, the first stays until the member chooses another (GDE-01, GDE-07)."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Invalid
from quanyu.modules.identity import api as identity
from quanyu.modules.members.contracts import MemberUnknown
from quanyu.modules.members.contracts.associates import AssociateUnknown
from quanyu.modules.members.ops import authorise, merge_members
from quanyu.modules.members.queries import associates
from quanyu.modules.organization import api as organization
from quanyu.platform import audit, db

# 96 random bits as 16 characters, as on the labels of goods: nobody finds another code by trying.
_TOKEN_BYTES = 12
_NUMBER_DIGITS = 6
_TRIES = 20


def make_code(*, staff_id: int, actor: Actor, now: datetime) -> None:
    """Give an associate of a store the codes that are kept for ever, unless they were made.

    Needs ``members.edit`` at the store. Raises ``AssociateUnknown``, ``Forbidden``.
    """
    authorise.demand(actor, authorise.EDIT)
    person = identity.staff(ids=[staff_id]).get(staff_id)
    if person is None or not _may_edit_at(person.unit_id, actor):
        raise AssociateUnknown(field="staff_code")
    if associates.of_staff(staff_id) is not None:
        return
    if not organization.locations(ids=[person.unit_id]):
        raise AssociateUnknown(field="staff_code")
    for _ in range(_TRIES):
        db.execute(
            "INSERT INTO members_associate_code (staff_id, token, number, created_at) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT DO NOTHING",
            [staff_id, secrets.token_urlsafe(_TOKEN_BYTES), _number(), now],
        )
        if db.value("SELECT true FROM members_associate_code WHERE staff_id = %s", [staff_id]):
            return
    raise RuntimeError("no number is free: six digits are too few for this many associates")


def choose(*, member_id: UUID, staff_code: str, actor: Actor, now: datetime) -> None:
    """Let the member choose; the present one ends. Raises ``AssociateUnknown``."""
    authorise.demand_self_or_edit(actor, member_id=member_id)
    code = associates.by_code(staff_code)
    if code is None or not code.is_active:
        raise AssociateUnknown(field="staff_code")
    current = _locked(member_id)
    present = _present(current)
    if present is not None and present["staff_id"] == code.staff_id:
        return
    _end(present, now=now)
    _begin(current, staff_id=code.staff_id, store_id=code.store_id, cause="member", actor=_by(actor), now=now)
    _record("members.associate_choose", current, actor=actor, staff_id=code.staff_id, now=now)


def bind_newcomer(*, member_id: UUID, staff_code: str, now: datetime) -> bool:
    """Bind who came through an associate's code and has nobody yet; an unknown code binds nobody."""
    code = associates.by_code(staff_code)
    if code is None or not code.is_active:
        return False
    current = _locked(member_id)
    if _present(current) is not None:
        return False
    by = f"member:{current}"
    _begin(current, staff_id=code.staff_id, store_id=code.store_id, cause="joined", actor=by, now=now)
    return True


def hand_over(*, binding_id: UUID, staff_id: int, actor: Actor, now: datetime) -> None:
    """Give a member to another associate of a store, as when the present one left.

    Needs ``members.edit`` at the stores of both: who may not edit there sees neither. Raises ``AssociateUnknown``,
    ``MemberUnknown`` when the binding holds no more, ``Forbidden``.
    """
    authorise.demand(actor, authorise.EDIT)
    bound = db.row("SELECT member_id, store_id FROM members_associate WHERE id = %s", [binding_id])
    if bound is None or not _may_edit_at(bound["store_id"], actor):
        raise MemberUnknown(field="member_id")
    person = identity.staff(ids=[staff_id]).get(staff_id)
    if person is None or not person.is_active or not _may_edit_at(person.unit_id, actor):
        raise AssociateUnknown(field="staff_id")
    if not organization.locations(ids=[person.unit_id]):
        raise AssociateUnknown(field="staff_id")
    current = _locked(bound["member_id"])
    present = _present(current)
    if present is None or present["id"] != binding_id:
        raise MemberUnknown(field="member_id")
    if present["staff_id"] == staff_id:
        raise Invalid(field="staff_id")
    _end(present, now=now)
    _begin(current, staff_id=staff_id, store_id=person.unit_id, cause="handed", actor=_by(actor), now=now)
    _record("members.associate_hand_over", current, actor=actor, staff_id=staff_id, now=now)


def _may_edit_at(unit_id: int, actor: Actor) -> bool:
    reach = identity.visible_unit_ids(actor=actor, permission=authorise.EDIT)
    return reach is None or unit_id in reach


def _locked(member_id: UUID) -> UUID:
    """Lock the member that stands for the id: bindings of one person are made one after the other."""
    found = merge_members.lock_current(member_id)[0]
    if not found.is_active:
        raise MemberUnknown(field="member_id")
    return UUID(str(found.pk))


def _present(member_id: UUID) -> dict[str, Any] | None:
    return db.row(
        "SELECT id, staff_id, since FROM members_associate WHERE member_id = %s AND until IS NULL", [member_id]
    )


def _end(present: dict[str, Any] | None, *, now: datetime) -> None:
    if present is not None:
        db.execute("UPDATE members_associate SET until = greatest(since, %s) WHERE id = %s", [now, present["id"]])


def _begin(member_id: UUID, *, staff_id: int, store_id: int, cause: str, actor: str, now: datetime) -> None:
    db.execute(
        "INSERT INTO members_associate (id, member_id, staff_id, store_id, cause, since, actor) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [uuid7(), member_id, staff_id, store_id, cause, now, actor],
    )


def _by(actor: Actor) -> str:
    return f"{actor.kind}:{actor.id}"[:80]


def _record(action: str, member_id: UUID, *, actor: Actor, staff_id: int, now: datetime) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject_kind="member",
        subject_id=member_id,
        detail={"staff_id": staff_id},
        now=now,
    )


def _number() -> str:
    return f"{secrets.randbelow(10**_NUMBER_DIGITS):0{_NUMBER_DIGITS}d}"
