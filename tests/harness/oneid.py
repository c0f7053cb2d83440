"""Builders of people for OneID: keys, rich files, and all rows of a file as they stand."""

from __future__ import annotations

import random
import secrets
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from quanyu.kernel.actor import Actor, ActorKind, Grant, Scope
from quanyu.kernel.ids import uuid7
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import Key, KeyKind, Member
from quanyu.platform import db
from tests.harness import members as build
from tests.harness import organization

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
CLERK = Actor(
    kind=ActorKind.STAFF, id="7", name="Wang", grants=(Grant(frozenset({"members.merge", "members.edit"}), Scope.ALL),)
)
EDITOR = Actor(kind=ActorKind.STAFF, id="1", name="x", grants=(Grant(frozenset({"*"}), Scope.ALL),))


def unionid() -> Key:
    """Return a new unionid, proved."""
    return Key(KeyKind.UNIONID, f"u{build.phone()}{build.phone()}", verified=True)


def phone_key(*, verified: bool = True) -> Key:
    """Return a new phone."""
    return Key(KeyKind.PHONE, build.phone(), verified=verified)


def enrol(*keys: Key, name: str | None = None, birthday: date | None = None, now: datetime = NOW) -> Member:
    """Return the member that the keys lead to."""
    member = members.find_or_create(keys=keys, channel="mall", name=name, now=now)
    if birthday is not None:
        members.update_member(member_id=member.id, birthday=birthday, actor=EDITOR, now=now)
    return members.member(id=member.id)


def everything(*ids: UUID) -> dict[str, list[str]]:
    """All rows of the module that belong to these members, as text."""
    tables = db.rows(
        "SELECT table_name AS name FROM information_schema.columns WHERE table_name LIKE 'members\\_%%' "
        "AND column_name = 'member_id' AND table_name NOT LIKE '%%breach%%'"
    )
    found = {}
    for table in ("members_member", *sorted(table["name"] for table in tables)):
        column = "id" if table == "members_member" else "member_id"
        rows = db.rows(f"SELECT t::text AS row FROM {table} t WHERE {column} = ANY(%s) ORDER BY 1", [list(ids)])
        found[table] = [row["row"] for row in rows]
    return found


def rich_member(seed: int, *, now: datetime = NOW) -> Member:
    """A member with a bit of everything that a merge moves."""
    chance = random.Random(seed)
    keys = [phone_key(verified=chance.random() < 0.6)]
    member = enrol(*keys, name=chance.choice([None, "张三", "张小三"]), now=now)
    for _ in range(chance.randrange(3)):
        members.add_address(
            member_id=member.id,
            name="张三",
            phone=build.phone(),
            area_code=organization.NANSHAN,
            text="人民路1号",
            actor=EDITOR,
            now=now,
        )
    if chance.random() < 0.5:
        members.give_consent(
            member_id=member.id,
            purpose="marketing.sms",
            policy_version="1",
            channel="mall",
            actor=EDITOR,
            now=now,
        )
    if chance.random() < 0.5:
        members.update_member(
            member_id=member.id, birthday=date(1990, 1 + chance.randrange(12), 3), actor=EDITOR, now=now
        )
    db.execute(
        "INSERT INTO members_session (id, member_id, token_hash, channel, created_at, expires_at) "
        "VALUES (%s, %s, %s, 'mall', %s, %s)",
        [uuid7(), member.id, secrets.token_bytes(32), now, now + timedelta(days=30)],
    )
    return member


def pairs_of(*ids: UUID) -> list[tuple[str, set[UUID]]]:
    """Return (state, the two) of the pairs among these members."""
    found = db.rows(
        "SELECT state, low_id, high_id FROM members_match WHERE low_id = ANY(%s) AND high_id = ANY(%s)",
        [list(ids), list(ids)],
    )
    return [(row["state"], {row["low_id"], row["high_id"]}) for row in found]
