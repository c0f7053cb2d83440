"""Count tries at a password or PIN before they are looked at, so that many at once get no more than allowed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from quanyu.modules.identity.contracts import SignInLocked
from quanyu.modules.identity.rules import codes
from quanyu.platform import db

LOCK = timedelta(minutes=15)
USERNAME_LENGTH_MAX = 60


@dataclass(frozen=True, slots=True)
class Secret:
    """What is tried at: the columns of its hash, its count of wrong tries in a row, and its lock."""

    hash: str
    failed: str
    locked_until: str
    wrong_max: int


PASSWORD = Secret(hash="password", failed="failed_passwords", locked_until="password_locked_until", wrong_max=20)
PIN = Secret(hash="pin_hash", failed="failed_pins", locked_until="locked_until", wrong_max=5)


def claim(secret: Secret, username: str, *, now: datetime) -> dict[str, Any] | None:
    """Count one try in one conditional statement and return ``id``, ``encoded`` and ``failed``.

    ``None`` when the secret is locked, not set, or nobody active signs in by this name. The last
    allowed try sets the lock; a right one lifts it (:func:`forgive`).
    """
    return db.row(
        # The names come from the two constants above.
        f"UPDATE identity_staff SET "  # noqa: S608
        f"{secret.failed} = CASE WHEN {secret.locked_until} IS NULL THEN {secret.failed} + 1 ELSE 1 END, "
        f"{secret.locked_until} = CASE WHEN {secret.locked_until} IS NULL AND {secret.failed} + 1 >= %(most)s "
        "THEN %(until)s END "
        f"WHERE lower(username) = %(username)s AND is_active AND {secret.hash} <> '' "
        f"AND ({secret.locked_until} IS NULL OR {secret.locked_until} <= %(now)s) "
        f"RETURNING id, {secret.hash} AS encoded, {secret.failed} AS failed",
        {"username": folded(username), "most": secret.wrong_max, "until": now + LOCK, "now": now},
    )


def forgive(secret: Secret, staff_id: int) -> None:
    """Forget wrong tries after a right one."""
    db.execute(
        f"UPDATE identity_staff SET {secret.failed} = 0, {secret.locked_until} = NULL WHERE id = %s",  # noqa: S608
        [staff_id],
    )


def refuse_locked(secret: Secret, username: str, *, now: datetime) -> None:
    """Raise ``SignInLocked`` when the lock holds."""
    until = db.value(
        f"SELECT {secret.locked_until} FROM identity_staff "  # noqa: S608
        f"WHERE lower(username) = %s AND is_active AND {secret.locked_until} > %s",
        [folded(username), now],
    )
    if until is not None:
        raise SignInLocked(retry_after_s=int((until - now).total_seconds()) + 1)


def folded(username: str) -> str:
    """Return a typed sign-in name as it is compared."""
    return codes.folded(username)[:USERNAME_LENGTH_MAX]
