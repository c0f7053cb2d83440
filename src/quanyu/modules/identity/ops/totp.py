"""Turn two-step sign-in on and off."""

from __future__ import annotations

from datetime import datetime

import pyotp

from quanyu.kernel.actor import Actor
from quanyu.modules.identity.contracts import TotpAlreadyOn, TotpSetup
from quanyu.modules.identity.ops import check_totp, sessions
from quanyu.platform import audit, db, pii

ISSUER = "Quanyu"


def start_totp(*, staff_id: int, username: str) -> TotpSetup:
    """Make a new secret that counts once a code of it was shown. Raises ``TotpAlreadyOn``."""
    secret = pyotp.random_base32()
    changed = db.execute(
        "UPDATE identity_staff SET totp_encrypted = %s, totp_last_step = 0 WHERE id = %s AND totp_confirmed_at IS NULL",
        [pii.encrypt(secret, check_totp.secret_place(staff_id)), staff_id],
    )
    if not changed:
        raise TotpAlreadyOn
    uri = pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)
    return TotpSetup(secret=secret, uri=uri)


def confirm_totp(*, staff_id: int, actor: Actor, keep_token: str | None, now: datetime) -> None:
    """Turn it on after a right code; other sign-ins, made without one, end. Raises ``TotpAlreadyOn``."""
    changed = db.execute(
        "UPDATE identity_staff SET totp_confirmed_at = %s "
        "WHERE id = %s AND totp_confirmed_at IS NULL AND totp_encrypted IS NOT NULL",
        [now, staff_id],
    )
    if not changed:
        raise TotpAlreadyOn
    sessions.end_all(staff_id=staff_id, now=now, except_token=keep_token)
    if keep_token is not None:
        sessions.mark_verified(token=keep_token, now=now)
    audit.record(actor=actor, action="identity.totp_on", subject_kind="staff", subject_id=staff_id, now=now)


def reset_totp(*, staff_id: int, actor: Actor, now: datetime) -> None:
    """Turn it off, for a person with a new phone; every sign-in ends."""
    db.execute(
        "UPDATE identity_staff SET totp_encrypted = NULL, totp_confirmed_at = NULL, totp_last_step = 0, "
        "totp_reset_by = %s WHERE id = %s",
        [actor.signature, staff_id],
    )
    sessions.end_all(staff_id=staff_id, now=now)
    audit.record(actor=actor, action="identity.totp_reset", subject_kind="staff", subject_id=staff_id, now=now)
