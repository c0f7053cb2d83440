"""Enrol and revoke tills, kiosks and phones."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from quanyu.kernel.actor import Actor
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.identity import events
from quanyu.modules.identity.contracts import (
    CodeUnknown,
    Device,
    DeviceKind,
    DeviceUnknown,
    EnrolledDevice,
    EnrolmentCode,
)
from quanyu.modules.identity.ops import sessions
from quanyu.modules.identity.rules import codes
from quanyu.platform import audit, db, outbox, pii

CODE_LIFETIME = timedelta(minutes=15)
_NAME_LENGTH_MAX = 60


def enrol_code(*, kind: DeviceKind, unit_id: int, name: str, actor: Actor, now: datetime) -> EnrolmentCode:
    """Prepare a device and return the code to type at it. Raises ``Invalid``."""
    if not name.strip() or len(name) > _NAME_LENGTH_MAX:
        raise Invalid(field="name", reason=N_("1 to 60 characters"))
    device_id = str(uuid7())
    db.execute(
        "INSERT INTO identity_device (id, kind, unit_id, name, created_at) VALUES (%s, %s, %s, %s, %s)",
        [device_id, kind.value, unit_id, name.strip(), now],
    )
    return renew_code(device_id=device_id, actor=actor, now=now)


def renew_code(*, device_id: str, actor: Actor, now: datetime) -> EnrolmentCode:
    """Give a device another code; its token works until the code is used. Raises ``DeviceUnknown``."""
    code, expires_at = codes.enrolment_code(secrets.choice), now + CODE_LIFETIME
    device = db.row(
        "UPDATE identity_device SET enrolment_hash = %s, enrolment_expires_at = %s "
        "WHERE id = %s AND revoked_at IS NULL RETURNING unit_id",
        [_hashed(code), expires_at, device_id],
    )
    if device is None:
        raise DeviceUnknown
    audit.record(
        actor=actor,
        action="identity.enrol_code",
        subject_kind="device",
        subject_id=device_id,
        unit_id=device["unit_id"],
        now=now,
    )
    return EnrolmentCode(device_id=device_id, code=code, expires_at=expires_at)


def enrol(*, code: str, now: datetime, kind: DeviceKind | None = None) -> EnrolledDevice:
    """Exchange a code for the device's token, once; with ``kind`` only of such a device. Raises ``CodeUnknown``."""
    typed = codes.read_enrolment_code(code)
    if typed is None:
        raise CodeUnknown(field="code")
    token = sessions.fresh_token(sessions.DEVICE_PREFIX)
    device = db.row(
        "UPDATE identity_device SET token_hash = %s, enrolled_at = %s, last_seen_at = %s, "
        "enrolment_hash = NULL, enrolment_expires_at = NULL "
        "WHERE enrolment_hash = %s AND enrolment_expires_at > %s AND revoked_at IS NULL AND kind = coalesce(%s, kind) "
        "RETURNING id::text, kind, unit_id, name",
        [sessions.hashed(token), now, now, _hashed(typed), now, kind.value if kind else None],
    )
    if device is None:
        raise CodeUnknown(field="code")
    # Whoever was signed in with the earlier token sat at another machine.
    sessions.end_on_device(device_id=device["id"], now=now)
    outbox.append(
        events.DeviceEnrolled(device_id=device["id"], kind=device["kind"], unit_id=device["unit_id"]), now=now
    )
    return EnrolledDevice(
        device_id=device["id"], token=token, kind=DeviceKind(device["kind"]), unit_id=device["unit_id"]
    )


def revoke_device(*, device: Device, actor: Actor, now: datetime) -> bool:
    """Stop a device and every sign-in on it; false when it had been done before."""
    changed = db.execute(
        "UPDATE identity_device SET revoked_at = %s, enrolment_hash = NULL, enrolment_expires_at = NULL "
        "WHERE id = %s AND revoked_at IS NULL",
        [now, device.id],
    )
    if not changed:
        return False
    ended = sessions.end_on_device(device_id=device.id, now=now)
    outbox.append(events.DeviceRevoked(device_id=device.id, kind=device.kind.value, unit_id=device.unit_id), now=now)
    audit.record(
        actor=actor,
        action="identity.revoke_device",
        subject_kind="device",
        subject_id=device.id,
        detail={"ended_sessions": ended},
        unit_id=device.unit_id,
        now=now,
    )
    return True


def _hashed(code: str) -> bytes:
    # 40 bits could be tried through from a stolen table, so the installation's key is mixed in.
    return pii.blind_index(code, "device.enrolment")
