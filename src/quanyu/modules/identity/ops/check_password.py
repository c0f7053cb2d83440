"""Check the password of a staff member. The hash is upgraded in passing; nothing says which part was wrong."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth import hashers

from quanyu.modules.identity.contracts import SignInLocked, SignInRefused
from quanyu.modules.identity.rules import codes
from quanyu.platform import db, rate

TRIES = 20
WINDOW_S = 900


def check_password(*, username: str, password: str, now: datetime) -> int:
    """Return the id of the active staff member. Raises ``SignInRefused`` or ``SignInLocked``.

    Tries are counted per name, whether such a person exists or not. Call it outside of transactions.
    """
    name = codes.folded(username)[:60]
    try:
        rate.hit("identity.password", name, TRIES, WINDOW_S, now)
    except rate.RateLimited as failure:
        raise SignInLocked(**failure.params) from failure
    found = db.row(
        "SELECT id, password, is_active FROM identity_staff WHERE lower(username) = %s",
        [name],
    )
    if found is None:
        # As slow as for somebody who exists: the time must not tell names.
        hashers.make_password(password)
        raise SignInRefused
    matches = matches_password(found["id"], password, encoded=found["password"])
    if not matches or not found["is_active"]:
        raise SignInRefused
    return int(found["id"])


def matches_password(staff_id: int, password: str, *, encoded: str) -> bool:
    """Tell whether the password is the one of this hash; keep a stronger hash when the settings ask for it."""

    def keep(stronger: str) -> None:
        db.execute(
            "UPDATE identity_staff SET password = %s WHERE id = %s AND password = %s",
            [hashers.make_password(stronger), staff_id, encoded],
        )

    return hashers.check_password(password, encoded, setter=keep)
