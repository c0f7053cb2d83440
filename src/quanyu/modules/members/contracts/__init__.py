"""What crosses the members' door: people as masks and ids, the keys that lead to them, and refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from quanyu.kernel.problem import N_, Conflict, Forbidden, Invalid, NotFound, Problem, Unauthenticated


class KeyKind(StrEnum):
    """The kinds of keys by which a person is known."""

    PHONE = "phone"
    OPENID = "openid"
    UNIONID = "unionid"
    CARD = "card"
    EXTERNAL = "external"
    WECOM = "wecom"
    EMAIL = "email"
    PLATFORM = "platform"


class Level(StrEnum):
    """How well a member is identified: by a key somebody named, or by one that was proved."""

    IDENTIFIED = "identified"
    VERIFIED = "verified"


class MemberUnknown(NotFound):
    """No such member, or not one the asker may know of."""

    code = "members.unknown"
    title = N_("There is no such member.")
    remedy = N_("Check the number, or ask for the phone number.")


class KeysConflict(Conflict):
    """The keys of one call belong to different members; which of them it is must be settled first."""

    code = "members.keys_conflict"
    title = N_("These identities belong to different members.")
    remedy = N_("Have the two member files looked at and merged before you go on.")


class MergeCause(StrEnum):
    """What brought two files together."""

    KEYS = "keys"
    REVIEW = "review"
    STAFF = "staff"
    AGREEMENT = "agreement"


class MatchState(StrEnum):
    """What became of a pair: still to be looked at, one person, or two."""

    OPEN = "open"
    MERGED = "merged"
    REFUSED = "refused"


class MergeRefused(Conflict):
    """Two files that may not become one: the same one, a closed or an erased one."""

    code = "members.merge_refused"
    title = N_("These files cannot be merged: %(reason)s")
    remedy = N_("Look at both files again.")


class MergeUnknown(NotFound):
    """No such merge."""

    code = "members.merge_unknown"
    title = N_("There is no such merge.")
    remedy = N_("Look for it in the history of merges.")


class UndoRefused(Conflict):
    """The merge cannot be undone, or not now."""

    code = "members.undo_refused"
    title = N_("This merge cannot be undone: %(reason)s")
    remedy = N_("Undo later merges first; what is erased stays erased.")


class MatchUnknown(NotFound):
    """No such pair in the review queue, or it was decided already."""

    code = "members.match_unknown"
    title = N_("There is no such pair to decide on.")
    remedy = N_("Reload the list: somebody else may have decided.")


class PhoneInvalid(Invalid):
    """Not a Chinese mobile number."""

    code = "members.phone_invalid"
    title = N_("This is not a mobile phone number.")
    remedy = N_("Type the eleven digits of the number.")


class CodeRefused(Unauthenticated):
    """The login code is wrong, too old, used, or guessed at too often: one text for all of them."""

    code = "members.code_refused"
    title = N_("The code is not valid.")
    remedy = N_("Ask for a new code and type it within five minutes.")


class CodeNotSent(Problem):
    """The message could not be handed to the operator."""

    code = "members.code_not_sent"
    status = 503
    title = N_("The code could not be sent.")
    remedy = N_("Try again in a minute.")


class MemberClosed(Forbidden):
    """The membership was closed."""

    code = "members.closed"
    title = N_("This membership is closed.")
    remedy = N_("Ask the customer service to open it again.")


class AddressUnknown(NotFound):
    """The member has no such address."""

    code = "members.address_unknown"
    title = N_("There is no such address.")
    remedy = N_("Choose one from your addresses, or add it.")


class TooManyAddresses(Conflict):
    """The address book is full."""

    code = "members.too_many_addresses"
    title = N_("The address book holds at most %(most)s addresses.")
    remedy = N_("Remove one that is no longer needed.")


@dataclass(frozen=True, slots=True)
class Key:
    """One key to a person. ``namespace`` is the app of an openid, the source of an external id.

    ``verified`` says that the person proved it (code on the phone, the platform's signed answer);
    one that was only told or typed is not.
    """

    kind: KeyKind
    value: str
    namespace: str = ""
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A member as screens and orders see one: masked. Names and numbers in clear need ``reveal``."""

    id: UUID
    number: str
    card_number: str
    level: Level
    tier: str
    name_masked: str
    phone_masked: str
    birthday: date | None
    channel: str
    store_id: int | None
    language: str
    is_active: bool
    created_at: datetime
    # The day of birth is celebrated by the Chinese calendar.
    lunar_birthday: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A member that a search led to.

    With ``needs_confirmation`` the trace was not certain (the last four digits of a phone): ask the
    person for the surname or the whole number before anything is done in their name.
    """

    member: Member
    needs_confirmation: bool


@dataclass(frozen=True, slots=True)
class MergeRecord:
    """One merge as history shows it. ``undone_at`` is ``None`` while it stands."""

    id: UUID
    winner_id: UUID
    loser_id: UUID
    cause: MergeCause
    reason: str
    actor: str
    at: datetime
    undone_at: datetime | None
    undone_by: str
    undo_reason: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one field says about a pair: ``level`` is how alike it is, ``weight`` its share of the score in bits.

    A positive weight speaks for one person. Levels are stable codes; nothing of the values is in it.
    """

    field: str
    level: str
    weight: float


@dataclass(frozen=True, slots=True)
class Match:
    """A pair of the review queue, each side as the member that stands for it today."""

    id: UUID
    left: Member
    right: Member
    cause: str
    score: float
    evidence: tuple[Evidence, ...]
    state: MatchState
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MemberSession:
    """A sign-in. The token is shown once, here; only its hash is kept."""

    token: str
    member: Member
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AddressCard:
    """An address as lists show it: masked. Coordinates are GCJ-02 degrees."""

    id: UUID
    area_code: str
    masked: str
    longitude: float | None
    latitude: float | None
    is_default: bool


@dataclass(frozen=True, slots=True)
class DeliveryAddress:
    """An address in clear, for an order and its label; never for a list or a log."""

    name: str
    phone: str
    area_code: str
    area_name: str
    text: str
    longitude: float | None
    latitude: float | None
    masked: str


@dataclass(frozen=True, slots=True)
class ConsentState:
    """What holds for one purpose: the newest row of the consent ledger."""

    purpose: str
    is_given: bool
    policy_version: str
    channel: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Card:
    """The virtual member card: number, what the QR code says, and the code itself as SVG."""

    number: str
    payload: str
    svg: str


class CodeSender(Protocol):
    """Carries a login code to a phone. Entrypoints register the one of this installation."""

    def send(self, *, phone: str, code: str, language: str) -> None:
        """Hand the message to the operator. Raises ``CodeNotSent``."""
        ...


class MergeFollower(Protocol):
    """A module that keeps rows of members and moves them when two files become one.

    Registered by entrypoints (``members.api.follow_merges``) and called in the order of registration, inside
    the transaction of the merge, after both members' rows were locked.
    """

    name: str

    def follow(self, *, merge_id: UUID, loser_id: UUID, winner_id: UUID, now: datetime) -> None:
        """Move what the loser has to the winner, and write down per row what was moved by this merge.

        May be called again for the same merge, for rows that were on their way while it ran: it then moves
        what the loser has now.
        """
        ...

    def unfollow(self, *, merge_id: UUID, loser_id: UUID, winner_id: UUID, now: datetime) -> None:
        """Give back exactly what ``follow`` moved for this merge; what came later stays with the winner."""
        ...


class SessionUnknown(Unauthenticated):
    """The session has ended, or there never was one."""

    code = "members.session_unknown"


class MemberCodeRefused(Unauthenticated):
    """A member code that is malformed, wrong, too old, read elsewhere before, or revoked: one text for all of them."""

    code = "members.member_code_refused"
    status = 422
    title = N_("The member code is not valid.")
    remedy = N_("Ask the customer to show a new code; it changes every minute.")


class EraseRefused(Conflict):
    """Something is still going on in the member's name; ``reasons`` says what, by module."""

    code = "members.erase_refused"
    title = N_("The data cannot be erased yet: %(reasons)s")
    remedy = N_("Finish or cancel the open orders first.")


@dataclass(frozen=True, slots=True)
class CardDevice:
    """A phone that shows member codes. ``secret`` (base64) is handed over here and never again."""

    handle: str
    secret: str


@dataclass(frozen=True, slots=True)
class MemberCode:
    """The code of this minute: 24 digits, the same as a QR code (SVG), and when the next one replaces it."""

    text: str
    svg: str
    renew_at: datetime


@dataclass(frozen=True, slots=True)
class PersonalCopy:
    """Everything kept of a member, for the member itself: for programs (JSON) and to read (HTML)."""

    json: bytes
    html: bytes


class DataHolder(Protocol):
    """A module that keeps something of members and can hand it out and forget who they were.

    Registered by entrypoints (``members.api.hold_data``). ``member_ids``: the member and those merged into it.
    """

    name: str

    def export(self, *, member_ids: Sequence[UUID], now: datetime) -> Mapping[str, Any]:
        """Return everything kept of the member as values that JSON knows, under headings a person understands."""
        ...

    def open_business(self, *, member_ids: Sequence[UUID], now: datetime) -> int:
        """Return how much is still going on in the member's name; more than 0 keeps the data from being erased."""
        ...

    def erase(self, *, member_ids: Sequence[UUID], now: datetime) -> None:
        """Forget who the member was, keep the books; in the transaction that erases the file."""
        ...
