"""What the staff API reads and writes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from quanyu.kernel.actor import Scope
from quanyu.modules.identity.contracts import DeviceKind
from quanyu.platform.http import BigId, OneLine, Schema

Username = Annotated[str, Field(min_length=1, max_length=60)]
Password = Annotated[str, Field(min_length=1, max_length=200)]
Code = Annotated[str, Field(pattern=r"^[0-9]{6}$")]
Pin = Annotated[str, Field(pattern=r"^[0-9]{4,8}$")]
Name = Annotated[OneLine, Field(min_length=1, max_length=60)]
Phone = Annotated[str, Field(max_length=20, pattern=r"^\+?[0-9 -]*$")]
Language = Annotated[str, Field(pattern=r"^(zh-hans|en)$")]
Permission = Annotated[str, Field(max_length=60)]


class SignInIn(Schema):
    """Name and password; ``code`` where two-step sign-in is on."""

    username: Username
    password: Password
    code: Code | None = None


class RoleGivenOut(Schema):
    """A role that somebody has, and how far it reaches."""

    id: BigId
    role_code: str
    role_name: str
    role_name_en: str
    scope: Scope
    unit_id: BigId | None


class StaffOut(Schema):
    """A person; the phone is masked."""

    id: BigId
    username: str
    name: str
    unit_id: BigId
    language: str
    phone_masked: str
    is_active: bool
    has_password: bool
    has_pin: bool
    has_totp: bool
    roles: list[RoleGivenOut]


class SessionOut(Schema):
    """A sign-in; the token is shown this once. ``verified``: proved by a code."""

    token: str
    expires_at: datetime
    verified: bool
    staff: StaffOut


class GrantOut(Schema):
    """Permission patterns and how far they reach."""

    permissions: list[str]
    scope: Scope
    unit_id: BigId | None


class MeOut(Schema):
    """Oneself, and what counts in this sign-in (for greying buttons; doors decide again)."""

    staff: StaffOut
    grants: list[GrantOut]


class TotpOut(Schema):
    """The secret for an authenticator app; ``uri`` is what its QR code holds."""

    secret: str
    uri: str


class CodeIn(Schema):
    """A six-digit code."""

    code: Code


class ProofIn(Schema):
    """A code, or the password where no code is set up."""

    code: Code | None = None
    password: Password | None = None


class OwnPasswordIn(Schema):
    """One's own new password, and the present one."""

    current_password: Password
    password: Password


class OwnPinIn(Schema):
    """One's own new PIN, and the password."""

    current_password: Password
    pin: Pin


class StaffIn(Schema):
    """Somebody new."""

    username: Username
    name: Name
    unit_id: BigId
    password: Password | None = None
    pin: Pin | None = None
    phone: Phone = ""
    language: Language = "zh-hans"


class StaffChangeIn(Schema):
    """What changes; what is left out stays."""

    name: Name | None = None
    unit_id: BigId | None = None
    phone: Phone | None = None
    language: Language | None = None


class PasswordIn(Schema):
    """A password that a manager sets."""

    password: Password


class PinIn(Schema):
    """A PIN that a manager sets."""

    pin: Pin


class RoleGivenIn(Schema):
    """A role to give: ``unit_id`` for the scopes ``subtree`` and ``store``."""

    role_code: Annotated[str, Field(min_length=1, max_length=30)]
    scope: Scope
    unit_id: BigId | None = None


class RoleOut(Schema):
    """A role; built-in ones come with the product."""

    code: str
    name: str
    name_en: str
    permissions: list[str]
    needs_totp: bool
    is_built_in: bool


class DeviceIn(Schema):
    """A device to come."""

    kind: DeviceKind
    unit_id: BigId
    name: Name


class DeviceOut(Schema):
    """A till, kiosk or phone."""

    id: UUID
    kind: DeviceKind
    unit_id: BigId
    name: str
    enrolled_at: datetime | None
    last_seen_at: datetime | None
    revoked_at: datetime | None


class EnrolmentCodeOut(Schema):
    """The code to type at the device: once, until ``expires_at``."""

    device_id: UUID
    code: str
    expires_at: datetime


class EnrolIn(Schema):
    """The code as it was typed."""

    code: Annotated[str, Field(min_length=4, max_length=40)]


class EnrolledOut(Schema):
    """The device's token, shown this once."""

    device_id: UUID
    token: str
    kind: DeviceKind
    unit_id: BigId


class ClientIn(Schema):
    """Other software: what it may do at and below a unit."""

    name: Annotated[OneLine, Field(min_length=1, max_length=80)]
    unit_id: BigId
    permissions: Annotated[list[Permission], Field(min_length=1, max_length=100)]


class ClientOut(Schema):
    """Other software that was let in."""

    id: UUID
    name: str
    unit_id: BigId
    permissions: list[str]
    revoked_at: datetime | None


class IssuedClientOut(Schema):
    """Its token, shown this once."""

    client_id: UUID
    token: str
