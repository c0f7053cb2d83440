"""People: hiring, changing, letting go, and their passwords and PINs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from quanyu.kernel.actor import Actor, ActorKind
from quanyu.modules.identity.api.authority import EDIT, VIEW, Own, demand, demand_staff
from quanyu.modules.identity.contracts import StaffMember
from quanyu.modules.identity.ops import check_password as _check_password
from quanyu.modules.identity.ops import create_staff as _create_staff
from quanyu.modules.identity.ops import credentials as _credentials
from quanyu.modules.identity.ops import deactivate_staff as _deactivate_staff
from quanyu.modules.identity.ops import totp as _totp
from quanyu.modules.identity.queries import reach as _reach
from quanyu.modules.identity.queries import staff as _staff
from quanyu.modules.identity.rules import authority as _authority
from quanyu.platform import db

LIST_MAX = 101


def staff(*, ids: Iterable[int]) -> dict[int, StaffMember]:
    """Return these people, those who left too. Asks for no permission: for names beside rows one may see."""
    return _staff.staff(ids)


def names_at(*, unit_id: int) -> list[tuple[int, str]]:
    """Return (id, name) of the people of a unit who have not left. Asks for no permission: for their own tills."""
    return _staff.of_unit(unit_id)


def staff_by_username(*, username: str) -> StaffMember:
    """Return the person who signs in by this name. Raises ``StaffUnknown``."""
    return _staff.by_username(username)


def staff_by_usernames(*, usernames: Iterable[str]) -> dict[str, StaffMember]:
    """Return the people who sign in by these names, by the name in lower case; one query. Asks for no permission."""
    return _staff.by_usernames(usernames)


def staff_with_phones(*, phones: Mapping[int, str]) -> frozenset[int]:
    """Return which people (by id) have the phone that is said of them; one query."""
    return _staff.with_phones(phones)


def staff_member(*, staff_id: int, actor: Actor) -> StaffMember:
    """Return one person whom the actor may see (oneself always). Raises ``StaffUnknown`` (404) or ``Forbidden``."""
    return demand_staff(actor, VIEW, staff_id=staff_id)


def list_staff(*, actor: Actor, text: str = "", after_id: int = 0, limit: int = 20) -> list[StaffMember]:
    """Return people of the units the actor may see, by id. Nobody is seen without a permission but oneself."""
    own_id = int(actor.id) if actor.kind is ActorKind.STAFF else None
    units = _reach.visible_unit_ids(actor, VIEW)
    return _staff.page(unit_ids=units, own_id=own_id, text=text, after_id=after_id, limit=min(limit, LIST_MAX))


def create_staff(
    *,
    username: str,
    name: str,
    unit_id: int,
    password: str | None = None,
    pin: str | None = None,
    phone: str = "",
    language: str = "zh-hans",
    actor: Actor,
    now: datetime,
) -> StaffMember:
    """Take somebody on, without any role yet. Raises ``Invalid`` or ``UsernameTaken``."""
    demand(actor, EDIT, unit_id=unit_id)
    return db.in_transaction(
        lambda: _create_staff.create_staff(
            username=username,
            name=name,
            unit_id=unit_id,
            password=password,
            pin=pin,
            phone=phone,
            language=language,
            actor=actor,
            now=now,
        )
    )


def update_staff(
    *,
    staff_id: int,
    name: str | None = None,
    unit_id: int | None = None,
    phone: str | None = None,
    language: str | None = None,
    actor: Actor,
    now: datetime,
) -> StaffMember:
    """Change what is given: oneself only phone and language, others' all within reach, as the new unit must be.

    Raises ``StaffUnknown``, ``UnitUnknown``, ``Forbidden`` or ``Invalid``.
    """
    own = Own.FREE if name is None and unit_id is None else Own.LIKE_OTHERS
    demand_staff(actor, EDIT, staff_id=staff_id, own=own)
    if unit_id is not None:
        demand(actor, EDIT, unit_id=unit_id)
    return db.in_transaction(
        lambda: _create_staff.update_staff(
            staff_id=staff_id, name=name, unit_id=unit_id, phone=phone, language=language, actor=actor, now=now
        )
    )


def deactivate_staff(*, staff_id: int, actor: Actor, now: datetime) -> None:
    """Let somebody else go; every sign-in ends with it. Raises ``StaffUnknown`` or ``BeyondAuthority``."""
    demand_staff(actor, EDIT, staff_id=staff_id, outranked=True, own=Own.REFUSED)
    db.in_transaction(lambda: _deactivate_staff.deactivate_staff(staff_id=staff_id, actor=actor, now=now))


def reactivate_staff(*, staff_id: int, actor: Actor, now: datetime) -> None:
    """Take somebody back with the roles he had. Raises ``StaffUnknown`` or ``BeyondAuthority``."""
    demand_staff(actor, EDIT, staff_id=staff_id, outranked=True, own=Own.REFUSED)
    db.in_transaction(lambda: _deactivate_staff.reactivate_staff(staff_id=staff_id, actor=actor, now=now))


def set_password(
    *,
    staff_id: int,
    password: str,
    current_password: str = "",
    keep_token: str | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Set a password; sign-ins end, but for ``keep_token``'s. One's own needs the present one.

    Raises ``StaffUnknown``, ``BeyondAuthority``, ``SignInRefused`` (present one wrong) or ``Invalid``.
    """
    member = demand_staff(actor, EDIT, staff_id=staff_id, outranked=True)
    if _authority.is_self(actor, staff_id):
        _check_password.check_password(username=member.username, password=current_password, now=now)
    db.in_transaction(
        lambda: _credentials.set_password(
            staff_id=staff_id, password=password, actor=actor, keep_token=keep_token, now=now
        )
    )


def set_pin(*, staff_id: int, pin: str, current_password: str = "", actor: Actor, now: datetime) -> None:
    """Set a PIN and lift its lock. One's own needs one's password. Raises as :func:`set_password`."""
    member = demand_staff(actor, EDIT, staff_id=staff_id, outranked=True)
    if _authority.is_self(actor, staff_id):
        _check_password.check_password(username=member.username, password=current_password, now=now)
    db.in_transaction(lambda: _credentials.set_pin(staff_id=staff_id, pin=pin, actor=actor, now=now))


def reset_totp(*, staff_id: int, actor: Actor, now: datetime) -> None:
    """Turn somebody's two-step sign-in off (a lost phone), never one's own. Raises ``BeyondAuthority``."""
    demand_staff(actor, EDIT, staff_id=staff_id, outranked=True, own=Own.REFUSED)
    db.in_transaction(lambda: _totp.reset_totp(staff_id=staff_id, actor=actor, now=now))
