"""Check the PIN of a staff member at a device: five wrong ones lock it for fifteen minutes, twenty until tomorrow.

A PIN of four digits has ten thousand values: with the short lock alone a patient colleague would try 480 a day.
"""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth import hashers

from quanyu.modules.identity.contracts import SignInLocked, SignInRefused
from quanyu.modules.identity.ops import tries
from quanyu.platform import pii, rate

WRONG_A_DAY_MAX = 20
_DAY_S = 86_400


def peppered(staff_id: int, pin: str) -> str:
    """Return a PIN mixed with the installation's key: a stolen table alone gives no PIN away."""
    return pii.blind_index(f"{staff_id}|{pin}", "staff.pin").hex()


def check_pin(*, username: str, pin: str, now: datetime) -> int:
    """Return the id of the active staff member. Raises ``SignInRefused`` or ``SignInLocked``.

    Call it outside of transactions: a try is paid for, and committed, before it is looked at.
    """
    claimed = tries.claim(tries.PIN, username, now=now)
    if claimed is None:
        tries.refuse_locked(tries.PIN, username, now=now)
        # As slow as for somebody who exists.
        hashers.make_password(pin)
        raise SignInRefused
    # Bound to the PIN: whoever is given another one begins anew.
    subject = f"{claimed['id']}|{claimed['encoded']}"
    try:
        with rate.guessing("identity.pin", subject, WRONG_A_DAY_MAX, _DAY_S, now, wrong=SignInRefused):
            if not hashers.check_password(peppered(claimed["id"], pin), claimed["encoded"]):
                raise SignInRefused
    except rate.RateLimited as failure:
        raise SignInLocked(**failure.params) from failure
    except SignInRefused:
        if claimed["failed"] >= tries.PIN.wrong_max:
            raise SignInLocked(retry_after_s=int(tries.LOCK.total_seconds())) from None
        raise
    tries.forgive(tries.PIN, claimed["id"])
    return int(claimed["id"])
