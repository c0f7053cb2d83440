"""Check a code of the two-step sign-in: each works once, and guessing is limited."""

from __future__ import annotations

import hmac
from datetime import datetime

import pyotp

from quanyu.modules.identity.contracts import CodeWrong, SignInLocked
from quanyu.modules.identity.rules import codes
from quanyu.platform import db, pii, rate

STEP_S = 30
# A phone's clock may be one step ahead or behind.
DRIFT_STEPS = (0, -1, 1)
TRIES = 6
WINDOW_S = 600
# Three codes of a million are right at a moment: whoever stole a password gets no more than this.
WRONG_A_DAY_MAX = 30
_DAY_S = 86_400


def secret_place(staff_id: int) -> str:
    """Return the place to which the secret's encryption is bound."""
    return f"identity_staff|totp_encrypted|{staff_id}"


def check_totp(*, staff_id: int, code: str, now: datetime) -> None:
    """Use up a code. Raises ``CodeWrong`` (also for one used before) or ``SignInLocked``.

    Call it outside of transactions: a wrong try is remembered whatever happens later.
    """
    try:
        rate.hit("identity.totp", str(staff_id), TRIES, WINDOW_S, now)
        with rate.guessing("identity.totp_day", str(staff_id), WRONG_A_DAY_MAX, _DAY_S, now, wrong=CodeWrong):
            _use_up(staff_id=staff_id, code=code, now=now)
    except rate.RateLimited as failure:
        raise SignInLocked(**failure.params) from failure


def _use_up(*, staff_id: int, code: str, now: datetime) -> None:
    encrypted = db.value("SELECT totp_encrypted FROM identity_staff WHERE id = %s AND is_active", [staff_id])
    if encrypted is None or not codes.is_code(code):
        raise CodeWrong
    secret = pii.decrypt(bytes(encrypted), secret_place(staff_id))
    step = _matching_step(secret, code, now)
    if step is None or not use_step(staff_id, step):
        raise CodeWrong


def use_step(staff_id: int, step: int) -> bool:
    """Take a step and all before it out of use; false when somebody was quicker (a replay)."""
    changed = db.execute(
        "UPDATE identity_staff SET totp_last_step = %s WHERE id = %s AND totp_last_step < %s", [step, staff_id, step]
    )
    return changed == 1


def _matching_step(secret: str, code: str, now: datetime) -> int | None:
    generator = pyotp.TOTP(secret, interval=STEP_S)
    present = int(now.timestamp()) // STEP_S
    steps = (present + drift for drift in DRIFT_STEPS)
    return next((step for step in steps if hmac.compare_digest(generator.generate_otp(step), code)), None)
