"""Are two files one person's? Evidence per field, added up in bits (after Fellegi and Sunter).

A weight is ``log2(m / u)``: how much likelier a degree of likeness is between two files of one person (m) than
between two people (u). The weights below are ours, for a chain's members, and not fitted to any file of data
(docs/algorithms/oneid.md has the table and its reasons). Two things are not plain addition, as fields of a
household are not independent: what a household shares counts once, and relatives speak against one person.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from quanyu.modules.members.contracts import Evidence
from quanyu.modules.members.rules import matching_dates, matching_names, matching_text
from quanyu.modules.members.rules.matching_dates import DateLevel
from quanyu.modules.members.rules.matching_names import NameLevel

# How common a name is: its share of all members, 0 to 1.
Share = Callable[[str], float]

NAME_BITS = {
    NameLevel.SOUND: 6.0,
    NameLevel.CLOSE: 6.0,
    NameLevel.PART: 2.5,
    NameLevel.GIVEN: 0.0,
    NameLevel.SURNAME: -3.0,
    NameLevel.DIFFERENT: -5.0,
}
NAME_SAME_BITS_MIN, NAME_SAME_BITS_MAX = 3.0, 11.0
BIRTHDAY_BITS = {
    DateLevel.SAME: 12.0,
    DateLevel.SWAPPED: 7.0,
    DateLevel.SLIP: 7.0,
    DateLevel.LUNAR: 7.0,
    DateLevel.SLIPS: 1.0,
    DateLevel.YEAR: 0.5,
    DateLevel.DIFFERENT: -5.0,
}
PHONE_BITS = {"same": 10.0, "slip": 6.0, "different": -1.0}
EMAIL_BITS = {"same": 13.0, "same_local_part": 8.0, "slip": 8.0, "different": -1.0}
ADDRESS_BITS = {"same": 8.0, "close": 5.0, "same_area": 1.5, "different": -1.0}
# A phone and an address that a household shares tell together little more than one of them.
HOUSEHOLD_BITS_MAX = 11.0
RELATIVES_BITS = -14.0
# Born on one day: twins, or one person written in two ways. A person is asked when everything else agrees.
TWINS_BITS = -6.0
GENERATION_YEARS = 15
_ADDRESS_CLOSE = 0.72


@dataclass(frozen=True, slots=True)
class Profile:
    """What of a file is compared. In clear: lives in memory while a job compares, and nowhere else.

    ``name`` is cleaned (``matching_names.cleaned``), phones and e-mails are in their one form, ``addresses`` are
    cleaned (:func:`cleaned_address`), ``areas`` are codes or names of districts.
    """

    name: str = ""
    birthday: date | None = None
    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()


def cleaned_address(text: str) -> str:
    """Return an address in one form: width, case, no spaces or punctuation."""
    return "".join(letter for letter in matching_names.cleaned(text) if letter.isalnum())


def compare(one: Profile, other: Profile, *, share: Share | None = None) -> tuple[Evidence, ...]:
    """Return the evidence of every field that both files have, then what the fields say together."""
    found: list[Evidence] = []
    name = matching_names.compare(one.name, other.name) if one.name and other.name else None
    if name is not None:
        found.append(Evidence("name", name.value, _name_bits(name, one.name, other.name, share)))
    born = matching_dates.compare(one.birthday, other.birthday) if one.birthday and other.birthday else None
    if born is not None:
        found.append(Evidence("birthday", born.value, BIRTHDAY_BITS[born]))
    household = [
        _best("phone", one.phones, other.phones, _phone_level, PHONE_BITS),
        _address(one, other),
    ]
    found += [evidence for evidence in household if evidence is not None]
    email = _best("email", one.emails, other.emails, _email_level, EMAIL_BITS)
    if email is not None:
        found.append(email)
    shared = sum(evidence.weight for evidence in household if evidence is not None and evidence.weight > 0)
    if shared > HOUSEHOLD_BITS_MAX:
        found.append(Evidence("household", "counted_once", HOUSEHOLD_BITS_MAX - shared))
    if _are_relatives(one, other, name, born, shared):
        twins = born is DateLevel.SAME
        found.append(Evidence("household", "twins" if twins else "relatives", TWINS_BITS if twins else RELATIVES_BITS))
    return tuple(found)


def score(evidence: tuple[Evidence, ...]) -> float:
    """Return the sum of the weights, in bits: 0 says nothing, each bit more doubles the odds of one person."""
    return round(sum(part.weight for part in evidence), 1)


def agree_in_full(evidence: tuple[Evidence, ...]) -> bool:
    """Tell whether name, birthday and a phone or e-mail address are all the same, and nothing speaks against.

    So much agreement between two records is one person even though nobody proved a key: a file row like this is
    known, and an import does not make a second member of it.
    """
    levels = {part.field: part.level for part in evidence if part.field != "household"}
    same = {field for field, level in levels.items() if level == "same"}
    return {"name", "birthday"} <= same and bool(same & {"phone", "email"})


def _name_bits(level: NameLevel, one: str, other: str, share: Share | None) -> float:
    if level is not NameLevel.SAME:
        return NAME_BITS[level]
    # A common name says little, a rare one much: u is the share of people who bear it.
    common = max(share(one), share(other)) if share else 0.001
    return min(NAME_SAME_BITS_MAX, max(NAME_SAME_BITS_MIN, round(math.log2(0.8 / max(common, 1e-6)), 1)))


def _best(
    field: str,
    mine: frozenset[str],
    theirs: frozenset[str],
    level_of: Callable[[str, str], str],
    bits: dict[str, float],
) -> Evidence | None:
    if not mine or not theirs:
        return None
    if mine & theirs:
        return Evidence(field, "same", bits["same"])
    level = max((level_of(one, other) for one in mine for other in theirs), key=bits.__getitem__)
    return Evidence(field, level, bits[level])


def _phone_level(one: str, other: str) -> str:
    return "slip" if matching_text.edits(one, other, most=1) <= 1 else "different"


def _email_level(one: str, other: str) -> str:
    mine, theirs = one.partition("@")[0], other.partition("@")[0]
    if mine == theirs:
        return "same_local_part"
    slips = 2 if min(len(mine), len(theirs)) >= 8 else 1
    return "slip" if matching_text.edits(mine, theirs, most=slips) <= slips else "different"


def _address(one: Profile, other: Profile) -> Evidence | None:
    by_text = _best("address", one.addresses, other.addresses, _address_level, ADDRESS_BITS)
    if by_text is not None and by_text.weight > ADDRESS_BITS["same_area"]:
        return by_text
    if one.areas and other.areas:
        level = "same_area" if one.areas & other.areas else "different"
        return Evidence("address", level, ADDRESS_BITS[level])
    return by_text


def _address_level(one: str, other: str) -> str:
    return "close" if matching_text.shared_pairs(one, other) >= _ADDRESS_CLOSE else "different"


def _are_relatives(one: Profile, other: Profile, name: NameLevel | None, born: DateLevel | None, shared: float) -> bool:
    """Twins and siblings: one surname and another given name. Father and son of one name: a generation apart."""
    if name is NameLevel.SURNAME:
        return shared > ADDRESS_BITS["same_area"] or born is DateLevel.SAME
    if name is NameLevel.DIFFERENT:
        return shared > ADDRESS_BITS["same_area"] and born is not DateLevel.SAME
    if born is DateLevel.DIFFERENT and one.birthday and other.birthday:
        return matching_dates.years_apart(one.birthday, other.birthday) >= GENERATION_YEARS
    return False
