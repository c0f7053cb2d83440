"""Key rotation: values under an older key are encrypted again under the ring's first one."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from quanyu.modules.members.rules import places
from quanyu.platform import db, pii

_COLUMNS: tuple[tuple[str, str, Callable[[UUID], str]], ...] = (
    ("members_member", "name_encrypted", places.of_name),
    ("members_identity", "value_encrypted", places.of_key),
    ("members_address", "detail_encrypted", places.of_address),
    ("members_contact", "value_encrypted", places.of_contact),
)


def rewrap(*, limit: int) -> int:
    """Encrypt up to ``limit`` values of each column again; return how many were, 0 when all are current."""
    head = _head_of_current_values()
    done = 0
    for table, column, place in _COLUMNS:
        older = db.rows(
            # The value of a removed address is empty and has no key.
            f"SELECT id, {column} AS blob FROM {table} WHERE length({column}) > 0 "  # noqa: S608 - names from above
            f"AND substring({column}, 1, %s) <> %s LIMIT %s",
            [len(head), head, limit],
        )
        for row in older:
            old = bytes(row["blob"])
            done += db.execute(
                # Written only over what was read: a name changed meanwhile is current already.
                f"UPDATE {table} SET {column} = %s WHERE id = %s AND {column} = %s",  # noqa: S608 - names from above
                [pii.rewrap(old, place(row["id"])), row["id"], old],
            )
    return done


def _head_of_current_values() -> bytes:
    """Return the bytes with which everything under the ring's first key begins: version and key id."""
    sample = pii.seal(b"", "")
    return sample[: 2 + sample[1]]
