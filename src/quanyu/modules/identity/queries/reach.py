"""How far a permission of an actor reaches, for lists and for single rows."""

from __future__ import annotations

from quanyu.kernel.actor import Actor, Scope
from quanyu.kernel.problem import Forbidden, NotFound
from quanyu.modules.organization import api as organization


def visible_unit_ids(actor: Actor, permission: str) -> frozenset[int] | None:
    """Return the units a permission reaches, closed ones too; ``None`` when it reaches all."""
    units: set[int] = set()
    for grant in actor.grants:
        if not grant.covers(permission):
            continue
        if grant.scope is Scope.ALL:
            return None
        if grant.scope is Scope.SUBTREE and grant.unit_id is not None:
            units.update(organization.subtree_ids(unit_id=grant.unit_id, with_closed=True))
        elif grant.scope is Scope.STORE and grant.unit_id is not None:
            units.add(grant.unit_id)
    return frozenset(units)


def require(actor: Actor, permission: str, *, unit_id: int | None, own: bool = False) -> None:
    """Raise ``Forbidden`` when the permission is held nowhere, ``NotFound`` when it does not reach the unit.

    Without a unit only a grant over everything is enough (and own rows, when it is the actor's own).
    """
    if not actor.reaches(permission):
        raise Forbidden(permission=permission)
    if any(grant.scope is Scope.ALL and grant.covers(permission) for grant in actor.grants):
        return
    path = () if unit_id is None else organization.paths(unit_ids=[unit_id]).get(unit_id, ())
    # An empty path asks "anywhere at all"; a row without a place is not reached by that.
    if not actor.reaches(permission, unit_path=path or (0,), own=own):
        raise NotFound


def works_at(actor: Actor, *, unit_id: int) -> bool:
    """Tell whether any grant of a person hangs on the unit or above it, or reaches everywhere."""
    path = organization.paths(unit_ids=[unit_id]).get(unit_id, ())
    return any(
        grant.scope is Scope.ALL
        or (grant.scope is Scope.SUBTREE and grant.unit_id in path)
        or (grant.scope in (Scope.STORE, Scope.OWN) and grant.unit_id == unit_id)
        for grant in actor.grants
    )
