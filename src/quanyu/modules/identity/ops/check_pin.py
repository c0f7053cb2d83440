"""Check the PIN of a staff member at a device: five wrong ones lock it for fifteen minutes, whatever comes at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NoReturn

from django.contrib.auth import hashers

from quanyu.modules.identity.contracts import SignInLocked, SignInRefused
from quanyu.modules.identity.rules import codes
from quanyu.platform import db, pii

WRONG_MAX = 5
LOCK = timedelta(minutes=15)


def peppered(staff_id: int, pin: str) -> str:
    """Return a PIN mixed with the installation's key: a stolen table alone gives no PIN away."""
    return pii.blind_index(f"{staff_id}|{pin}", "staff.pin").hex()


def check_pin(*, username: str, pin: str, now: datetime) -> int:
    """Return the id of the active staff member. Raises ``SignInRefused`` or ``SignInLocked``.

    A try is paid for before it is looked at, and committed, so that many at once get no more than
    five. Call it outside of transactions.
    """
    claimed = claim_try(codes.folded(username), now=now)
    if claimed is None:
        _refuse(codes.folded(username), pin, now=now)
    if not hashers.check_password(peppered(claimed["id"], pin), claimed["pin_hash"]):
        if claimed["failed_pins"] >= WRONG_MAX:
            raise SignInLocked(retry_after_s=int(LOCK.total_seconds()))
        raise SignInRefused
    db.execute("UPDATE identity_staff SET failed_pins = 0, locked_until = NULL WHERE id = %s", [claimed["id"]])
    return int(claimed["id"])


def claim_try(username: str, *, now: datetime) -> dict[str, Any] | None:
    """Count one try in one conditional statement; ``None`` when locked or there is nobody to try."""
    return db.row(
        "UPDATE identity_staff SET "
        "failed_pins = CASE WHEN locked_until IS NULL THEN failed_pins + 1 ELSE 1 END, "
        "locked_until = CASE WHEN locked_until IS NULL AND failed_pins + 1 >= %(most)s THEN %(until)s END "
        "WHERE lower(username) = %(username)s AND is_active AND pin_hash <> '' "
        "AND (locked_until IS NULL OR locked_until <= %(now)s) "
        "RETURNING id, pin_hash, failed_pins",
        {"username": username[:60], "most": WRONG_MAX, "until": now + LOCK, "now": now},
    )


def _refuse(username: str, pin: str, *, now: datetime) -> NoReturn:
    locked_until = db.value(
        "SELECT locked_until FROM identity_staff WHERE lower(username) = %s AND is_active AND locked_until > %s",
        [username[:60], now],
    )
    if locked_until is not None:
        raise SignInLocked(retry_after_s=int((locked_until - now).total_seconds()) + 1)
    # As slow as for somebody who exists.
    hashers.make_password(pin)
    raise SignInRefused
