"""What a kept file lacks is filled from the merged one, part by part, and taken back when that is undone.

Every filled part is written down with what it says now (a name as its blind index). On undoing, a part that
still says so becomes empty again and is filled from what else is merged in; one that was changed since stays:
what came later is the winner's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from quanyu.modules.members.rules import places
from quanyu.platform import db, pii

_SELECT = (
    "SELECT id, name_encrypted, name_masked, phone_masked, phone_last4, birthday, lunar_birthday, store_id "
    "FROM members_member WHERE id = ANY(%s)"
)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """Columns that belong together: empty when the first of them is."""

    name: str
    columns: tuple[str, ...]
    nothing: tuple[Any, ...]
    carried: Callable[[Row, UUID], tuple[Any, ...]]


def _plain(*columns: str) -> Callable[[Row, UUID], tuple[Any, ...]]:
    return lambda row, _winner: tuple(row[column] for column in columns)


def _name(row: Row, winner: UUID) -> tuple[Any, ...]:
    """Encrypt the name again: a ciphertext belongs to its row."""
    name = pii.decrypt(bytes(row["name_encrypted"]), places.of_name(row["id"]))
    return pii.encrypt(name, places.of_name(winner)), row["name_masked"]


PARTS = (
    Part("name", ("name_encrypted", "name_masked"), (None, ""), _name),
    Part("phone", ("phone_masked", "phone_last4"), ("", ""), _plain("phone_masked", "phone_last4")),
    Part("birthday", ("birthday", "lunar_birthday"), (None, False), _plain("birthday", "lunar_birthday")),
    Part("store", ("store_id",), (None,), _plain("store_id")),
)


def fill(merge_id: UUID, *, winner: UUID, loser: UUID, parts: tuple[Part, ...] = PARTS) -> None:
    """Fill what the winner lacks and the loser has; write the parts down."""
    found = {row["id"]: row for row in db.rows(_SELECT, [[winner, loser]])}
    for part in parts:
        if _is_empty(found[winner], part) and not _is_empty(found[loser], part):
            values = part.carried(found[loser], winner)
            _set(winner, part, values)
            says = {"says": _says(part, {"id": winner, **dict(zip(part.columns, values, strict=True))})}
            db.execute(
                "INSERT INTO members_merge_move (merge_id, kind, row_id, detail) VALUES (%s, 'column', %s, %s::jsonb) "
                "ON CONFLICT (merge_id, kind, row_id) DO UPDATE SET detail = excluded.detail",
                [merge_id, part.name, msgspec.json.encode(says).decode()],
            )


def take_back(merge_id: UUID, *, winner: UUID) -> None:
    """Empty the parts that this merge filled and nobody changed since, then fill them from other merged files."""
    row = db.rows(_SELECT, [[winner]])[0]
    for part in PARTS:
        filled = db.json_value(
            "SELECT detail FROM members_merge_move WHERE merge_id = %s AND kind = 'column' AND row_id = %s",
            [merge_id, part.name],
        )
        if filled is None or _is_empty(row, part) or _says(part, row) != filled["says"]:
            continue
        _set(winner, part, part.nothing)
        for other in db.rows(
            "SELECT id, loser_id FROM members_merge WHERE winner_id = %s AND undone_at IS NULL AND id <> %s "
            "ORDER BY at, id",
            [winner, merge_id],
        ):
            fill(other["id"], winner=winner, loser=other["loser_id"], parts=(part,))


def _is_empty(row: Row, part: Part) -> bool:
    return row[part.columns[0]] in (None, "")


def _set(member_id: UUID, part: Part, values: tuple[Any, ...]) -> None:
    columns = ", ".join(f"{column} = %s" for column in part.columns)
    db.execute(f"UPDATE members_member SET {columns} WHERE id = %s", [*values, member_id])  # noqa: S608 - from above


def _says(part: Part, row: Row) -> str:
    """Return what a part says as a text to compare; a name as its blind index, which outlives a change of keys."""
    if part.name == "name":
        name = pii.decrypt(bytes(row["name_encrypted"]), places.of_name(row["id"]))
        return pii.blind_index(name, "member.merge_name").hex()
    return "|".join(str(row[column]) for column in part.columns)
