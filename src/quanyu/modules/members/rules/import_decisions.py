"""What a row of a member file is: a new person, somebody we know, or a contradiction. A shared phone decides nothing.

Card, customer number, unionid and WeCom id are one person's; a phone or mailbox may be a household's. So a row
whose phone leads to a file is that person only when name and birthday do not say otherwise; else it is a new
person who shares the phone, and the phone becomes a contact of theirs instead of a key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from quanyu.modules.members.contracts import Key, KeyKind
from quanyu.modules.members.contracts.importing import Verdict
from quanyu.modules.members.rules import matching_dates, matching_names
from quanyu.modules.members.rules.import_rows import ImportRow

Id = TypeVar("Id")
SHARED = frozenset({KeyKind.PHONE, KeyKind.EMAIL})
_KIND = {
    "phone": KeyKind.PHONE,
    "card": KeyKind.CARD,
    "external": KeyKind.EXTERNAL,
    "email": KeyKind.EMAIL,
    "unionid": KeyKind.UNIONID,
    "wecom": KeyKind.WECOM,
}


@dataclass(frozen=True, slots=True)
class Person:
    """What of a known person speaks for or against a row. In clear: lives in memory only."""

    name: str
    birthday: date | None
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class Decision(Generic[Id]):
    """``home`` is the known person, ``claimed`` are keys for their file, ``shared`` those that stay another's."""

    verdict: Verdict
    home: Id | None
    claimed: tuple[Key, ...]
    shared: tuple[Key, ...]
    # Others whose file looks like the same person's: their pairs are for somebody to look at.
    doubts: tuple[Id, ...] = ()


def keys_of(row: ImportRow, *, source: str) -> tuple[Key, ...]:
    """Return the keys of a row, told and not proved; a customer number belongs to its source."""
    return tuple(
        Key(kind, row.values[column], namespace=source if kind is KeyKind.EXTERNAL else "")
        for column, kind in _KIND.items()
        if row.values.get(column)
    )


def decide(
    row: ImportRow,
    keys: Iterable[Key],
    owners: Mapping[Key, Id],
    sharers: Mapping[Key, Iterable[Id]],
    people: Mapping[Id, Person],
) -> Decision[Id]:
    """Return what the row is. ``owners`` have a key as theirs, ``sharers`` have it as a contact."""
    keys = tuple(keys)
    name = row.values.get("name", "")
    own = list(dict.fromkeys(owners[key] for key in keys if key.kind not in SHARED and key in owners))
    if len(own) > 1 or (own and differs(name, row.birthday, people[own[0]])):
        return Decision(Verdict.ERROR, None, (), (), tuple(own))
    reached = [
        person
        for key in keys
        if key.kind in SHARED
        for person in (*((owners[key],) if key in owners else ()), *sharers.get(key, ()))
    ]
    alike = [it for it in dict.fromkeys(reached) if not differs(name, row.birthday, people[it])]
    home = own[0] if own else alike[0] if alike else None
    free = tuple(key for key in keys if key not in owners)
    shared = tuple(key for key in keys if key.kind in SHARED and key in owners and owners[key] != home)
    if home is None:
        return Decision(Verdict.NEW, None, free, shared)
    return Decision(Verdict.KNOWN, home, free, shared, tuple(it for it in alike if it != home))


def differs(name: str, birthday: date | None, person: Person) -> bool:
    """Tell whether name or birthday say that the row is somebody else."""
    return matching_names.clearly_differ(name, person.name) or matching_dates.clearly_differ(birthday, person.birthday)
