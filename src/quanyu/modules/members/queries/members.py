"""Members by id, by key and by what a person at the till says; always masked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from quanyu.kernel.actor import Actor, ActorKind, Grant, Scope
from quanyu.modules.members.contracts import Found, Level, Member
from quanyu.modules.members.rules import numbers, phones
from quanyu.platform import db, pii

_COLUMNS = (
    "m.id, m.number, m.card_number, m.level, m.tier, m.name_masked, m.phone_masked, m.birthday, m.channel, "
    "m.store_id, m.language, m.is_active, m.created_at"
)
CANDIDATES_MAX = 10
# What a member may do, on own rows only.
_GRANTS = (Grant(frozenset({"mall.*"}), Scope.OWN),)


def members(ids: Iterable[UUID]) -> dict[UUID, Member]:
    """Return the members that exist, by id."""
    found = db.rows(f"SELECT {_COLUMNS} FROM members_member m WHERE m.id = ANY(%s)", [list(ids)])  # noqa: S608
    return {row["id"]: _member(row) for row in found}


def find(text: str) -> list[Found]:
    """Return the members that a typed or scanned text leads to.

    A whole phone, a member or card number and any other key lead to one member; four digits to the
    newest ten whose phone ends so, each to be confirmed.
    """
    text = text.strip()
    if not text.isprintable():
        return []
    if len(text) == 4 and text.isascii() and text.isdigit():
        rows = db.rows(
            f"SELECT {_COLUMNS} FROM members_member m WHERE m.phone_last4 = %s AND m.is_active "  # noqa: S608
            "ORDER BY m.created_at DESC, m.id DESC LIMIT %s",
            [text, CANDIDATES_MAX],
        )
        return [Found(_member(row), needs_confirmation=True) for row in rows]
    values: list[str | bytes]
    if numbers.is_number(text):
        condition, values = "m.number = %s OR m.card_number = %s", [text, text]
    else:
        phone = phones.normalised(text)
        kind, value = ("phone", phone) if phone else ("card", text)
        condition = (
            "m.id = (SELECT i.member_id FROM members_identity i WHERE i.kind = %s AND i.value_index = %s LIMIT 1)"
        )
        values = [kind, pii.blind_index(value, f"member.{kind}")]
    rows = db.rows(f"SELECT {_COLUMNS} FROM members_member m WHERE {condition}", values)  # noqa: S608
    return [Found(_member(row), needs_confirmation=False) for row in rows]


def actor_for_token(*, token_hash: bytes, now: Any) -> Actor | None:
    """Return the member behind a session's token; one query."""
    row = db.row(
        "SELECT m.id, m.name_masked, m.number FROM members_session s JOIN members_member m ON m.id = s.member_id "
        "WHERE s.token_hash = %s AND s.revoked_at IS NULL AND s.expires_at > %s AND m.is_active",
        [token_hash, now],
    )
    if row is None:
        return None
    return Actor(kind=ActorKind.MEMBER, id=str(row["id"]), name=row["name_masked"] or row["number"], grants=_GRANTS)


def _member(row: dict[str, Any]) -> Member:
    return Member(**{**row, "level": Level(row["level"])})
