"""Roles and who has them."""

from __future__ import annotations

from typing import Any

from quanyu.modules.identity.contracts import Assigned, AssignmentUnknown, RoleInfo, RoleUnknown
from quanyu.modules.identity.queries import staff as staff_queries
from quanyu.platform import db

_SELECT = "SELECT code, name, name_en, permissions, needs_totp, is_built_in FROM identity_role "
_ASSIGNED = (
    "SELECT assignment.id, role.code AS role_code, role.name AS role_name, role.name_en AS role_name_en, "
    "assignment.scope, assignment.unit_id FROM identity_assignment AS assignment "
    "JOIN identity_role AS role ON role.id = assignment.role_id "
)


def roles() -> list[RoleInfo]:
    """Return all roles, the product's own first."""
    return [_made(row) for row in db.rows(_SELECT + "ORDER BY NOT is_built_in, id")]


def get(code: str) -> RoleInfo:
    """Return one role. Raises ``RoleUnknown``."""
    row = db.row(_SELECT + "WHERE code = %s", [code])
    if row is None:
        raise RoleUnknown(field="role_code")
    return _made(row)


def assignment(*, staff_id: int, role_code: str, unit_id: int | None) -> Assigned:
    """Return a person's assignment of a role at a unit. Raises ``AssignmentUnknown``."""
    row = db.row(
        _ASSIGNED + "WHERE assignment.staff_id = %s AND role.code = %s AND assignment.unit_id IS NOT DISTINCT FROM %s",
        [staff_id, role_code, unit_id],
    )
    if row is None:
        raise AssignmentUnknown
    return staff_queries.assigned_from(row)


def assignment_by_id(*, staff_id: int, assignment_id: int) -> tuple[Assigned, RoleInfo]:
    """Return one assignment of a person with its role. Raises ``AssignmentUnknown``."""
    row = db.row(_ASSIGNED + "WHERE assignment.staff_id = %s AND assignment.id = %s", [staff_id, assignment_id])
    if row is None:
        raise AssignmentUnknown
    assigned = staff_queries.assigned_from(row)
    return assigned, get(assigned.role_code)


def _made(row: dict[str, Any]) -> RoleInfo:
    return RoleInfo(
        code=row["code"],
        name=row["name"],
        name_en=row["name_en"],
        permissions=tuple(row["permissions"]),
        needs_totp=row["needs_totp"],
        is_built_in=row["is_built_in"],
    )
