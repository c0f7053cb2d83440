"""From a token or a staff id to the actor with his grants, in one query."""

from __future__ import annotations

import functools
import hashlib
from datetime import datetime
from typing import Any

import msgspec

from quanyu.kernel.actor import Actor, ActorKind, Grant, Scope
from quanyu.modules.identity.contracts import DeviceKind
from quanyu.modules.identity.rules import authority
from quanyu.platform import db

TOKEN_LENGTH_MAX = 200


def by_token(token: str, *, now: datetime) -> Actor | None:
    """Return who stands behind a token, ``None`` when nobody does (any more)."""
    if not _may_be_token(token):
        return None
    found = db.value("SELECT identity_actor(%s, %s)::text", [hashed(token), now])
    return None if found is None else of_text(found)


def hashed(token: str) -> bytes:
    """Return what is stored of a token; whatever a client sends has one, that of no token for what cannot be one."""
    if not _may_be_token(token):
        return b""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def _may_be_token(token: str) -> bool:
    return 0 < len(token) <= TOKEN_LENGTH_MAX


@functools.lru_cache(maxsize=512)
def of_text(found: str) -> Actor:
    """Make the actor of what the database says now. The same words make the same actor, so it is made once."""
    return made(msgspec.json.decode(found))


def by_staff(staff_id: int) -> Actor | None:
    """Return a staff member as an actor of the console, ``None`` when he left.

    The console demands the code whenever two-step sign-in is on, so that is what decides whether
    roles that need it count.
    """
    row = db.row(
        "SELECT id, name, unit_id, identity_grants(id, totp_confirmed_at IS NOT NULL)::text AS grants "
        "FROM identity_staff WHERE id = %s AND is_active",
        [staff_id],
    )
    if row is None:
        return None
    return Actor(
        kind=ActorKind.STAFF,
        id=str(row["id"]),
        name=row["name"],
        grants=_grants(msgspec.json.decode(row["grants"])),
        unit_id=row["unit_id"],
    )


def grants_of(staff_id: int) -> tuple[Grant, ...]:
    """Return every grant of a person, those that need two-step sign-in included."""
    return _grants(msgspec.json.decode(db.value("SELECT identity_grants(%s, true)::text", [staff_id])))


def made(found: dict[str, Any]) -> Actor:
    """Make the actor of what the SQL function ``identity_actor`` gives."""
    grants = _grants(found.get("grants", []))
    if found["kind"] == "device":
        permissions = authority.DEVICE_PERMISSIONS[DeviceKind(found["device_kind"])]
        grants = (Grant(permissions, Scope.STORE, found["unit_id"]),)
    return Actor(
        kind=ActorKind(found["kind"]),
        id=found["id"],
        name=found["name"],
        grants=grants,
        unit_id=found["unit_id"],
        device_id=found["device_id"],
    )


def _grants(found: list[dict[str, Any]]) -> tuple[Grant, ...]:
    return tuple(Grant(frozenset(grant["permissions"]), Scope(grant["scope"]), grant["unit_id"]) for grant in found)
