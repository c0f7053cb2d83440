"""Passwords and PINs: how they are stored, and how they are changed."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import Invalid
from quanyu.modules.identity.models import Staff
from quanyu.modules.identity.ops import check_pin, sessions
from quanyu.modules.identity.rules import authority, codes
from quanyu.platform import audit, db


def encoded_password(password: str, *, username: str, name: str) -> str:
    """Return the hash of a password that is long and unusual enough. Raises ``Invalid``."""
    try:
        validate_password(password, Staff(username=username, name=name))
    except ValidationError as failure:
        raise Invalid(field="password", reason=" ".join(failure.messages)) from failure
    return make_password(password)


def encoded_pin(staff_id: int, pin: str) -> str:
    """Return the hash of a PIN. Raises ``Invalid`` for one that anybody would try first."""
    return make_password(check_pin.peppered(staff_id, codes.check_pin(pin)))


def set_password(*, staff_id: int, password: str, actor: Actor, keep_token: str | None, now: datetime) -> None:
    """Set a password, lift its lock, and end every sign-in but the one it is done from."""
    staff = db.row("SELECT username, name FROM identity_staff WHERE id = %s", [staff_id])
    assert staff is not None
    db.execute(
        "UPDATE identity_staff SET password = %s, failed_passwords = 0, password_locked_until = NULL, "
        "password_set_by = coalesce(%s, password_set_by) WHERE id = %s",
        [
            encoded_password(password, username=staff["username"], name=staff["name"]),
            _somebody_else(actor, staff_id),
            staff_id,
        ],
    )
    sessions.end_all(staff_id=staff_id, now=now, except_token=keep_token)
    _record("identity.set_password", staff_id, actor=actor, now=now)


def set_pin(*, staff_id: int, pin: str, actor: Actor, now: datetime) -> None:
    """Set a PIN and lift its lock."""
    db.execute(
        "UPDATE identity_staff SET pin_hash = %s, failed_pins = 0, locked_until = NULL, "
        "pin_set_by = coalesce(%s, pin_set_by) WHERE id = %s",
        [encoded_pin(staff_id, pin), _somebody_else(actor, staff_id), staff_id],
    )
    _record("identity.set_pin", staff_id, actor=actor, now=now)


def _somebody_else(actor: Actor, staff_id: int) -> str | None:
    """Return who sets it; ``None`` for the person himself, who may be somebody that was just given his secret."""
    return None if authority.is_self(actor, staff_id) else actor.signature


def _record(action: str, staff_id: int, *, actor: Actor, now: datetime) -> None:
    audit.record(actor=actor, action=action, subject_kind="staff", subject_id=staff_id, now=now)
