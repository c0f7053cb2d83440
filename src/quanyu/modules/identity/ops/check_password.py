"""Check the password of a staff member; nothing in the answer says which part was wrong."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth import hashers

from quanyu.modules.identity.contracts import SignInLocked, SignInRefused
from quanyu.modules.identity.ops import tries
from quanyu.platform import db, rate


def check_password(*, username: str, password: str, now: datetime) -> int:
    """Return the id of the active staff member. Raises ``SignInRefused`` or ``SignInLocked``.

    Twenty wrong ones lock the name for fifteen minutes. Call it outside of transactions: a try is
    paid for, and committed, before it is looked at.
    """
    claimed = tries.claim(tries.PASSWORD, username, now=now)
    if claimed is None:
        tries.refuse_locked(tries.PASSWORD, username, now=now)
        _refuse_unknown(username, password, now=now)
        raise SignInRefused
    if not _matches(claimed["id"], password, encoded=claimed["encoded"]):
        if claimed["failed"] >= tries.PASSWORD.wrong_max:
            raise SignInLocked(retry_after_s=int(tries.LOCK.total_seconds()))
        raise SignInRefused
    tries.forgive(tries.PASSWORD, claimed["id"])
    return int(claimed["id"])


def _refuse_unknown(username: str, password: str, *, now: datetime) -> None:
    """Lock names that nobody has like those that somebody has, and as slowly: neither may tell them apart."""
    window_s = int(tries.LOCK.total_seconds())
    try:
        rate.hit("identity.unknown_name", tries.folded(username), tries.PASSWORD.wrong_max - 1, window_s, now)
    except rate.RateLimited as failure:
        raise SignInLocked(**failure.params) from failure
    hashers.make_password(password)


def _matches(staff_id: int, password: str, *, encoded: str) -> bool:
    def keep(stronger: str) -> None:
        # Django calls this when the settings ask for a stronger hash than the stored one.
        db.execute(
            "UPDATE identity_staff SET password = %s WHERE id = %s AND password = %s",
            [hashers.make_password(stronger), staff_id, encoded],
        )

    return hashers.check_password(password, encoded, setter=keep)
