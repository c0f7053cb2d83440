"""Roles: giving them, taking them away, defining a chain's own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from quanyu.kernel.actor import Actor, Grant, Scope
from quanyu.modules.identity.api.authority import ROLES, Own, demand, demand_rank, demand_staff
from quanyu.modules.identity.contracts import Assigned, RoleInfo
from quanyu.modules.identity.ops import roles as _roles
from quanyu.modules.identity.queries import roles as _role_queries
from quanyu.modules.identity.rules import authority as _authority
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import UnitUnknown
from quanyu.platform import db


def roles() -> list[RoleInfo]:
    """Return all roles, the product's own first."""
    return _role_queries.roles()


def assign_role(
    *, staff_id: int, role_code: str, scope: Scope, unit_id: int | None = None, actor: Actor, now: datetime
) -> Assigned:
    """Give somebody else a role; the same once more changes nothing.

    Raises ``StaffUnknown``, ``RoleUnknown``, ``UnitUnknown``, ``Invalid``, ``AlreadyAssigned``, or
    ``BeyondAuthority``: nobody gives what he does not have himself, that far.
    """
    _authority.check_scope(Scope(scope), unit_id)
    role = _role_queries.get(role_code)
    demand_staff(actor, ROLES, staff_id=staff_id, own=Own.REFUSED)
    if unit_id is not None and not organization.units(ids=[unit_id]):
        raise UnitUnknown(field="unit_id")
    demand_rank(actor, (Grant(frozenset(role.permissions), Scope(scope), unit_id),))
    return db.in_transaction(
        lambda: _roles.assign_role(
            staff_id=staff_id, role=role, scope=Scope(scope), unit_id=unit_id, actor=actor, now=now
        )
    )


def revoke_assignment(*, staff_id: int, assignment_id: int, actor: Actor, now: datetime) -> None:
    """Take a role away from somebody else. Raises ``StaffUnknown``, ``AssignmentUnknown`` or ``BeyondAuthority``."""
    demand_staff(actor, ROLES, staff_id=staff_id, own=Own.REFUSED)
    assigned, role = _role_queries.assignment_by_id(staff_id=staff_id, assignment_id=assignment_id)
    demand_rank(actor, (Grant(frozenset(role.permissions), assigned.scope, assigned.unit_id),))
    db.in_transaction(lambda: _roles.revoke_assignment(assigned=assigned, staff_id=staff_id, actor=actor, now=now))


def define_role(
    *,
    code: str,
    name: str,
    name_en: str = "",
    permissions: Sequence[str],
    needs_totp: bool = False,
    actor: Actor,
    now: datetime,
) -> RoleInfo:
    """Create a role of the chain's own. Needs the permission over everything. Raises ``Invalid``, ``NameTaken``."""
    demand(actor, ROLES, unit_id=None)
    demand_rank(actor, (Grant(frozenset(permissions), Scope.ALL),))
    return db.in_transaction(
        lambda: _roles.define_role(
            code=code,
            name=name,
            name_en=name_en,
            permissions=permissions,
            needs_totp=needs_totp,
            actor=actor,
            now=now,
        )
    )


def change_role(
    *,
    code: str,
    permissions: Sequence[str] | None = None,
    needs_totp: bool | None = None,
    actor: Actor,
    now: datetime,
) -> RoleInfo:
    """Change a role's permissions (its own roles only) or whether it needs two-step sign-in (all)."""
    demand(actor, ROLES, unit_id=None)
    role = _role_queries.get(code)
    demand_rank(actor, (Grant(frozenset((*role.permissions, *(permissions or ()))), Scope.ALL),))
    return db.in_transaction(
        lambda: _roles.change_role(role=role, permissions=permissions, needs_totp=needs_totp, actor=actor, now=now)
    )
