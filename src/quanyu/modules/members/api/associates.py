"""Doors of my associate: who looks after a member, the associates' codes, handing members over."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.modules.members.contracts.associates import AssociateUnknown, MyAssociate, PromotionCode
from quanyu.modules.members.ops import associates as ops
from quanyu.modules.members.queries import associates as queries
from quanyu.platform import db, rate

_CHOICES_PER_HOUR = 20


def associate_of(*, member_id: UUID) -> MyAssociate | None:
    """Return who looks after a member; with an empty name the store does, as its associate left."""
    return queries.of_member(member_id)


def choose_associate(*, member_id: UUID, staff_code: str, actor: Actor, now: datetime) -> MyAssociate | None:
    """Let a member choose by an associate's token or number; the history keeps the one before.

    Twenty tries an hour, so that nobody walks through the numbers. Raises ``AssociateUnknown``, ``RateLimited``.
    """
    rate.hit("members.associate", str(member_id), _CHOICES_PER_HOUR, 3600, now)
    db.in_transaction(lambda: ops.choose(member_id=member_id, staff_code=staff_code, actor=actor, now=now))
    return queries.of_member(member_id)


def bind_newcomer(*, member_id: UUID, staff_code: str, now: datetime) -> bool:
    """Bind a member who came through an associate's code, unless somebody looks after the member already."""
    return db.in_transaction(lambda: ops.bind_newcomer(member_id=member_id, staff_code=staff_code, now=now))


def hand_over_member(*, binding_id: UUID, staff_id: int, actor: Actor, now: datetime) -> None:
    """Give the member of a binding to another associate. Needs ``members.edit`` at both stores.

    Raises ``AssociateUnknown``, ``MemberUnknown``, ``Forbidden``.
    """
    db.in_transaction(lambda: ops.hand_over(binding_id=binding_id, staff_id=staff_id, actor=actor, now=now))


def associate_by_code(*, code: str) -> PromotionCode | None:
    """Return whose token or number this is, also of one who left; ``None`` for nobody's."""
    return queries.by_code(code)


def promotion_code(*, staff_id: int, actor: Actor, now: datetime) -> PromotionCode:
    """Return the codes of an associate of a store, made at the first asking. Needs ``members.edit`` there.

    Raises ``AssociateUnknown``, ``Forbidden``.
    """
    db.in_transaction(lambda: ops.make_code(staff_id=staff_id, actor=actor, now=now))
    found = queries.of_staff(staff_id)
    if found is None:
        raise AssociateUnknown(field="staff_code")
    return found


def promotion_code_of(*, staff_id: int) -> PromotionCode | None:
    """Return the codes of an associate; ``None`` before they were made."""
    return queries.of_staff(staff_id)
