"""Who is asking and how far each permission reaches. The answers come from above: ``entrypoints`` registers them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.http import HttpRequest

from quanyu.kernel.actor import Actor, ActorKind, Scope

Units = frozenset[int] | None  # ``None``: every unit
Held = frozenset[tuple[Scope, int | None]]
NOBODY = Actor(kind=ActorKind.STAFF, id="0")
_ACTOR, _UNITS = "_console_actor", "_console_units"


class Authority(Protocol):
    """Knows the people; implemented by ``entrypoints``."""

    def actor(self, staff_id: int) -> Actor:
        """Return a signed-in person as an actor with his grants."""

    def units(self, actor: Actor, permission: str) -> Units:
        """Return the units a permission of the actor reaches; ``None``: all of them."""

    def asks_code(self, actor: Actor) -> bool:
        """Tell whether the actor proves himself by a code instead of his password."""

    def prove(self, actor: Actor, proof: str, now: datetime) -> None:
        """Check a password or code of the actor. Raises the refusal."""

    def person(self, who: str) -> str:
        """Return the name behind ``"staff:12"``, ``"member:..."`` as ledgers note it."""


@dataclass
class _Registered:
    authority: Authority | None = None


_registered = _Registered()


def use(authority: Authority) -> None:
    """Register who answers; called by ``entrypoints`` once."""
    _registered.authority = authority


def actor_of(request: HttpRequest) -> Actor:
    """Return who is asking, once per request; nobody signed in is an actor without grants."""
    if not request.user.is_authenticated:
        return NOBODY
    known = getattr(request, _ACTOR, None)
    if known is None:
        known = _authority().actor(int(request.user.pk))
        setattr(request, _ACTOR, known)
    return known


def forget(request: HttpRequest) -> None:
    """Ask again from now on: the person's rights or the request's person have changed."""
    for name in (_ACTOR, _UNITS):
        if hasattr(request, name):
            delattr(request, name)


def may(request: HttpRequest, permission: str) -> bool:
    """Tell whether the permission is held anywhere at all."""
    return actor_of(request).reaches(permission)


def units_of(request: HttpRequest, permission: str) -> Units:
    """Return the units that the permission reaches, asked once per request.

    Permissions that are held by the same grants reach the same: most people hold all of theirs by one.
    """
    actor = actor_of(request)
    known: dict[Held, Units] = getattr(request, _UNITS, {})
    held = frozenset((grant.scope, grant.unit_id) for grant in actor.grants if grant.covers(permission))
    if held not in known:
        known[held] = _authority().units(actor, permission)
        setattr(request, _UNITS, known)
    return known[held]


def person(who: str) -> str:
    """Return the name of whoever a ledger notes as ``"staff:12"``, in the reader's language."""
    return _authority().person(who)


def asks_code(actor: Actor) -> bool:
    """Tell whether the actor proves himself by a code instead of his password."""
    return _authority().asks_code(actor)


def prove(actor: Actor, proof: str, now: datetime) -> None:
    """Check a password or code of the actor. Raises the refusal."""
    _authority().prove(actor, proof, now)


def _authority() -> Authority:
    if _registered.authority is None:
        raise RuntimeError("nobody has said who is asking: call access.use first")
    return _registered.authority
