"""When two files are one person's for certain, what speaks against it, and whose file is kept.

A merge nobody looked at must never glue two people together. So proved keys that meet in one hand are only
enough when nothing in the two files contradicts; anything that does sends the pair to a person instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from quanyu.modules.members.contracts import KeyKind, Level
from quanyu.modules.members.rules import matching_dates, matching_names

# From the key that is bound to one person's account to what is only told or shared in a household.
STRENGTH = (
    KeyKind.UNIONID,
    KeyKind.WECOM,
    KeyKind.OPENID,
    KeyKind.PLATFORM,
    KeyKind.PHONE,
    KeyKind.EMAIL,
    KeyKind.CARD,
    KeyKind.EXTERNAL,
)
# Of these a person has one per namespace; two different ones are two accounts.
SINGLE = frozenset({KeyKind.UNIONID, KeyKind.OPENID, KeyKind.WECOM})


class Contradiction(StrEnum):
    """Why two files are not merged without a person looking at them. Stable codes: they stand in the evidence."""

    ACCOUNTS = "other_account"
    PHONES = "other_phone"
    NAMES = "other_name"
    BIRTHDAYS = "other_birthday"
    CLOSED = "closed"
    REFUSED = "refused_before"


@dataclass(frozen=True, slots=True)
class KeyFact:
    """A key of a file, its value as a blind index."""

    kind: KeyKind
    namespace: str
    index: bytes
    is_verified: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What of a file matters for a merge. The name is in clear and lives in memory only."""

    id: UUID
    level: Level
    is_open: bool
    created_at: datetime
    name: str
    birthday: date | None
    keys: tuple[KeyFact, ...]


def strength(kind: KeyKind) -> int:
    """Return the rank of a kind of key, 0 for the strongest."""
    return STRENGTH.index(kind)


def contradictions(one: Standing, other: Standing, *, is_refused: bool) -> tuple[Contradiction, ...]:
    """Return what speaks against a merge nobody looks at, in the order of the enum; empty means certain."""
    found = {
        Contradiction.ACCOUNTS: _differ(one, other, SINGLE, verified_only=False),
        Contradiction.PHONES: _differ(one, other, frozenset({KeyKind.PHONE}), verified_only=True),
        Contradiction.NAMES: matching_names.clearly_differ(one.name, other.name),
        Contradiction.BIRTHDAYS: matching_dates.clearly_differ(one.birthday, other.birthday),
        Contradiction.CLOSED: not (one.is_open and other.is_open),
        Contradiction.REFUSED: is_refused,
    }
    return tuple(reason for reason, holds in found.items() if holds)


def kept_and_merged(one: Standing, other: Standing) -> tuple[Standing, Standing]:
    """Return (winner, loser): verified before identified, then who joined first, then the smaller id."""
    winner, loser = sorted((one, other), key=lambda it: (it.level is not Level.VERIFIED, it.created_at, it.id))
    return winner, loser


def _differ(one: Standing, other: Standing, kinds: frozenset[KeyKind], *, verified_only: bool) -> bool:
    """Tell whether both files have a key of the same kind and namespace, and no such key in common."""
    mine, theirs = (_values(it.keys, kinds, verified_only=verified_only) for it in (one, other))
    return any(mine[place].isdisjoint(theirs[place]) for place in mine.keys() & theirs.keys())


def _values(
    keys: Iterable[KeyFact], kinds: frozenset[KeyKind], *, verified_only: bool
) -> dict[tuple[KeyKind, str], set[bytes]]:
    found: dict[tuple[KeyKind, str], set[bytes]] = {}
    for key in keys:
        if key.kind in kinds and (key.is_verified or not verified_only):
            found.setdefault((key.kind, key.namespace), set()).add(key.index)
    return found
