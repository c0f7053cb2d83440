"""Who stands behind a token or a console session, and how far his permissions reach. Default deny."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import Problem, Unauthenticated
from quanyu.modules.identity.contracts import StepUpRequired, Wanted
from quanyu.modules.identity.ops import sessions as _sessions
from quanyu.modules.identity.queries import actors as _actors
from quanyu.modules.identity.queries import reach as _reach
from quanyu.modules.identity.queries import staff as _staff

PROOF_AGE_MAX = timedelta(minutes=5)


def actor_for_token(*, token: str, now: datetime) -> Actor | None:
    """Return the staff member, device or API client behind a token, ``None`` when there is none. One query."""
    return _actors.by_token(token, now=now)


def hash_of_token(*, token: str) -> bytes:
    """Return what the SQL function ``identity_actor`` is asked with."""
    return _actors.hashed(token)


def actor_of_text(*, text: str | None) -> Actor | None:
    """Return the actor that ``identity_actor`` told as text. For queries of others that ask it along the way."""
    return None if text is None else _actors.of_text(text)


def actor_for_staff(*, staff_id: int) -> Actor:
    """Return a staff member as an actor of the console. Raises ``Unauthenticated`` for one who left.

    Roles that need two-step sign-in count once the person has it on: the console's login form demands
    the code then.
    """
    actor = _actors.by_staff(staff_id)
    if actor is None:
        raise Unauthenticated
    return actor


def visible_unit_ids(*, actor: Actor, permission: str) -> frozenset[int] | None:
    """Return the units that a permission reaches, for filtering lists; ``None``: all of them."""
    return _reach.visible_unit_ids(actor, permission)


def require(*, actor: Actor, permission: str, unit_id: int | None, own: bool = False) -> None:
    """Raise ``Forbidden`` when the permission is held nowhere, ``NotFound`` when it is, but not at this unit."""
    _reach.require(actor, permission, unit_id=unit_id, own=own)


def refusals(*, asked: Sequence[Wanted]) -> list[Problem | None]:
    """Return for each what :func:`require` would raise, ``None`` where it is allowed; at most one query for all."""
    return _reach.refusals(asked)


def refusal_at(*, actor: Actor, permission: str, path: tuple[int, ...]) -> Problem | None:
    """Return what :func:`require` would raise at the unit whose path (root first) is known; no query."""
    return _reach.refusal(actor, permission, path=path)


def require_recent_proof(*, token: str, now: datetime) -> None:
    """Raise ``StepUpRequired`` unless the person was proved in the last five minutes (see :func:`step_up`)."""
    proved = _staff.verified_at(_sessions.hashed(token), now=now)
    if proved is None or proved < now - PROOF_AGE_MAX:
        raise StepUpRequired(permission="-")
