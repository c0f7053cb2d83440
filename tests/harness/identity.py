"""Builders of staff, actors and devices: random names, known passwords and PINs, two-step sign-in where needed."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp
from django.contrib.auth.hashers import ScryptPasswordHasher

from quanyu.kernel.actor import SYSTEM, Actor, Scope
from quanyu.kernel.clock import system_clock
from quanyu.modules.identity import api
from quanyu.modules.identity.contracts import Device, DeviceKind, StaffMember
from quanyu.modules.organization.contracts import Location
from tests.harness import organization as chain

# The price of a guess is not what tests measure, and each person they make would cost half a second.
ScryptPasswordHasher.work_factor = 2

PASSWORD = "correct horse battery"
PIN = "2580"
USUAL_SCOPE = {
    "head_office": Scope.ALL,
    "auditor": Scope.ALL,
    "region_manager": Scope.SUBTREE,
    "dealer": Scope.SUBTREE,
}


@dataclass(frozen=True)
class Person:
    """A staff member with what he knows: password, PIN and the secret of his authenticator app."""

    member: StaffMember
    actor: Actor
    secret: str | None = None

    @property
    def id(self) -> int:
        return self.member.id

    @property
    def username(self) -> str:
        return self.member.username

    def code(self, now: datetime) -> str:
        """Return the code the app shows at a moment."""
        assert self.secret is not None
        return totp_code(self.secret, now)


def totp_code(secret: str, now: datetime) -> str:
    """Return the code of a secret at a moment."""
    return pyotp.TOTP(secret).at(now)


def make_person(
    role_code: str | None = "cashier",
    *,
    unit_id: int | None = None,
    scope: Scope | None = None,
    home_id: int | None = None,
    username: str | None = None,
    with_pin: bool = True,
    now: datetime | None = None,
) -> Person:
    """Create a person with a role at a unit (the enterprise, when none is given), ready to sign in."""
    at = now or system_clock.now()
    unit = chain.enterprise().id if unit_id is None else unit_id
    member = api.create_staff(
        username=username or f"u{secrets.token_hex(6)}",
        name="测试员",
        unit_id=unit if home_id is None else home_id,
        password=PASSWORD,
        pin=PIN if with_pin else None,
        actor=SYSTEM,
        now=at,
    )
    secret = None
    if role_code is not None:
        reach = scope or USUAL_SCOPE.get(role_code, Scope.STORE)
        api.assign_role(
            staff_id=member.id,
            role_code=role_code,
            scope=reach,
            unit_id=None if reach is Scope.ALL else unit,
            actor=SYSTEM,
            now=at,
        )
        if any(role.needs_totp for role in api.roles() if role.code == role_code):
            secret = turn_totp_on(member.id, now=at)
    actor = api.actor_for_staff(staff_id=member.id)
    return Person(api.staff(ids=[member.id])[member.id], actor, secret)


def turn_totp_on(staff_id: int, *, now: datetime) -> str:
    """Set two-step sign-in up, the code of five minutes ago used; return the secret."""
    actor = api.actor_for_staff(staff_id=staff_id)
    setup = api.start_totp(actor=actor)
    earlier = datetime.fromtimestamp(now.timestamp() - 300, tz=now.tzinfo)
    api.confirm_totp(actor=actor, code=totp_code(setup.secret, earlier), now=earlier)
    return setup.secret


def make_actor(role_code: str, *, unit_id: int | None = None, scope: Scope | None = None) -> Actor:
    """Create a person with a role and return him as an actor."""
    return make_person(role_code, unit_id=unit_id, scope=scope).actor


def make_device(
    *, store: Location | None = None, kind: DeviceKind = DeviceKind.POS, now: datetime | None = None
) -> tuple[Device, str]:
    """Enrol a device of a store; return it and its token."""
    at = now or system_clock.now()
    unit_id = (store or chain.make_store()).unit.id
    code = api.enrol_code(kind=kind, unit_id=unit_id, name=chain.random_code("T"), actor=SYSTEM, now=at)
    enrolled = api.enrol(code=code.code, now=at)
    return api.devices(ids=[enrolled.device_id])[enrolled.device_id], enrolled.token


def token_for(person: Person, *, now: datetime | None = None) -> str:
    """Sign a person in with password (and code) and return the token."""
    at = now or system_clock.now()
    code = person.code(at) if person.secret else None
    return api.sign_in(username=person.username, password=PASSWORD, totp=code, now=at).token
