"""People, with their roles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX

from quanyu.kernel.actor import Scope
from quanyu.modules.identity.contracts import Assigned, StaffMember, StaffUnknown
from quanyu.modules.identity.rules import codes
from quanyu.platform import db, pii

_SELECT = (
    "SELECT staff.id, staff.username, staff.name, staff.unit_id, staff.language, staff.phone_encrypted, "
    "staff.is_active, staff.password, staff.pin_hash <> '' AS has_pin, "
    "staff.totp_confirmed_at IS NOT NULL AS has_totp, "
    "coalesce((SELECT jsonb_agg(jsonb_build_object('id', assignment.id, 'role_code', role.code, "
    "'role_name', role.name, 'role_name_en', role.name_en, 'scope', assignment.scope, 'unit_id', assignment.unit_id) "
    "ORDER BY assignment.id) FROM identity_assignment AS assignment "
    "JOIN identity_role AS role ON role.id = assignment.role_id WHERE assignment.staff_id = staff.id), '[]')::text "
    "AS roles FROM identity_staff AS staff "
)


def phone_place(staff_id: int) -> str:
    """Return the place to which the phone's encryption is bound."""
    return f"identity_staff|phone_encrypted|{staff_id}"


def staff(ids: Iterable[int]) -> dict[int, StaffMember]:
    """Return these people, those who left too; unknown ids are left out."""
    return {row["id"]: _made(row) for row in db.rows(_SELECT + "WHERE staff.id = ANY(%s)", [list(ids)])}


def of_unit(unit_id: int) -> list[tuple[int, str]]:
    """Return (id, name) of the people of a unit who have not left, by name."""
    rows = db.rows("SELECT id, name FROM identity_staff WHERE unit_id = %s AND is_active ORDER BY name, id", [unit_id])
    return [(row["id"], row["name"]) for row in rows]


def get(staff_id: int) -> StaffMember:
    """Return one person. Raises ``StaffUnknown``."""
    found = staff([staff_id]).get(staff_id)
    if found is None:
        raise StaffUnknown
    return found


def by_username(username: str) -> StaffMember:
    """Return the person who signs in by this name, whatever its case. Raises ``StaffUnknown``."""
    row = db.row(_SELECT + "WHERE lower(staff.username) = %s", [codes.folded(username)])
    if row is None:
        raise StaffUnknown(field="username")
    return _made(row)


def by_usernames(usernames: Iterable[str]) -> dict[str, StaffMember]:
    """Return the people who sign in by these names, by the name in lower case."""
    wanted = [codes.folded(name) for name in usernames]
    found = [_made(row) for row in db.rows(_SELECT + "WHERE lower(staff.username) = ANY(%s)", [wanted])]
    return {person.username.casefold(): person for person in found}


def with_phones(phones: Mapping[int, str]) -> frozenset[int]:
    """Return which of these people have the phone that is said of them."""
    found = db.rows("SELECT id, phone_index FROM identity_staff WHERE id = ANY(%s)", [list(phones)])
    return frozenset(
        row["id"]
        for row in found
        if row["phone_index"] is not None
        and bytes(row["phone_index"]) == pii.blind_index(codes.phone_digits(phones[row["id"]]), "staff.phone")
    )


def page(
    *, unit_ids: frozenset[int] | None, own_id: int | None, text: str, after_id: int, limit: int
) -> list[StaffMember]:
    """Return people by id whose home is in the units (``None``: anywhere), and oneself.

    ``text`` is part of a name or sign-in name, or a whole phone number.
    """
    wanted = text.strip()
    found = db.rows(
        _SELECT + "WHERE staff.id > %(after)s "
        "AND (%(units)s::bigint[] IS NULL OR staff.unit_id = ANY(%(units)s) OR staff.id = %(own)s) "
        "AND (%(text)s = '' OR position(lower(%(text)s) IN lower(staff.name)) > 0 "
        "OR position(lower(%(text)s) IN lower(staff.username)) > 0 OR staff.phone_index = %(phone)s) "
        "ORDER BY staff.id LIMIT %(limit)s",
        {
            "after": after_id,
            "units": None if unit_ids is None else sorted(unit_ids),
            "own": own_id,
            "text": wanted,
            "phone": pii.blind_index(wanted, "staff.phone"),
            "limit": limit,
        },
    )
    return [_made(row) for row in found]


def totp_is_on(staff_id: int) -> bool:
    """Tell whether the person signs in with a code as well."""
    return bool(db.value("SELECT totp_confirmed_at IS NOT NULL FROM identity_staff WHERE id = %s", [staff_id]))


def verified_at(token_hash: bytes, *, now: datetime) -> datetime | None:
    """Return when the person behind a live sign-in was last proved by more than a password or PIN alone."""
    found: datetime | None = db.value(
        "SELECT verified_at FROM identity_access_token "
        "WHERE token_hash = %s AND revoked_at IS NULL AND expires_at > %s",
        [token_hash, now],
    )
    return found


def _made(row: dict[str, Any]) -> StaffMember:
    phone = row["phone_encrypted"]
    return StaffMember(
        id=row["id"],
        username=row["username"],
        name=row["name"],
        unit_id=row["unit_id"],
        language=row["language"],
        phone_masked="" if phone is None else pii.mask_phone(pii.decrypt(bytes(phone), phone_place(row["id"]))),
        is_active=row["is_active"],
        has_password=not row["password"].startswith(UNUSABLE_PASSWORD_PREFIX),
        has_pin=row["has_pin"],
        has_totp=row["has_totp"],
        roles=tuple(assigned_from(role) for role in msgspec.json.decode(row["roles"])),
    )


def assigned_from(row: dict[str, Any]) -> Assigned:
    """Make the contract of an assignment with its role."""
    return Assigned(
        id=row["id"],
        role_code=row["role_code"],
        role_name=row["role_name"],
        role_name_en=row["role_name_en"],
        scope=Scope(row["scope"]),
        unit_id=row["unit_id"],
    )
