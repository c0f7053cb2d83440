"""How far a permission of an actor reaches, for lists and for single rows."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from quanyu.kernel.actor import Actor, Scope
from quanyu.kernel.problem import Forbidden, NotFound, Problem
from quanyu.modules.identity.contracts import Wanted
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
    refused = _without_place(actor, permission)
    if refused is None:
        path = () if unit_id is None else organization.paths(unit_ids=[unit_id]).get(unit_id, ())
        refused = refusal(actor, permission, path=path, own=own)
    if isinstance(refused, Problem):
        raise refused


def refusal(actor: Actor, permission: str, *, path: tuple[int, ...], own: bool = False) -> Problem | None:
    """Return what :func:`require` would raise at a unit with this path, root first; empty for an unknown unit."""
    held, reached = _judged(actor, permission, path, own=own)
    if reached:
        return None
    return NotFound() if held else Forbidden(permission=permission)


@functools.lru_cache(maxsize=4096)
def _judged(actor: Actor, permission: str, path: tuple[int, ...], *, own: bool) -> tuple[bool, bool]:
    """Tell whether a permission is held at all, and whether here. Nothing else decides, so it is judged once."""
    known = _without_place(actor, permission)
    if known is not None:
        return (False, False) if isinstance(known, Problem) else (True, True)
    # An empty path asks "anywhere at all"; a row without a place is not reached by that.
    return True, actor.reaches(permission, unit_path=path or (0,), own=own)


def refusals(asked: Sequence[Wanted]) -> list[Problem | None]:
    """Return for each what :func:`require` would raise; one query, none when no answer depends on a place."""
    known = [
        _without_place(one.actor, one.permission)
        if one.path is None
        else refusal(one.actor, one.permission, path=one.path) or True
        for one in asked
    ]
    placed = {
        one.unit_id for one, answer in zip(asked, known, strict=True) if answer is None and one.unit_id is not None
    }
    paths = organization.paths(unit_ids=placed) if placed else {}
    return [
        refusal(one.actor, one.permission, path=paths.get(one.unit_id or 0, ()))
        if answer is None
        else (answer if isinstance(answer, Problem) else None)
        for one, answer in zip(asked, known, strict=True)
    ]


def _without_place(actor: Actor, permission: str) -> Problem | bool | None:
    """Return the answer when it does not depend on the unit: ``True`` everywhere, ``Forbidden`` nowhere."""
    if not actor.reaches(permission):
        return Forbidden(permission=permission)
    return any(grant.scope is Scope.ALL and grant.covers(permission) for grant in actor.grants) or None


def works_at(actor: Actor, *, unit_id: int) -> bool:
    """Tell whether any grant of a person hangs on the unit or above it, or reaches everywhere."""
    path = organization.paths(unit_ids=[unit_id]).get(unit_id, ())
    return any(
        grant.scope is Scope.ALL
        or (grant.scope is Scope.SUBTREE and grant.unit_id in path)
        or (grant.scope in (Scope.STORE, Scope.OWN) and grant.unit_id == unit_id)
        for grant in actor.grants
    )
