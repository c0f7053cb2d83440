"""Staff codes that unlock a claim (CPN-09): made by staff for minutes, good for a few claims of one template."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from quanyu.modules.coupons.contracts import Template, UnlockCode, UnlockRefused
from quanyu.modules.coupons.rules import codes
from quanyu.platform import db, pii

_PURPOSE = "coupons.unlock"
_RANDOM_BYTES = 10


@dataclass(frozen=True, slots=True)
class Unlocked:
    """Whose code it was, and where."""

    staff_id: int
    store_id: int


def make(*, template: Template, staff_id: int, store_id: int, uses: int, lasts: timedelta, now: datetime) -> UnlockCode:
    """Make a code of 60 random bits for so many claims."""
    code = codes.encode(secrets.token_bytes(_RANDOM_BYTES))[: codes.UNLOCK_CHARACTERS]
    db.execute(
        "INSERT INTO coupons_unlock_code (template_id, staff_id, store_id, code_index, uses, created_at, expires_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [template.id, staff_id, store_id, pii.blind_index(code, _PURPOSE), uses, now, now + lasts],
    )
    return UnlockCode(
        text=codes.grouped(codes.with_check(code)), template_code=template.code, uses=uses, expires_at=now + lasts
    )


def use(*, template_id: int, text: str, now: datetime) -> Unlocked:
    """Use a code for one claim; exact under any number of claimers. Raises ``UnlockRefused``."""
    code = codes.read(text, characters=codes.UNLOCK_CHARACTERS)
    found = code and db.row(
        "UPDATE coupons_unlock_code SET used = used + 1 WHERE code_index = %s AND template_id = %s "
        "AND expires_at > %s AND used < uses RETURNING staff_id, store_id",
        [pii.blind_index(code, _PURPOSE), template_id, now],
    )
    if not found:
        raise UnlockRefused(field="staff_code")
    return Unlocked(staff_id=found["staff_id"], store_id=found["store_id"])


def prune(*, now: datetime, kept: timedelta = timedelta(days=1)) -> int:
    """Remove codes that ended a day ago; return how many."""
    return db.execute("DELETE FROM coupons_unlock_code WHERE expires_at < %s", [now - kept])
