"""Imports as screens show them, their parts, and who the keys of rows lead to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from quanyu.modules.members.contracts import Key
from quanyu.modules.members.contracts.importing import Import, ImportState, ImportUnknown, RowError
from quanyu.modules.members.rules import import_columns, places
from quanyu.modules.members.rules.import_decisions import Person
from quanyu.modules.members.rules.import_rows import ImportRow
from quanyu.platform import db, pii

_COLUMNS = (
    "id, source, file_name, store_id, state, row_count, position, preview, outcome, headings, created_by, created_at, "
    "started_at, finished_at"
)
_DECODER = msgspec.msgpack.Decoder(list[tuple[int, dict[str, str], str, bool, list[tuple[str, str]]]])


@dataclass(frozen=True, slots=True)
class Reached:
    """Who the keys of some rows lead to: owners, those who share a phone or mailbox, and what is known of all."""

    owners: dict[Key, UUID]
    sharers: dict[Key, list[UUID]]
    people: dict[UUID, Person]


def job(job_id: UUID) -> Import:
    """Return an import. Raises ``ImportUnknown``."""
    row = db.row(f"SELECT {_COLUMNS} FROM members_import_job WHERE id = %s", [job_id])  # noqa: S608 - from above
    if row is None:
        raise ImportUnknown(field="import_id")
    return _import(row)


def unfinished() -> list[UUID]:
    """Return imports that wait to be checked or are running."""
    found = db.rows(
        "SELECT id FROM members_import_job WHERE state IN ('reading', 'running') AND row_count > 0 ORDER BY created_at"
    )
    return [row["id"] for row in found]


def part_numbers(job_id: UUID, *, waiting: bool) -> list[int]:
    """Return the numbers of the parts, in file order; only those not written yet when ``waiting``."""
    found = db.rows(
        "SELECT number FROM members_import_part WHERE job_id = %s AND (NOT %s OR applied_at IS NULL) ORDER BY number",
        [job_id, waiting],
    )
    return [row["number"] for row in found]


def rows_of(job_id: UUID, number: int) -> list[ImportRow]:
    """Return the rows of a part in clear, for a job; nothing when they were forgotten already."""
    blob = bytes(
        db.value("SELECT rows_encrypted FROM members_import_part WHERE job_id = %s AND number = %s", [job_id, number])
    )
    if not blob:
        return []
    return unpack(pii.open_sealed(blob, places.of_import(f"{job_id}:{number}")))


def pack(rows: list[ImportRow]) -> bytes:
    """Return rows as bytes, for :func:`rows_of` to read."""
    return msgspec.msgpack.encode(
        [
            (row.number, row.values, row.birthday.isoformat() if row.birthday else "", row.is_lunar, row.errors)
            for row in rows
        ]
    )


def unpack(packed: bytes) -> list[ImportRow]:
    """Return the rows that :func:`pack` made bytes of."""
    return [
        ImportRow(
            number,
            values,
            date.fromisoformat(birthday) if birthday else None,
            is_lunar,
            tuple((column, RowError(code)) for column, code in errors),
        )
        for number, values, birthday, is_lunar, errors in _DECODER.decode(packed)
    ]


def verdicts_of(job_id: UUID) -> Iterator[tuple[int, list[list[Any]]]]:
    """Yield (part, [[row, verdict, note], ...]) of every part; rows that are plainly new are not listed."""
    for row in db.rows("SELECT number, verdicts FROM members_import_part WHERE job_id = %s ORDER BY number", [job_id]):
        stored = row["verdicts"]
        yield row["number"], msgspec.json.decode(stored) if isinstance(stored, str) else stored


def reach(keys: dict[Key, bytes]) -> Reached:
    """Return who keys lead to; ``keys`` maps each key to its blind index. Three queries."""
    wanted = list(keys)
    # As JSON: an array of thousands of parts costs the driver far more. Joined by the whole key, so that the
    # UNIQUE index answers however large the tables are.
    asked = msgspec.json.encode(
        [{"p": at, "k": key.kind, "n": key.namespace, "i": keys[key].hex()} for at, key in enumerate(wanted)]
    ).decode()
    owned = db.rows(
        "SELECT w.p AS place, i.member_id FROM json_to_recordset(%s::json) AS w(p int, k text, n text, i text) "
        "JOIN members_identity i ON i.kind = w.k AND i.namespace = w.n AND i.value_index = decode(w.i, 'hex')",
        [asked],
    )
    owners = {wanted[row["place"]]: row["member_id"] for row in owned}
    shared = db.rows(
        "SELECT w.p AS place, c.member_id FROM json_to_recordset(%s::json) AS w(p int, k text, i text) "
        "JOIN members_contact c ON c.kind = w.k AND c.value_index = decode(w.i, 'hex') ORDER BY c.created_at, c.id",
        [asked],
    )
    known = people({*owners.values(), *(row["member_id"] for row in shared)})
    sharers: dict[Key, list[UUID]] = defaultdict(list)
    for row in shared:
        # Of a contact that stands on two files which became one, the merged file's is nobody's.
        if row["member_id"] in known:
            sharers[wanted[row["place"]]].append(row["member_id"])
    return Reached(owners, dict(sharers), known)


def people(ids: Iterable[UUID]) -> dict[UUID, Person]:
    """Return name and birthday of members in clear, for a job."""
    found = db.rows(
        "SELECT id, name_encrypted, birthday, is_active AND erased_at IS NULL AS is_open FROM members_member "
        "WHERE id = ANY(%s) AND merged_into_id IS NULL",
        [list(ids)],
    )
    return {
        row["id"]: Person(
            pii.decrypt(bytes(row["name_encrypted"]), places.of_name(row["id"])) if row["name_encrypted"] else "",
            row["birthday"],
            row["is_open"],
        )
        for row in found
    }


def _import(row: dict[str, Any]) -> Import:
    stored = {name: _decoded(row.pop(name)) for name in ("preview", "outcome", "headings")}
    return Import(
        **{**row, "state": ImportState(row["state"])},
        preview=stored["preview"],
        outcome=stored["outcome"],
        unknown_headings=tuple(it for it in stored["headings"] if import_columns.column_of(it) is None),
    )


def _decoded(stored: Any) -> Any:
    return msgspec.json.decode(stored) if isinstance(stored, str) else stored
