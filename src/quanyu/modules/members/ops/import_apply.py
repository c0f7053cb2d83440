"""Write the rows of a part: new members, gaps of known ones filled, shared phones as contacts; all or nothing.

A part and the job's position are one transaction, so a crash loses nothing and repeats nothing. Members are held
against merges while they are written to.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from quanyu.kernel.ids import uuid7
from quanyu.modules.members.contracts import Evidence, Key, KeyKind
from quanyu.modules.members.contracts.importing import Import, Verdict
from quanyu.modules.members.events import MemberCreated
from quanyu.modules.members.ops import find_or_create as one_id
from quanyu.modules.members.ops import index_keys, match_queue
from quanyu.modules.members.queries import imports as import_queries
from quanyu.modules.members.rules import import_decisions, places
from quanyu.modules.members.rules.import_decisions import Decision, Person
from quanyu.modules.members.rules.import_rows import ImportRow
from quanyu.platform import db, pii

CHANNEL = "import"
_DOUBT_SCORE = 20.0


class Outrun(Exception):
    """Somebody claimed a key, merged a member or drew the same number meanwhile: judge the part again."""


@dataclass(slots=True)
class _Batch:
    """What a part writes, each row as JSON sends it (ciphertexts and hashes as hex)."""

    members: list[dict[str, Any]] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)
    contacts: list[dict[str, Any]] = field(default_factory=list)
    doubts: list[tuple[UUID, UUID]] = field(default_factory=list)
    homes: set[UUID] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)


def apply_part(*, job: Import, number: int, now: datetime) -> bool:
    """Write one part and move the position on; ``False`` when the job runs no more. Raises :class:`Outrun`."""
    rows = import_queries.rows_of(job.id, number)
    if not _move_on(job.id, number, len(rows), now=now):
        return False
    keys = {row.number: import_decisions.keys_of(row, source=job.source) for row in rows if not row.errors}
    indexes = {key: index_keys.index_of(key) for of_row in keys.values() for key in of_row}
    reached = import_queries.reach(indexes)
    held = db.rows("SELECT asked, member_id FROM members_hold(%s)", [list(reached.people)])
    if any(row["asked"] != row["member_id"] for row in held) or not reached.people.keys() >= set(
        reached.owners.values()
    ):
        raise Outrun
    batch = _Batch()
    for row in rows:
        if row.errors:
            batch.counts[Verdict.ERROR] += 1
            continue
        decision = import_decisions.decide(row, keys[row.number], reached.owners, reached.sharers, reached.people)
        batch.counts[decision.verdict] += 1
        if decision.verdict is Verdict.NEW:
            _add(batch, row, decision, reached, indexes, job=job, now=now)
        elif decision.verdict is Verdict.KNOWN:
            _complete(batch, row, decision, reached, indexes, now=now)
        elif len(decision.doubts) > 1:
            batch.doubts += [(decision.doubts[0], other) for other in decision.doubts[1:]]
    _write(batch, job=job, now=now)
    # The job's row was locked by the move of its position, and `job` was read before: read what stands there now.
    totals = Counter(import_queries.job(job.id).outcome) + batch.counts
    db.execute(
        "UPDATE members_import_job SET outcome = %s::jsonb WHERE id = %s",
        [msgspec.json.encode(totals).decode(), job.id],
    )
    return True


def _move_on(job_id: UUID, number: int, count: int, *, now: datetime) -> bool:
    """Take the part, once, while the job runs: both conditions are part of the statements."""
    if not db.execute(
        "UPDATE members_import_job SET position = position + %s WHERE id = %s AND state = 'running'", [count, job_id]
    ):
        return False
    taken = db.execute(
        "UPDATE members_import_part SET applied_at = %s WHERE job_id = %s AND number = %s AND applied_at IS NULL",
        [now, job_id, number],
    )
    if not taken:
        raise Outrun
    return True


def _add(
    batch: _Batch,
    row: ImportRow,
    decision: Decision[UUID],
    reached: import_queries.Reached,
    indexes: dict[Key, bytes],
    *,
    job: Import,
    now: datetime,
) -> None:
    """Make a new member of a row, and let the rows that follow know of them."""
    member_id = uuid7()
    name, phone = row.values.get("name", ""), row.values.get("phone", "")
    number, card = one_id.new_numbers()
    batch.members.append(
        {
            "id": member_id,
            "number": number,
            "card": card,
            "name": pii.encrypt(name, places.of_name(member_id)).hex() if name else None,
            "mask": pii.mask_name(name) if name else "",
            "phone": pii.mask_phone(phone) if phone else "",
            "last4": pii.last4(phone),
            "born": row.birthday,
            "lunar": row.is_lunar,
        }
    )
    _claim(batch, member_id, decision, reached, indexes)
    if "address" in row.values:
        _contact(batch, member_id, "address", row.values["address"], None)
    reached.people[member_id] = Person(name, row.birthday)


def _complete(
    batch: _Batch,
    row: ImportRow,
    decision: Decision[UUID],
    reached: import_queries.Reached,
    indexes: dict[Key, bytes],
    *,
    now: datetime,
) -> None:
    """Fill what a known member's file lacks; nothing that stands in it is replaced."""
    home = decision.home
    assert home is not None
    known = reached.people[home]
    if not known.is_open:
        return
    name = row.values.get("name", "")
    if name and not known.name:
        one_id.write_name(home, name, only_if_none=True)
    if row.birthday and not known.birthday:
        db.execute(
            "UPDATE members_member SET birthday = %s, lunar_birthday = %s, matched_at = NULL "
            "WHERE id = %s AND birthday IS NULL",
            [row.birthday, row.is_lunar, home],
        )
    reached.people[home] = Person(known.name or name, known.birthday or row.birthday)
    _claim(batch, home, decision, reached, indexes)
    batch.doubts += [(home, other) for other in decision.doubts]


def _claim(
    batch: _Batch,
    member_id: UUID,
    decision: Decision[UUID],
    reached: import_queries.Reached,
    indexes: dict[Key, bytes],
) -> None:
    for key in decision.claimed:
        identity_id = uuid7()
        batch.keys.append(
            {
                "id": identity_id,
                "member": member_id,
                "kind": key.kind,
                "space": key.namespace,
                "index": indexes[key].hex(),
                "value": pii.encrypt(key.value, places.of_key(identity_id)).hex(),
                "mask": index_keys.mask_of(key.kind, key.value),
            }
        )
        reached.owners[key] = member_id
    for key in decision.shared:
        _contact(batch, member_id, key.kind.value, key.value, indexes[key])
        reached.sharers.setdefault(key, []).append(member_id)


def _contact(batch: _Batch, member_id: UUID, kind: str, value: str, index: bytes | None) -> None:
    contact_id = uuid7()
    masked = pii.mask_address(value) if kind == "address" else index_keys.mask_of(KeyKind(kind), value)
    batch.contacts.append(
        {
            "id": contact_id,
            "member": member_id,
            "kind": kind,
            "index": (index or pii.blind_index(value, "member.address")).hex(),
            "value": pii.encrypt(value, places.of_contact(contact_id)).hex(),
            "mask": masked,
        }
    )


def _write(batch: _Batch, *, job: Import, now: datetime) -> None:
    members = _insert(
        "INSERT INTO members_member (id, number, card_number, name_encrypted, name_masked, phone_masked, phone_last4, "
        "birthday, lunar_birthday, level, tier, channel, store_id, language, is_active, created_at) "
        "SELECT r.id, r.number, r.card, decode(r.name, 'hex'), r.mask, r.phone, r.last4, r.born, r.lunar, "
        "'identified', 'basic', %s, %s, 'zh-hans', true, %s FROM json_to_recordset(%s::json) AS r(id uuid, "
        "number text, card text, name text, mask text, phone text, last4 text, born date, lunar boolean) "
        "ON CONFLICT DO NOTHING",
        [CHANNEL, job.store_id, now],
        batch.members,
    )
    keys = _insert(
        "INSERT INTO members_identity (id, member_id, kind, namespace, value_index, value_encrypted, value_masked, "
        "created_at) SELECT r.id, r.member, r.kind, r.space, decode(r.index, 'hex'), decode(r.value, 'hex'), r.mask, "
        "%s FROM json_to_recordset(%s::json) AS r(id uuid, member uuid, kind text, space text, index text, value text, "
        "mask text) ORDER BY r.kind, r.space, r.index ON CONFLICT DO NOTHING",
        [now],
        batch.keys,
    )
    if members != len(batch.members) or keys != len(batch.keys):
        raise Outrun
    _insert(
        "INSERT INTO members_contact (id, member_id, kind, value_index, value_encrypted, value_masked, created_at) "
        "SELECT r.id, r.member, r.kind, decode(r.index, 'hex'), decode(r.value, 'hex'), r.mask, %s "
        "FROM json_to_recordset(%s::json) AS r(id uuid, member uuid, kind text, index text, value text, mask text) "
        "ON CONFLICT (member_id, kind, value_index) DO NOTHING",
        [now],
        batch.contacts,
    )
    # The events of many members in one statement, each as outbox.append would write it.
    created = [MemberCreated(member_id=row["id"], channel=CHANNEL, store_id=job.store_id) for row in batch.members]
    _insert(
        "SELECT platform_outbox_append(%s, e.aggregate, e.payload, %s) "
        "FROM json_to_recordset(%s::json) AS e(aggregate text, payload jsonb)",
        [MemberCreated.topic, now],
        [{"aggregate": event.aggregate, "payload": event} for event in created],
    )
    for one, other in dict.fromkeys(batch.doubts):
        match_queue.add(
            one, other, cause="import", score=_DOUBT_SCORE, evidence=[Evidence("keys", "one_row", 0.0)], now=now
        )


def _insert(sql: str, first: list[Any], rows: list[dict[str, Any]]) -> int:
    """Insert rows sent as one JSON value, the last parameter; return how many were."""
    return db.execute(sql, [*first, msgspec.json.encode(rows).decode()]) if rows else 0
