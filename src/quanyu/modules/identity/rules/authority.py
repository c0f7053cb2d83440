"""Nobody gives what he does not have: a grant is passed on only by somebody whose own grants cover it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from quanyu.kernel.actor import Actor, Grant, Scope
from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.identity.contracts import DeviceKind

_PATTERN = re.compile(r"^(?:\*|(?:[a-z][a-z_]*|\*)\.(?:[a-z][a-z_]*|\*))\Z")
# What a device may do on its own, before anybody has signed in on it.
DEVICE_PERMISSIONS: Mapping[DeviceKind, frozenset[str]] = {
    DeviceKind.POS: frozenset({"pos.device", "catalog.view", "pricing.view", "promotions.view"}),
    DeviceKind.KIOSK: frozenset({"kiosk.device", "catalog.view", "pricing.view", "promotions.view"}),
    DeviceKind.PHONE: frozenset({"phone.device"}),
}
_UNIT_SCOPES = (Scope.SUBTREE, Scope.STORE)


def check_patterns(permissions: Sequence[str]) -> tuple[str, ...]:
    """Return the patterns sorted and once each. Raises ``Invalid`` for none or an ill-formed one."""
    if not permissions:
        raise Invalid(field="permissions", reason=N_("choose at least one permission"))
    for place, pattern in enumerate(permissions):
        if not _PATTERN.match(pattern):
            raise Invalid(field=f"permissions.{place}", reason=N_("a permission is written module.verb"))
    return tuple(sorted(set(permissions)))


def check_scope(scope: Scope, unit_id: int | None) -> None:
    """Raise ``Invalid`` unless a scope has a unit exactly when it hangs on one (``own`` may have one)."""
    if scope in _UNIT_SCOPES and unit_id is None:
        raise Invalid(field="unit_id", reason=N_("this scope needs a unit"))
    if scope is Scope.ALL and unit_id is not None:
        raise Invalid(field="unit_id", reason=N_("the scope over everything has no unit"))


def covers(own: Iterable[Grant], wanted: Grant, *, unit_path: tuple[int, ...]) -> bool:
    """Tell whether ``own`` reaches everything that ``wanted`` does (``unit_path``: of its unit, root first)."""
    grants = list(own)
    return all(
        any(_pattern_covers(grant, permission) and _scope_covers(grant, wanted.scope, unit_path) for grant in grants)
        for permission in wanted.permissions
    )


def outranks(own: Iterable[Grant], others: Sequence[Grant], *, paths: Mapping[int, tuple[int, ...]]) -> bool:
    """Tell whether ``own`` covers every one of somebody else's grants (``paths`` of their units)."""
    grants = list(own)
    return all(
        covers(grants, other, unit_path=paths.get(other.unit_id, ()) if other.unit_id is not None else ())
        for other in others
    )


def is_self(actor: Actor, staff_id: int) -> bool:
    """Tell whether the actor is this person."""
    return actor.kind == "staff" and actor.id == str(staff_id)


def _pattern_covers(grant: Grant, permission: str) -> bool:
    # The wanted pattern is matched as a text: "orders.*" covers "orders.view" and "orders.*", not "*.view".
    return any(fnmatchcase(permission, pattern) for pattern in grant.permissions)


def _scope_covers(own: Grant, scope: Scope, unit_path: tuple[int, ...]) -> bool:
    if own.scope is Scope.ALL:
        return True
    if scope is Scope.OWN:
        # Everybody's own rows are less than any part of the tree.
        return True
    if own.scope is Scope.SUBTREE:
        return scope in _UNIT_SCOPES and own.unit_id in unit_path
    return own.scope is Scope.STORE and scope is Scope.STORE and own.unit_id == (unit_path or (None,))[-1]
