"""A second person for what one alone may not do: ask, decide, use up (reliability: four eyes)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import NotFound
from quanyu.modules.identity.api.access import actor_for_staff
from quanyu.modules.identity.contracts import (
    Approval,
    ApprovalUnknown,
    ApprovedAct,
    Asking,
    AwaitsApproval,
    SecondPersonNeeded,
)
from quanyu.modules.identity.ops import approvals as _approvals
from quanyu.modules.identity.queries import approvals as _query
from quanyu.modules.identity.queries import one_hand as _one_hand
from quanyu.modules.identity.queries import reach as _reach
from quanyu.platform import db

DECIDE = "approvals.decide"
VIEW_APPROVALS = "approvals.view"


def register_act(*, act: ApprovedAct) -> None:
    """Let this act be carried out once it is approved. Called by ``entrypoints`` only."""
    _approvals.register(act)


def use_approval(*, asking: Asking, now: datetime) -> None:
    """Use up the approval of exactly this, inside the transaction of the act.

    Raises ``AwaitsApproval`` when there is none that holds: let it give the transaction up.
    """
    if not _approvals.use(kind=asking.kind, digest=asking.digest, now=now):
        raise AwaitsApproval(asking)


@contextmanager
def second_person(*, actor: Actor, now: datetime) -> Iterator[None]:
    """Around an act that may need a second person: what it asked for is written down once, and its asker told.

    Raises ``SecondPersonNeeded``, or ``ApprovalRefused`` when exactly this was refused.
    """
    try:
        yield
    except AwaitsApproval as waiting:
        asking = waiting.asking
        asked = db.in_transaction(lambda: _approvals.request(asking, actor=actor, now=now))
        raise SecondPersonNeeded(
            approval_id=str(asked.id), amount_fen=asked.amount_fen, state=asked.state.value
        ) from None


def decide_approval(*, approval_id: UUID, approve: bool, note: str, actor: Actor, now: datetime) -> Approval:
    """Approve or refuse what somebody else asked for. Audited.

    Needs ``approvals.decide`` and the permission of the act itself at its unit. Raises ``ApprovalUnknown`` out of
    reach, ``Forbidden``, ``SamePerson``, ``OneHand``, ``ApprovalDecided``.
    """
    asked = _query.get(approval_id)
    for permission in (DECIDE, asked.permission):
        try:
            _reach.require(actor, permission, unit_id=asked.unit_id)
        except NotFound:
            raise ApprovalUnknown from None
    require_other_hand(
        asked_by=asked.requested_by, permissions=(DECIDE, asked.permission), unit_id=asked.unit_id, actor=actor
    )
    return db.in_transaction(lambda: _approvals.decide(approval_id, approve=approve, note=note, actor=actor, now=now))


def require_other_hand(*, asked_by: str, permissions: Sequence[str], unit_id: int, actor: Actor) -> None:
    """For decisions about what ``asked_by`` (``staff:12``) asked for: demand a person he does not stand behind.

    Raises ``SamePerson``, or ``OneHand``: the asker took the actor on, set his sign-in, or gave the role (directly or
    through such a person) without which ``permissions`` do not reach the unit. Two queries.
    """
    _one_hand.demand_other(asked_by=asked_by, permissions=permissions, unit_id=unit_id, actor=actor)


def carry_out(*, approval_id: UUID, now: datetime) -> bool:
    """Do what was approved, as its asker with his present rights; ``False``: its asker repeats it himself.

    Raises what the act raises; then the approval still stands, and the asker can repeat it.
    """
    approved = _query.get(approval_id)
    act = _approvals.act_of(approved)
    kind, _, asker_id = approved.requested_by.partition(":")
    if act is None or kind != "staff":
        return False
    act.carry_out(approval=approved, asker=actor_for_staff(staff_id=int(asker_id)), now=now)
    return True


def approval(*, approval_id: UUID) -> Approval:
    """Return one request. Raises ``ApprovalUnknown``."""
    return _query.get(approval_id)


def approvals_of(*, subject_kind: str, subject_id: str) -> list[Approval]:
    """Return all requests about one thing, oldest first. One query."""
    return _query.of_subject(subject_kind=subject_kind, subject_id=subject_id)


def approvals_waiting(*, unit_ids: frozenset[int] | None, now: datetime) -> int:
    """Return how many requests of these units (``None``: all) wait for a decision."""
    return _query.waiting(unit_ids=unit_ids, now=now)
