"""Who asks, and whether they may: default deny, and somebody else's things do not exist."""

from __future__ import annotations

from django.http import HttpRequest

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import Forbidden, NotFound, Unauthenticated


def actor_of(request: HttpRequest) -> Actor:
    """Return the actor that the API's ``auth`` found. Raises ``Unauthenticated``."""
    actor = getattr(request, "auth", None)
    if not isinstance(actor, Actor):
        raise Unauthenticated
    return actor


def require(request: HttpRequest, permission: str, *, unit_path: tuple[int, ...] = (), own: bool = False) -> Actor:
    """Return the actor when the permission reaches the unit (path root first) or the own row.

    Raises ``Forbidden`` when the actor holds the permission nowhere, and ``NotFound`` when it is
    held but not here: a store's staff must not learn what another store has.
    """
    actor = actor_of(request)
    if actor.reaches(permission, unit_path=unit_path, own=own):
        return actor
    if actor.reaches(permission):
        raise NotFound
    raise Forbidden(permission=permission)


def request_id_of(request: HttpRequest) -> str:
    """Return the id by which this request is found in the log."""
    return str(getattr(request, "request_id", ""))
