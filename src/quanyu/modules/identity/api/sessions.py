"""Signing in and out, and two-step sign-in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanyu.kernel.actor import Actor, ActorKind
from quanyu.kernel.problem import Unauthenticated
from quanyu.modules.identity.contracts import CodeRequired, Device, SignInLocked, SignInRefused, StaffSession, TotpSetup
from quanyu.modules.identity.ops import check_password as _check_password
from quanyu.modules.identity.ops import check_pin as _check_pin
from quanyu.modules.identity.ops import check_totp as _check_totp
from quanyu.modules.identity.ops import sessions as _sessions
from quanyu.modules.identity.ops import totp as _totp
from quanyu.modules.identity.queries import actors as _actors
from quanyu.modules.identity.queries import reach as _reach
from quanyu.modules.identity.queries import staff as _staff
from quanyu.platform import db, rate

# Whole offices sit behind one address; the name is what is limited tightly.
_ADDRESS_TRIES = 300
_ADDRESS_WINDOW_S = 900


def sign_in(
    *,
    username: str,
    password: str,
    totp: str | None = None,
    device: Device | None = None,
    request: Any = None,
    now: datetime,
) -> StaffSession:
    """Sign in with password, and with a code where two-step sign-in is on.

    Raises ``SignInRefused``, ``CodeRequired``, ``CodeWrong`` or ``SignInLocked``. ``request`` (Django's)
    only tells the address, whose tries are counted. Never inside a transaction.
    """
    address = "" if request is None else request.META.get("REMOTE_ADDR", "")
    if address:
        _count(address, now=now)
    staff_id = _check_password.check_password(username=username, password=password, now=now)
    verified = _staff.totp_is_on(staff_id)
    if verified:
        if not totp:
            raise CodeRequired(field="code")
        _check_totp.check_totp(staff_id=staff_id, code=totp, now=now)
    return db.in_transaction(
        lambda: _sessions.open_session(staff_id=staff_id, device=device, verified=verified, now=now)
    )


def sign_in_at_device(*, device: Device, username: str, pin: str, now: datetime) -> StaffSession:
    """Sign in with a PIN at an enrolled device of a store where one works.

    Raises ``SignInRefused`` or ``SignInLocked`` (five wrong PINs: fifteen minutes). Roles that need
    two-step sign-in do not count in such a session. Never inside a transaction.
    """
    staff_id = _check_pin.check_pin(username=username, pin=pin, now=now)
    reachable = Actor(kind=ActorKind.STAFF, id=str(staff_id), grants=_actors.grants_of(staff_id))
    if not _reach.works_at(reachable, unit_id=device.unit_id):
        raise SignInRefused
    return db.in_transaction(lambda: _sessions.open_session(staff_id=staff_id, device=device, verified=False, now=now))


def sign_out(*, token: str, now: datetime) -> None:
    """End the sign-in of a token; nothing happens when it had ended."""
    db.in_transaction(lambda: _sessions.end_session(token=token, now=now))


def check_password(*, username: str, password: str, now: datetime) -> int:
    """Return the id of the staff member. For Django's sign-in. Raises ``SignInRefused`` or ``SignInLocked``."""
    return _check_password.check_password(username=username, password=password, now=now)


def totp_is_on(*, staff_id: int) -> bool:
    """Tell whether the person signs in with a code as well."""
    return _staff.totp_is_on(staff_id)


def prove_code(*, staff_id: int, code: str, now: datetime) -> None:
    """Use up a six-digit code. Raises ``CodeWrong`` (also for one used before) or ``SignInLocked``."""
    _check_totp.check_totp(staff_id=staff_id, code=code, now=now)


def start_totp(*, actor: Actor) -> TotpSetup:
    """Give the actor a new secret for an authenticator app. Raises ``TotpAlreadyOn``."""
    member = _staff.get(_own_id(actor))
    return db.in_transaction(lambda: _totp.start_totp(staff_id=member.id, username=member.username))


def confirm_totp(*, actor: Actor, code: str, token: str | None = None, now: datetime) -> None:
    """Turn two-step sign-in on by a first code; sign-ins other than ``token``'s end.

    Raises ``CodeWrong``, ``SignInLocked`` or ``TotpAlreadyOn``.
    """
    staff_id = _own_id(actor)
    _check_totp.check_totp(staff_id=staff_id, code=code, now=now)
    db.in_transaction(lambda: _totp.confirm_totp(staff_id=staff_id, actor=actor, keep_token=token, now=now))


def step_up(*, token: str, actor: Actor, code: str = "", password: str = "", now: datetime) -> None:
    """Prove the person once more, for acts that need it: by a code, or the password where no code is set up.

    Raises ``CodeRequired``, ``CodeWrong``, ``SignInRefused`` or ``SignInLocked``.
    """
    prove_person(actor=actor, code=code, password=password, now=now)
    db.in_transaction(lambda: _sessions.mark_verified(token=token, now=now))


def prove_person(*, actor: Actor, code: str = "", password: str = "", now: datetime) -> None:
    """Check that it is the person himself: by a code, or the password where no code is set up.

    Raises ``CodeRequired``, ``CodeWrong``, ``SignInRefused`` or ``SignInLocked``. Never inside a transaction.
    """
    staff_id = _own_id(actor)
    if _staff.totp_is_on(staff_id):
        if not code:
            raise CodeRequired(field="code")
        _check_totp.check_totp(staff_id=staff_id, code=code, now=now)
        return
    member = _staff.get(staff_id)
    _check_password.check_password(username=member.username, password=password, now=now)


def _own_id(actor: Actor) -> int:
    if actor.kind is not ActorKind.STAFF:
        raise Unauthenticated
    return int(actor.id)


def _count(address: str, *, now: datetime) -> None:
    try:
        rate.hit("identity.address", rate.household(address), _ADDRESS_TRIES, _ADDRESS_WINDOW_S, now)
    except rate.RateLimited as failure:
        raise SignInLocked(**failure.params) from failure
