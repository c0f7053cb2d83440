"""The rotating member code: phones get a secret once, tills accept each code of theirs once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from quanyu.kernel.ids import uuid7
from quanyu.modules.members.contracts import SessionUnknown
from quanyu.modules.members.rules import member_codes, places
from quanyu.platform import db, pii

DEVICES_MAX = 5
LABEL_LENGTH_MAX = 60
USES_KEPT = timedelta(days=1)
_TRIES = 20
# A secret to compare with when there is no such phone, so that a refusal takes the same time.
_NOBODYS_SECRET = secrets.token_bytes(member_codes.SECRET_BYTES)
_LIVE = (
    "SELECT device.id, device.handle, device.secret_encrypted, device.member_id FROM members_card_device AS device "
    "JOIN members_session AS session ON session.id = device.session_id "
    "JOIN members_member AS member ON member.id = device.member_id "
    "WHERE device.revoked_at IS NULL AND session.revoked_at IS NULL AND session.expires_at > %(now)s "
    "AND member.is_active AND member.erased_at IS NULL"
)


@dataclass(frozen=True, slots=True)
class Device:
    """A phone with its secret in clear; it leaves this module once, when the phone is registered."""

    id: UUID
    handle: str
    secret: bytes


def register(*, token_hash: bytes, label: str, now: datetime) -> Device:
    """Give the phone of a session a new secret; its older one and the sixth phone of a member are revoked.

    Raises ``SessionUnknown``.
    """
    session = _session(token_hash, now=now)
    db.execute(
        "UPDATE members_card_device SET revoked_at = %s WHERE session_id = %s AND revoked_at IS NULL",
        [now, session["id"]],
    )
    device = _insert(session, label=label.strip()[:LABEL_LENGTH_MAX], now=now)
    db.execute(
        "UPDATE members_card_device SET revoked_at = %s WHERE id IN ("
        "SELECT id FROM members_card_device WHERE member_id = %s AND revoked_at IS NULL "
        "ORDER BY created_at DESC, id DESC OFFSET %s)",
        [now, session["member_id"], DEVICES_MAX],
    )
    return device


def of_session(*, token_hash: bytes, now: datetime) -> Device:
    """Return the phone of a session, registering it when it has no secret yet. Raises ``SessionUnknown``."""
    row = db.row(f"{_LIVE} AND session.token_hash = %(hash)s", {"hash": token_hash, "now": now})
    return _device(row) if row else register(token_hash=token_hash, label="", now=now)


def claim(*, shown: member_codes.Shown, terminal_id: str, now: datetime) -> UUID | None:
    """Take a code for a till and return its member; ``None``: refused, for whatever reason.

    The UNIQUE key of a phone's window decides which till was first; the same till may read the code again.
    """
    row = db.row(f"{_LIVE} AND device.handle = %(handle)s", {"handle": shown.handle, "now": now})
    secret = _device(row).secret if row else _NOBODYS_SECRET
    window = member_codes.matching_window(secret=secret, shown=shown, now=now)
    if row is None or window is None:
        return None
    holder = db.value(
        # The update that changes nothing makes the row visible to whoever lost the race for it.
        'INSERT INTO members_code_use AS used (device_id, "window", terminal_id, at) VALUES (%s, %s, %s, %s) '
        'ON CONFLICT (device_id, "window") DO UPDATE SET at = used.at RETURNING terminal_id',
        [row["id"], window, terminal_id, now],
    )
    found: UUID = row["member_id"]
    return found if holder == terminal_id else None


def prune(*, now: datetime) -> int:
    """Forget which codes were read a day ago: their windows are over."""
    return db.execute("DELETE FROM members_code_use WHERE at < %s", [now - USES_KEPT])


def _session(token_hash: bytes, *, now: datetime) -> dict[str, Any]:
    row = db.row(
        "SELECT session.id, session.member_id FROM members_session AS session "
        "JOIN members_member AS member ON member.id = session.member_id WHERE session.token_hash = %s "
        "AND session.revoked_at IS NULL AND session.expires_at > %s AND member.is_active AND member.erased_at IS NULL",
        [token_hash, now],
    )
    if row is None:
        raise SessionUnknown
    return row


def _insert(session: dict[str, Any], *, label: str, now: datetime) -> Device:
    """Write the phone under a handle that nobody has; they are drawn at random, so one is found soon."""
    for _ in range(_TRIES):
        device_id, secret = uuid7(), secrets.token_bytes(member_codes.SECRET_BYTES)
        handle = f"{secrets.randbelow(10**member_codes.HANDLE_DIGITS):0{member_codes.HANDLE_DIGITS}d}"
        written = db.execute(
            "INSERT INTO members_card_device (id, handle, member_id, session_id, device_label, secret_encrypted, "
            "created_at) VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (handle) DO NOTHING",
            [
                device_id, handle, session["member_id"], session["id"], label,
                pii.seal(secret, places.of_card_secret(device_id)), now,
            ],
        )  # fmt: skip
        if written:
            return Device(device_id, handle, secret)
    raise RuntimeError("no handle is free: eight digits are too few for this many phones")


def _device(row: dict[str, Any]) -> Device:
    secret = pii.open_sealed(bytes(row["secret_encrypted"]), places.of_card_secret(row["id"]))
    return Device(row["id"], row["handle"], secret)
