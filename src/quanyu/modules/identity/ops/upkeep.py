"""Forget sign-ins that ended long ago; bring secrets and phones under the key ring's first key."""

from __future__ import annotations

from datetime import datetime, timedelta

from quanyu.modules.identity.ops import check_totp
from quanyu.modules.identity.queries import staff as staff_queries
from quanyu.platform import db, pii

KEPT = timedelta(days=30)


def prune(*, now: datetime) -> int:
    """Remove sign-ins that ended a month ago; the audit trail keeps that they were. Return how many."""
    return db.execute("DELETE FROM identity_access_token WHERE expires_at < %s", [now - KEPT])


def rewrap() -> int:
    """Encrypt anew what an earlier key encrypted; return how many people that concerned.

    A value that changed meanwhile is left alone: it is under the first key already.
    """
    changed = 0
    for row in db.rows(
        "SELECT id, phone_encrypted AS phone, totp_encrypted AS secret FROM identity_staff "
        "WHERE phone_encrypted IS NOT NULL OR totp_encrypted IS NOT NULL ORDER BY id"
    ):
        phone = _fresh(row["phone"], staff_queries.phone_place(row["id"]))
        secret = _fresh(row["secret"], check_totp.secret_place(row["id"]))
        if phone is None and secret is None:
            continue
        changed += db.execute(
            "UPDATE identity_staff SET phone_encrypted = coalesce(%s, phone_encrypted), "
            "totp_encrypted = coalesce(%s, totp_encrypted) WHERE id = %s "
            "AND phone_encrypted IS NOT DISTINCT FROM %s AND totp_encrypted IS NOT DISTINCT FROM %s",
            [phone, secret, row["id"], row["phone"], row["secret"]],
        )
    return changed


def _fresh(blob: bytes | None, place: str) -> bytes | None:
    """Return the value under the first key, ``None`` where there is nothing to do."""
    return None if blob is None or pii.is_current(bytes(blob)) else pii.rewrap(bytes(blob), place)
