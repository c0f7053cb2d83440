"""Open, confirm and end sign-ins. A token is random, shown once, and kept as its hash."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from quanyu.kernel.actor import Actor, ActorKind
from quanyu.kernel.ids import new_token, uuid7
from quanyu.kernel.problem import Unauthenticated
from quanyu.modules.identity.contracts import Device, SignInRefused, StaffSession
from quanyu.modules.identity.queries import staff as staff_queries
from quanyu.platform import audit, db

LIFETIME = timedelta(hours=12)
STAFF_PREFIX = "qs_"
DEVICE_PREFIX = "qd_"
CLIENT_PREFIX = "qc_"


def fresh_token(prefix: str) -> str:
    """Return a new token; the prefix tells people (and secret scanners) what it is."""
    return prefix + new_token()


def hashed(token: str) -> bytes:
    """Return what is stored of a token. It has 256 random bits, so a plain hash gives nothing away."""
    return hashlib.sha256(token.encode()).digest()


def open_session(*, staff_id: int, device: Device | None, verified: bool, now: datetime) -> StaffSession:
    """Sign somebody in. Raises ``SignInRefused`` when he left, or the device was revoked, in this very moment."""
    # Both updates lock their row: a dismissal at the same time comes before (refused) or after (ends the session).
    present = db.execute("UPDATE identity_staff SET last_login = %s WHERE id = %s AND is_active", [now, staff_id])
    if device is not None:
        present &= db.execute(
            "UPDATE identity_device SET last_seen_at = %s "
            "WHERE id = %s AND revoked_at IS NULL AND token_hash IS NOT NULL",
            [now, device.id],
        )
    if not present:
        raise SignInRefused
    token, expires_at = fresh_token(STAFF_PREFIX), now + LIFETIME
    db.execute(
        "INSERT INTO identity_access_token "
        "(id, staff_id, device_id, unit_id, token_hash, created_at, verified_at, expires_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        [
            uuid7(),
            staff_id,
            device.id if device else None,
            device.unit_id if device else None,
            hashed(token),
            now,
            now if verified else None,
            expires_at,
        ],
    )
    member = staff_queries.get(staff_id)
    actor = Actor(
        kind=ActorKind.STAFF,
        id=str(staff_id),
        name=member.name,
        unit_id=device.unit_id if device else member.unit_id,
        device_id=device.id if device else None,
    )
    audit.record(
        actor=actor,
        action="identity.sign_in",
        subject_kind="staff",
        subject_id=staff_id,
        detail={"device_id": actor.device_id, "verified": verified},
        now=now,
    )
    return StaffSession(token=token, staff=member, expires_at=expires_at, verified=verified)


def end_session(*, token: str, now: datetime) -> bool:
    """End the sign-in of a token; false when it had ended before."""
    changed = db.execute(
        "UPDATE identity_access_token SET revoked_at = %s WHERE token_hash = %s AND revoked_at IS NULL",
        [now, hashed(token)],
    )
    return changed == 1


def end_all(*, staff_id: int, now: datetime, except_token: str | None = None) -> int:
    """End every sign-in of a person, but perhaps the one from which this is done."""
    return db.execute(
        "UPDATE identity_access_token SET revoked_at = %s "
        "WHERE staff_id = %s AND revoked_at IS NULL AND token_hash <> %s",
        [now, staff_id, hashed(except_token) if except_token else b""],
    )


def end_on_device(*, device_id: str, now: datetime) -> int:
    """End every sign-in on a device."""
    return db.execute(
        "UPDATE identity_access_token SET revoked_at = %s WHERE device_id = %s AND revoked_at IS NULL",
        [now, device_id],
    )


def mark_verified(*, token: str, now: datetime) -> None:
    """Remember that the person was proved just now. Raises ``Unauthenticated`` when the sign-in has ended."""
    changed = db.execute(
        "UPDATE identity_access_token SET verified_at = %s "
        "WHERE token_hash = %s AND revoked_at IS NULL AND expires_at > %s",
        [now, hashed(token), now],
    )
    if not changed:
        raise Unauthenticated
