"""Give roles and take them away; define a chain's own roles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from quanyu.kernel.actor import Actor, Scope
from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.identity import events
from quanyu.modules.identity.contracts import AlreadyAssigned, Assigned, AssignmentUnknown, NameTaken, RoleInfo
from quanyu.modules.identity.queries import roles as role_queries
from quanyu.modules.identity.rules import authority
from quanyu.platform import audit, db, outbox


def assign_role(
    *, staff_id: int, role: RoleInfo, scope: Scope, unit_id: int | None, actor: Actor, now: datetime
) -> Assigned:
    """Give a role; the same once more changes nothing. Raises ``AlreadyAssigned`` for another scope."""
    fresh = db.execute(
        "INSERT INTO identity_assignment (staff_id, role_id, scope, unit_id, given_by) "
        "SELECT %s, id, %s, %s, %s FROM identity_role WHERE code = %s "
        "ON CONFLICT (staff_id, role_id, unit_id) DO NOTHING",
        [staff_id, scope.value, unit_id, actor.signature, role.code],
    )
    assigned = role_queries.assignment(staff_id=staff_id, role_code=role.code, unit_id=unit_id)
    if assigned.scope is not scope:
        raise AlreadyAssigned(field="scope")
    if fresh:
        _announce(assigned, staff_id=staff_id, given=True, actor=actor, now=now)
    return assigned


def revoke_assignment(*, assigned: Assigned, staff_id: int, actor: Actor, now: datetime) -> None:
    """Take a role away. Raises ``AssignmentUnknown`` when somebody was quicker."""
    gone = db.execute("DELETE FROM identity_assignment WHERE id = %s AND staff_id = %s", [assigned.id, staff_id])
    if not gone:
        raise AssignmentUnknown
    _announce(assigned, staff_id=staff_id, given=False, actor=actor, now=now)


def define_role(
    *, code: str, name: str, name_en: str, permissions: Sequence[str], needs_totp: bool, actor: Actor, now: datetime
) -> RoleInfo:
    """Create a role of the chain's own. Raises ``Invalid`` or ``NameTaken``."""
    if not code.isidentifier() or not code.isascii() or code != code.lower() or len(code) > 30:
        raise Invalid(field="code", reason=N_("1 to 30 small letters, digits and underscores"))
    if not name.strip() or len(name) > 60 or len(name_en) > 60:
        raise Invalid(field="name", reason=N_("1 to 60 characters"))
    inserted = db.execute(
        "INSERT INTO identity_role (code, name, name_en, permissions, needs_totp, is_built_in) "
        "VALUES (%s, %s, %s, %s, %s, false) ON CONFLICT (code) DO NOTHING",
        [code, name.strip(), name_en.strip(), list(authority.check_patterns(permissions)), needs_totp],
    )
    if not inserted:
        raise NameTaken(field="code")
    return _changed(code, "identity.define_role", actor=actor, now=now)


def change_role(
    *, role: RoleInfo, permissions: Sequence[str] | None, needs_totp: bool | None, actor: Actor, now: datetime
) -> RoleInfo:
    """Change a role's permissions (only of the chain's own ones) or whether it needs two-step sign-in."""
    if permissions is not None:
        if role.is_built_in:
            raise Invalid(field="permissions", reason=N_("the product's roles keep their permissions; make a new one"))
        db.execute(
            "UPDATE identity_role SET permissions = %s WHERE code = %s AND NOT is_built_in",
            [list(authority.check_patterns(permissions)), role.code],
        )
    if needs_totp is not None:
        db.execute("UPDATE identity_role SET needs_totp = %s WHERE code = %s", [needs_totp, role.code])
    return _changed(role.code, "identity.change_role", actor=actor, now=now)


def _changed(code: str, action: str, *, actor: Actor, now: datetime) -> RoleInfo:
    role = role_queries.get(code)
    audit.record(
        actor=actor,
        action=action,
        subject_kind="role",
        subject_id=code,
        detail={"permissions": role.permissions, "needs_totp": role.needs_totp},
        now=now,
    )
    return role


def _announce(assigned: Assigned, *, staff_id: int, given: bool, actor: Actor, now: datetime) -> None:
    outbox.append(
        events.RolesChanged(
            staff_id=staff_id,
            role_code=assigned.role_code,
            scope=assigned.scope.value,
            unit_id=assigned.unit_id,
            given=given,
        ),
        now=now,
    )
    audit.record(
        actor=actor,
        action="identity.assign_role" if given else "identity.revoke_assignment",
        subject_kind="staff",
        subject_id=staff_id,
        detail={"role": assigned.role_code, "scope": assigned.scope.value, "unit_id": assigned.unit_id},
        now=now,
    )
