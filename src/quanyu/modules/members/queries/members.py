"""Members by id, by key and by what a person at the till says; always masked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec

from quanyu.kernel.actor import Actor, ActorKind, Grant, Scope
from quanyu.modules.members.contracts import Found, Level, Member
from quanyu.modules.members.rules import numbers, phones
from quanyu.platform import db, pii
from quanyu.platform.db import lean

_COLUMNS = (
    "m.id, m.number, m.card_number, m.level, m.tier, m.name_masked, m.phone_masked, m.birthday, m.channel, "
    "m.store_id, m.language, m.is_active, m.created_at, m.lunar_birthday"
)
# ``a`` is the row an id leads to, ``m`` the member that stands for it.
_STANDS_FOR = "m.id = coalesce(a.merged_into_id, a.id)"
CANDIDATES_MAX = 10
# What a member may do, on own rows only.
_GRANTS = (Grant(frozenset({"mall.*"}), Scope.OWN),)


def members(ids: Iterable[UUID]) -> dict[UUID, Member]:
    """Return the members that exist, by the id that was asked for; for a merged one the member that stands for it."""
    found = db.rows(
        f"SELECT a.id AS asked, {_COLUMNS} FROM members_member a "  # noqa: S608
        f"JOIN members_member m ON {_STANDS_FOR} WHERE a.id = ANY(%s)",
        [list(ids)],
    )
    return {row.pop("asked"): _member(row) for row in found}


def find(text: str) -> list[Found]:
    """Return the members that a typed or scanned text leads to.

    A member or card number and most keys lead to one member. Four digits lead to the newest ten whose phone ends
    so, and a phone that several share (its owner, and those who told it as a contact) to all of them: each of
    these is to be confirmed.
    """
    text = text.strip()
    if not text.isprintable():
        return []
    if len(text) == 4 and text.isascii() and text.isdigit():
        rows = _found("m.is_active AND a.phone_last4 = %s", [text])
        return [Found(_member(row), needs_confirmation=True) for row in rows]
    if numbers.is_number(text):
        rows = _found("a.number = %s OR a.card_number = %s", [text, text])
    else:
        phone = phones.normalised(text)
        kind, value = ("phone", phone) if phone else ("card", text)
        index = pii.blind_index(value, f"member.{kind}")
        rows = _found(
            "a.id IN (SELECT i.member_id FROM members_identity i WHERE i.kind = %s AND i.value_index = %s "
            "UNION SELECT c.member_id FROM members_contact c WHERE c.kind = %s AND c.value_index = %s)",
            [kind, index, kind, index],
        )
    return [Found(_member(row), needs_confirmation=len(rows) > 1) for row in rows]


def actor_for_token(*, token_hash: bytes, now: Any) -> Actor | None:
    """Return the member behind a session's token; one query."""
    row = db.row("SELECT id, number FROM members_behind(ARRAY[%s::bytea], %s)", [token_hash, now])
    return None if row is None else _actor(str(row["id"]), row["number"])


async def ask_actors(hashes: Sequence[str], *, now: Any) -> dict[str, Actor]:
    """Return the members behind many sessions' tokens, by the hash in hexadecimal; one query of the event loop."""
    found = await lean.json(
        "SELECT coalesce(jsonb_agg(jsonb_build_array(encode(token_hash, 'hex'), id, number)), '[]')::text "
        "FROM members_behind((SELECT array_agg(decode(h, 'hex')) FROM unnest(%s::text[]) AS h), %s)",
        [list(hashes), now],
    )
    rows: list[tuple[str, str, str]] = msgspec.json.decode(found or b"[]")
    return {hashed: _actor(member_id, number) for hashed, member_id, number in rows}


def _actor(member_id: str, number: str) -> Actor:
    return Actor(kind=ActorKind.MEMBER, id=member_id, name=number, grants=_GRANTS)


def _found(condition: str, values: list[Any]) -> list[dict[str, Any]]:
    """Return the members that stand for those a condition on ``a`` is true of, the newest first."""
    return db.rows(
        f"SELECT DISTINCT {_COLUMNS} FROM members_member a JOIN members_member m ON {_STANDS_FOR} "  # noqa: S608
        f"WHERE {condition} ORDER BY m.created_at DESC, m.id DESC LIMIT %s",
        [*values, CANDIDATES_MAX],
    )


def _member(row: dict[str, Any]) -> Member:
    return Member(**{**row, "level": Level(row["level"])})
