"""The dry run: what every row would be, before anything is written. Restarted from the first row after a crash."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from quanyu.modules.members.contracts import Key
from quanyu.modules.members.contracts.importing import RowError, Verdict
from quanyu.modules.members.models import ImportPart
from quanyu.modules.members.ops import index_keys, match_scan
from quanyu.modules.members.queries import imports as import_queries
from quanyu.modules.members.queries import profiles as profile_queries
from quanyu.modules.members.rules import import_decisions, matching, matching_blocks, matching_names
from quanyu.modules.members.rules.import_decisions import Decision, Person
from quanyu.modules.members.rules.import_rows import ImportRow
from quanyu.modules.members.rules.matching import Profile
from quanyu.platform import db, settings_tree

# Somebody of the base (a UUID) or of an earlier row of the file (its number).
Somebody = UUID | int
Judged = list[Any]
# Traits by which rows of one file are compared with each other: the telling ones, as all rows are kept in memory.
_WITHIN_FILE = ("ny|", "nm|", "p|", "e|", "el|")
_FILES_MAX = 20


@dataclass(slots=True)
class Seen:
    """What earlier rows of the file brought, so that a later row is compared with them.

    Kept small, as it holds the whole file: keys and traits by their hash, rows packed (some 400 bytes a row).
    """

    owners: dict[int, int] = field(default_factory=dict)
    sharers: dict[int, list[int]] = field(default_factory=dict)
    rows: dict[int, bytes] = field(default_factory=dict)
    traits: dict[int, int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def row(self, number: int) -> ImportRow:
        """Return an earlier row."""
        [found] = import_queries.unpack(self.rows[number])
        return found

    def person(self, number: int) -> Person:
        """Return what of an earlier row speaks for or against a later one."""
        row = self.row(number)
        return Person(row.values.get("name", ""), row.birthday)


def check_part(*, job_id: UUID, number: int, source: str, seen: Seen) -> None:
    """Judge the rows of a part and store the verdicts."""
    rows = import_queries.rows_of(job_id, number)
    keys = {row.number: import_decisions.keys_of(row, source=source) for row in rows if not row.errors}
    reached = import_queries.reach({key: index_keys.index_of(key) for of_row in keys.values() for key in of_row})
    judged: list[Judged] = []
    fresh: dict[int, Profile] = {}
    for row in rows:
        if row.errors:
            judged.append([row.number, Verdict.ERROR, [[column, code] for column, code in row.errors]])
            continue
        decision = _decide(row, keys[row.number], reached, seen)
        if decision.verdict is Verdict.ERROR:
            judged.append([row.number, Verdict.ERROR, [["keys", RowError.TWO_MEMBERS]]])
        elif decision.verdict is Verdict.KNOWN:
            again = isinstance(decision.home, int)
            judged.append([row.number, Verdict.REPEATED if again else Verdict.KNOWN, _noted(decision.home)])
        else:
            fresh[row.number] = _note(row, decision, seen)
    judged += _probable(fresh, seen)
    seen.counts.update(str(one[1]) for one in judged)
    seen.counts[Verdict.NEW] += len(rows) - len(judged)
    ImportPart.objects.filter(job_id=job_id, number=number).update(verdicts=sorted(judged, key=lambda one: one[0]))


def profile_of(row: ImportRow) -> Profile:
    """Return a row as matching compares it."""

    def some(column: str) -> frozenset[str]:
        return frozenset({row.values[column]} if column in row.values else ())

    return Profile(
        name=matching_names.cleaned(row.values.get("name", "")),
        birthday=row.birthday,
        phones=some("phone"),
        emails=some("email"),
        addresses=frozenset(matching.cleaned_address(text) for text in some("address")),
    )


def _decide(row: ImportRow, keys: tuple[Key, ...], reached: import_queries.Reached, seen: Seen) -> Decision[Somebody]:
    owners: dict[Key, Somebody] = {}
    sharers: dict[Key, list[Somebody]] = {}
    people: dict[Somebody, Person] = {}
    for key in keys:
        owner: Somebody | None = reached.owners.get(key, seen.owners.get(hash(key)))
        if owner is not None:
            owners[key] = owner
        sharers[key] = [*reached.sharers.get(key, ()), *seen.sharers.get(hash(key), ())]
        for one in (*sharers[key], *((owner,) if owner is not None else ())):
            people[one] = reached.people[one] if isinstance(one, UUID) else seen.person(one)
    return import_decisions.decide(row, keys, owners, sharers, people)


def _noted(somebody: Somebody | None) -> int | str:
    """Return somebody as JSON keeps them: the row of the file, or the member's id."""
    return somebody if isinstance(somebody, int) else str(somebody)


def _note(row: ImportRow, decision: Decision[Somebody], seen: Seen) -> Profile:
    """Remember a new person of the file for the rows that follow."""
    seen.rows[row.number] = import_queries.pack([row])
    for key in decision.claimed:
        seen.owners[hash(key)] = row.number
    for key in decision.shared:
        seen.sharers.setdefault(hash(key), []).append(row.number)
    return profile_of(row)


def _probable(fresh: dict[int, Profile], seen: Seen) -> list[Judged]:
    """Return the new rows that look like somebody of the base or of the file."""
    least = int(settings_tree.get(match_scan.SCORE.key, ["brand"]))
    share = profile_queries.name_shares({profile.name for profile in fresh.values()})
    traits = {number: matching_blocks.traits(profile) for number, profile in fresh.items()}
    based = _candidates(traits)
    known = profile_queries.profiles({one for found in based.values() for one in found})
    judged: list[Judged] = []
    for number, profile in fresh.items():
        marks = [hash(trait) for trait in traits[number] if trait.startswith(_WITHIN_FILE)]
        others: dict[Somebody, Profile] = {one: known[one] for one in based.get(number, ()) if one in known}
        earlier = {seen.traits[mark] for mark in marks if mark in seen.traits}
        others |= {one: profile_of(seen.row(one)) for one in earlier}
        best, score = _likeliest(profile, others, share)
        if best is not None and score >= least:
            judged.append([number, Verdict.PROBABLE, [_noted(best), score]])
        for mark in marks:
            seen.traits.setdefault(mark, number)
    return judged


def _likeliest(
    profile: Profile, others: dict[Somebody, Profile], share: matching.Share
) -> tuple[Somebody | None, float]:
    scored = [(matching.score(matching.compare(profile, other, share=share)), one) for one, other in others.items()]
    score, best = max(scored, key=lambda it: it[0], default=(0.0, None))
    return best, score


def _candidates(traits: dict[int, frozenset[str]]) -> dict[int, set[UUID]]:
    """Return, per row, members of the base that share a trait which not too many share; one query."""
    rows_of: dict[bytes, list[int]] = {}
    for number, of_row in traits.items():
        for trait in of_row:
            rows_of.setdefault(profile_queries.block_key(trait), []).append(number)
    found = db.rows(
        "SELECT b.key, array_agg(b.member_id) AS ids FROM members_block b "
        "JOIN members_member m ON m.id = b.member_id AND m.merged_into_id IS NULL AND m.is_active "
        # All keys in one value, cut there: an array of thousands of parts costs the driver far more.
        "WHERE b.key = ANY(ARRAY(SELECT substring(%s::bytea, at * 16 + 1, 16) FROM generate_series(0, %s) AS at)) "
        "GROUP BY b.key HAVING count(*) <= %s",
        [b"".join(rows_of), len(rows_of) - 1, _FILES_MAX],
    )
    candidates: dict[int, set[UUID]] = {}
    for row in found:
        for number in rows_of[bytes(row["key"])]:
            candidates.setdefault(number, set()).update(row["ids"])
    return candidates
