"""Whether who decides is another hand than who asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from quanyu.kernel.actor import Actor, ActorKind, Grant, Scope
from quanyu.kernel.problem import Problem
from quanyu.modules.identity.contracts import OneHand, SamePerson
from quanyu.modules.identity.queries import reach
from quanyu.platform import db


def demand_other(*, asked_by: str, permissions: Sequence[str], unit_id: int, actor: Actor) -> None:
    """Raise ``SamePerson`` or ``OneHand`` unless the actor may decide at the unit by nobody's favour but others'.

    Not the asker; not whom the asker took on, let in, or whose sign-in he set, through others as well; and not by a
    role that came from one of these.
    """
    if asked_by == actor.signature:
        raise SamePerson
    if db.value("SELECT identity_one_hand(%s, %s)", [asked_by, actor.signature]):
        raise OneHand
    if actor.kind is not ActorKind.STAFF:
        return
    favours, others = _grants(actor.id, asked_by=asked_by)
    if not favours:
        return
    kept = tuple(grant for grant in actor.grants if grant not in favours or grant in others)
    for permission in permissions:
        try:
            reach.require(replace(actor, grants=kept), permission, unit_id=unit_id)
        except Problem:
            raise OneHand from None


def _grants(staff_id: str, *, asked_by: str) -> tuple[frozenset[Grant], frozenset[Grant]]:
    """Return a person's grants that the asker had given, and those of others."""
    rows = db.rows(
        "SELECT role.permissions, assignment.scope, assignment.unit_id, "
        "identity_one_hand(%s, assignment.given_by) AS is_favour FROM identity_assignment AS assignment "
        "JOIN identity_role AS role ON role.id = assignment.role_id WHERE assignment.staff_id = %s",
        [asked_by, int(staff_id)],
    )
    grants = [(row, Grant(frozenset(row["permissions"]), Scope(row["scope"]), row["unit_id"])) for row in rows]
    return (
        frozenset(grant for row, grant in grants if row["is_favour"]),
        frozenset(grant for row, grant in grants if not row["is_favour"]),
    )
