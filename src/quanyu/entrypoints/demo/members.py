"""The demo's members: they join one after the other, some with birthday, address and consents; a few came twice."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from quanyu.entrypoints.demo import people, places, rhythm
from quanyu.entrypoints.demo.chain import Chain
from quanyu.entrypoints.demo.progress import Told
from quanyu.kernel.actor import SYSTEM
from quanyu.modules.identity import api as identity
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import Key, KeyKind
from quanyu.platform import db

# The mini-program of the simulated WeChat, so that members of the demo sign in to it.
APP = "wx0000000000000001"
POLICY = "2026-01"
_TOGETHER = 50
_BEFORE = 0.6
_BEFORE_DAYS = 300
_WITH_ADDRESS_ONE_IN = 6
_WITH_ASSOCIATE_ONE_IN = 3
_SHOPS_FROM, _SHOPS_HOURS = 9, 12
_ROOMS = ("1 栋 502 室", "3 栋 1201 室", "8 号楼 2 单元 301", "12 号 6 楼", "A 座 1803")


class Customer(NamedTuple):
    """A member as the demo knows him: where he shops, and where parcels go."""

    number: int
    id: UUID
    store: str
    address_id: UUID | None


class Newcomer(NamedTuple):
    """Somebody who will join: when, and in which store."""

    number: int
    at: datetime
    store: str


def plan(count: int, *, opened: datetime, now: datetime, chance: random.Random) -> list[Newcomer]:
    """Return who joins when: most before the history begins, the others while it lasts, the first to join first."""
    stores = chance.choices(places.STORES, weights=[store.size for store in places.STORES], k=count)
    before = int(count * _BEFORE)
    found = []
    for index, store in enumerate(stores):
        if index < before:
            at = opened - timedelta(days=_BEFORE_DAYS) + timedelta(days=_BEFORE_DAYS - 1) * index / before
        else:
            at = opened + (now - opened) * (index - before) / (count - before)
        found.append(Newcomer(index, _in_shop_hours(at, now), store.code))
    return sorted(found, key=lambda one: (one.at, one.number))


def _in_shop_hours(at: datetime, now: datetime) -> datetime:
    """Return the moment of the same day at which the shops are as far into theirs; never one of the future."""
    day = at.astimezone(rhythm.SHANGHAI).date()
    begun = rhythm.at(day, 0)
    found = rhythm.at(day, _SHOPS_FROM) + (at - begun) * _SHOPS_HOURS / 24
    return found if found < now else at


def join(newcomers: Sequence[Newcomer], chain: Chain, told: Told | None = None) -> Iterator[Customer]:
    """Let people join, some tens in one transaction."""
    for start in range(0, len(newcomers), _TOGETHER):
        batch = newcomers[start : start + _TOGETHER]
        yield from db.in_transaction(lambda batch=batch: [_join(one, chain) for one in batch])  # type: ignore[misc]
        if told is not None:
            told.step(len(batch))


def _join(one: Newcomer, chain: Chain) -> Customer:
    name, phone = people.name(one.number), people.phone(one.number)
    keys = [Key(kind=KeyKind.PHONE, value=phone, verified=True)]
    in_mall = people.is_in_mall(one.number)
    if in_mall:
        keys.append(_account(one.number))
    member_id = members.find_or_create(
        keys=keys, channel="pos", store_id=chain.units[one.store].id, name=name, now=one.at
    ).id
    if people.tells_birthday(one.number):
        members.update_member(
            member_id=member_id,
            birthday=people.birthday(one.number),
            lunar_birthday=people.keeps_lunar_birthday(one.number) or None,
            actor=SYSTEM,
            now=one.at,
        )
    if one.number % 3 != 1:
        members.give_consent(
            member_id=member_id,
            purpose="marketing",
            policy_version=POLICY,
            channel="mall" if in_mall else "pos",
            actor=SYSTEM,
            now=one.at,
        )
    _bind(one, member_id)
    return Customer(one.number, member_id, one.store, _address(one, member_id))


def _bind(one: Newcomer, member_id: UUID) -> None:
    """A third came through the code of an associate, of their own store where it has one."""
    if one.number % _WITH_ASSOCIATE_ONE_IN:
        return
    guides = [person for person in people.STAFF if person.role == "associate"]
    name = next((it.username for it in guides if it.unit == one.store), guides[one.number // 3 % len(guides)].username)
    staff_id = identity.staff_by_username(username=name).id
    code = members.promotion_code(staff_id=staff_id, actor=SYSTEM, now=one.at)
    members.bind_newcomer(member_id=member_id, staff_code=code.token, now=one.at)


def _address(one: Newcomer, member_id: UUID) -> UUID | None:
    """Some have goods sent to them: near the store where they joined."""
    if one.number % _WITH_ADDRESS_ONE_IN:
        return None
    store = next(store for store in places.STORES if store.code == one.store)
    return members.add_address(
        member_id=member_id,
        name=people.name(one.number),
        phone=people.phone(one.number),
        area_code=store.area,
        text=f"{store.street[:-2]} {_ROOMS[one.number % len(_ROOMS)]}",
        longitude=store.longitude + (one.number % 7 - 3) / 1000,
        latitude=store.latitude + (one.number % 5 - 2) / 1000,
        actor=SYSTEM,
        now=one.at,
    ).id


def come_again(count: int, *, now: datetime) -> None:
    """Let some sign in to the mini-program as somebody new, and compare the files."""
    for number, double in enumerate(people.DOUBLES):
        _join_mall(_account(count + number), double.phone, name=double.name, birthday=double.birthday, now=now)
    while members.scan_matches(now=now):
        pass


def _account(number: int) -> Key:
    return Key(kind=KeyKind.OPENID, namespace=APP, value=f"demo-openid-{number:04d}", verified=True)


def _join_mall(account: Key, phone: str, *, name: str, birthday: date, now: datetime) -> None:
    """Sign a person in to the mini-program: a proved phone leads to the file of the store, if there is one."""
    keys = [account]
    if phone:
        keys.append(Key(kind=KeyKind.PHONE, value=phone, verified=True))
    member = members.find_or_create(keys=keys, channel="mall", name=name, now=now)
    members.update_member(member_id=member.id, birthday=birthday, actor=SYSTEM, now=now)
