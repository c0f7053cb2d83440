"""What crosses identity's door: staff, roles, sessions, devices, API clients, and refusals."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from quanyu.kernel.actor import Actor, Scope
from quanyu.kernel.problem import N_, Conflict, Forbidden, NotFound, Problem, Unauthenticated


@dataclass(frozen=True, slots=True)
class Wanted:
    """A permission that an actor needs at a unit (``None``: over everything). ``path``: the unit's, where known."""

    actor: Actor
    permission: str
    unit_id: int | None
    path: tuple[int, ...] | None = None


class DeviceKind(StrEnum):
    """What a device is used as."""

    POS = "pos"
    KIOSK = "kiosk"
    PHONE = "phone"


class SignInRefused(Unauthenticated):
    """Name, password or PIN is wrong, the person left or does not work here: one answer for all of it."""

    code = "identity.sign_in_refused"
    title = N_("The sign-in name, the password or the PIN is not right.")
    remedy = N_("Check what you typed; ask your manager when you have forgotten it.")


class SignInLocked(Problem):
    """Too many wrong tries; ``retry_after_s`` says how long the lock holds."""

    code = "identity.locked"
    status = 429
    title = N_("Too many wrong tries. The sign-in is locked for a while.")
    remedy = N_("Wait %(retry_after_s)s seconds, or ask your manager for a new PIN.")


class CodeRequired(Unauthenticated):
    """Password right, but this account signs in with a code as well."""

    code = "identity.code_required"
    title = N_("Enter the six-digit code as well.")
    remedy = N_("Open your authenticator app and type the code it shows.")


class CodeWrong(Unauthenticated):
    """The six-digit code is wrong, too old, or was used before."""

    code = "identity.code_wrong"
    title = N_("The six-digit code is not right or was used already.")
    remedy = N_("Wait for the next code of your authenticator app and type that.")


class StepUpRequired(Forbidden):
    """The act needs a proof of the person that is at most five minutes old."""

    code = "identity.step_up_required"
    title = N_("Confirm that it is you.")
    remedy = N_("Enter a fresh code or your password and repeat.")


class CodeUnknown(NotFound):
    """The enrolment code is wrong, used or too old: one answer for all of it."""

    code = "identity.enrolment_code_unknown"
    title = N_("This code is not valid.")
    remedy = N_("Ask for a new code; each works once, for fifteen minutes.")


class StaffUnknown(NotFound):
    """No such person, or one of another store."""

    code = "identity.staff_unknown"
    title = N_("There is no such person here.")
    remedy = N_("Choose one from the list.")


class RoleUnknown(NotFound):
    """No role has this code."""

    code = "identity.role_unknown"
    title = N_("There is no such role.")
    remedy = N_("Choose one from the list.")


class AssignmentUnknown(NotFound):
    """The person does not have this role any more."""

    code = "identity.assignment_unknown"
    title = N_("The person does not have this role.")
    remedy = N_("Reload and look at the present roles.")


class DeviceUnknown(NotFound):
    """No such device, or one of another store."""

    code = "identity.device_unknown"
    title = N_("There is no such device here.")
    remedy = N_("Choose one from the list.")


class UsernameTaken(Conflict):
    """Somebody signs in by this name; capital letters make no difference."""

    code = "identity.username_taken"
    title = N_("Somebody already signs in by this name.")
    remedy = N_("Choose another sign-in name.")


class NameTaken(Conflict):
    """Another role or API client is called so."""

    code = "identity.name_taken"
    title = N_("This name is taken.")
    remedy = N_("Choose another name.")


class AlreadyAssigned(Conflict):
    """The person has this role at this unit with another scope."""

    code = "identity.already_assigned"
    title = N_("The person has this role here already, with another scope.")
    remedy = N_("Take the role away first.")


class BeyondAuthority(Forbidden):
    """Nobody gives what he does not have, nor changes the sign-in of somebody who may do more."""

    code = "identity.beyond_authority"
    title = N_("This goes beyond what you may do yourself.")
    remedy = N_("Ask somebody with more permissions.")


class TotpAlreadyOn(Conflict):
    """Two-step sign-in is on; it is taken away first."""

    code = "identity.totp_already_on"
    title = N_("Two-step sign-in is on already.")
    remedy = N_("Ask a manager to reset it when you have a new phone.")


@dataclass(frozen=True, slots=True)
class Assigned:
    """A role that somebody has, within a scope that hangs on a unit (``None``: everywhere, or own rows)."""

    id: int
    role_code: str
    role_name: str
    role_name_en: str
    scope: Scope
    unit_id: int | None


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A person who works with the product. The phone is masked."""

    id: int
    username: str
    name: str
    unit_id: int
    language: str
    phone_masked: str
    is_active: bool
    has_password: bool
    has_pin: bool
    has_totp: bool
    roles: tuple[Assigned, ...]


class ApprovalState(StrEnum):
    """How far a request for a second person is. ``USED``: what was asked has been done, once."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    USED = "used"
    EXPIRED = "expired"


class SecondPersonNeeded(Conflict):
    """The act waits for a second person; the request stands under ``approval_id``. Repeat it once it is approved."""

    code = "identity.second_person_needed"
    title = N_("A second person must approve this; the request is made.")
    remedy = N_("Ask a colleague who may approve it to open “Approvals” in the console, then repeat it unchanged.")


class ApprovalRefused(Conflict):
    """A second person has refused exactly this."""

    code = "identity.approval_refused"
    title = N_("A second person has refused this.")
    remedy = N_("Read the note of the refusal; ask for something else.")


class SamePerson(Conflict):
    """Who asked cannot approve."""

    code = "identity.same_person"
    title = N_("Who asked for it cannot decide about it.")
    remedy = N_("Ask a colleague with the permission.")


class OneHand(Conflict):
    """Who decides was taken on by the asker, has a sign-in that the asker set, or a role that the asker gave."""

    code = "identity.one_hand"
    title = N_("You cannot decide about this: who asked for it took you on, set your sign-in or gave you the role.")
    remedy = N_("Ask somebody else with the permission, such as the region manager or head office.")


class ApprovalDecided(Conflict):
    """Somebody has decided already, or the time is over."""

    code = "identity.approval_decided"
    title = N_("This request is decided already, or its time is over.")
    remedy = N_("Reload and look at its state.")


class ApprovalUnknown(NotFound):
    """There is no such request within reach."""

    code = "identity.approval_unknown"
    title = N_("There is no such request.")
    remedy = N_("Look at the list of approvals.")


@dataclass(frozen=True, slots=True)
class Asking:
    """What a second person is asked to approve. ``digest`` is the SHA-256 of exactly this request.

    ``request`` is what the asking module reads again to carry it out: ids and figures only. ``permission``: what the
    one who approves must be allowed to do himself at the unit. ``repeated_by_asker``: only the asker (a till with its
    drawer) can carry it out, by sending it once more.
    """

    kind: str
    digest: bytes
    subject_kind: str
    subject_id: str
    subject: str
    unit_id: int
    permission: str
    amount_fen: int
    reason: str
    request: dict[str, object]
    repeated_by_asker: bool = False


class AwaitsApproval(Exception):
    """Gives the act's transaction up because it needs a second person; ``identity.second_person`` answers it."""

    def __init__(self, asking: Asking) -> None:
        self.asking = asking
        super().__init__(asking.kind, asking.subject)


@dataclass(frozen=True, slots=True)
class Approval:
    """A request for a second person as it stands."""

    id: UUID
    kind: str
    subject_kind: str
    subject_id: str
    subject: str
    unit_id: int
    permission: str
    amount_fen: int
    reason: str
    request: dict[str, object]
    is_repeated_by_asker: bool
    state: ApprovalState
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    decided_by: str
    note: str


class ApprovedAct(Protocol):
    """Carries out what was approved; implemented by the module that asked, registered by ``entrypoints``."""

    @property
    def kind(self) -> str:
        """Which requests it carries out."""

    def carry_out(self, *, approval: Approval, asker: Actor, now: datetime) -> None:
        """Do exactly what was asked, as its asker. Raises the refusal that stops it; then nothing has changed."""


@dataclass(frozen=True, slots=True)
class RoleInfo:
    """A role: permission patterns such as ``orders.*``; built-in ones come with the product."""

    code: str
    name: str
    name_en: str
    permissions: tuple[str, ...]
    needs_totp: bool
    is_built_in: bool


@dataclass(frozen=True, slots=True)
class StaffSession:
    """A sign-in. The token is shown this once; ``verified``: proved by a code of the two-step sign-in."""

    token: str = field(repr=False)
    staff: StaffMember
    expires_at: datetime
    verified: bool


@dataclass(frozen=True, slots=True)
class TotpSetup:
    """The secret for an authenticator app, as text and as the address a QR code holds."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Device:
    """A till, kiosk or phone of a store."""

    id: str
    kind: DeviceKind
    unit_id: int
    name: str
    enrolled_at: datetime | None
    last_seen_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class EnrolmentCode:
    """A code to type at the device, shown this once. Works once until ``expires_at``."""

    device_id: str
    code: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class EnrolledDevice:
    """The device's token, shown this once."""

    device_id: str
    token: str = field(repr=False)
    kind: DeviceKind
    unit_id: int


@dataclass(frozen=True, slots=True)
class IssuedClient:
    """Other software with its token, shown this once."""

    client_id: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """Other software that may call the partner API."""

    id: str
    name: str
    unit_id: int
    permissions: tuple[str, ...]
    revoked_at: datetime | None
