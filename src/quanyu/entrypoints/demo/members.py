"""The demo's members: two hundred people, some with a birthday and an address, and a few who came twice."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from quanyu.entrypoints.demo import people, places
from quanyu.entrypoints.imports.progress import bar
from quanyu.kernel.actor import SYSTEM
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import Key, KeyKind
from quanyu.modules.organization.contracts import Unit

APP = "wx-demo-mall"


def make(units: dict[str, Unit], *, now: datetime) -> list[UUID]:
    """Register the members in the stores, then the second files of some of them, and compare the files."""
    with bar("members", people.MEMBER_COUNT + len(people.DOUBLES)) as advance:
        found = []
        for index in range(people.MEMBER_COUNT):
            found.append(_register(index, units, now=now))
            advance(1)
        for number, double in enumerate(people.DOUBLES):
            account = _account(people.MEMBER_COUNT + number)
            _join_mall(account, double.phone, name=double.name, birthday=double.birthday, now=now)
            advance(1)
    while members.scan_matches(now=now):
        pass
    return found


def _register(index: int, units: dict[str, Unit], *, now: datetime) -> UUID:
    store = places.STORES[index % len(places.STORES)]
    born = people.birthday(index) if index in people.WITH_BIRTHDAY else None
    member_id = members.find_or_create(
        keys=[Key(kind=KeyKind.PHONE, value=people.phone(index), verified=True)],
        channel="pos",
        store_id=units[store.code].id,
        name=people.name(index),
        now=now,
    ).id
    if index in people.IN_MALL:
        _join_mall(_account(index), people.phone(index), name=people.name(index), birthday=born, now=now)
    elif born is not None:
        members.update_member(member_id=member_id, birthday=born, actor=SYSTEM, now=now)
    return member_id


def _account(number: int) -> Key:
    return Key(kind=KeyKind.OPENID, namespace=APP, value=f"demo-openid-{number:04d}", verified=True)


def _join_mall(account: Key, phone: str, *, name: str, birthday: date | None, now: datetime) -> None:
    """Sign a person in to the mini-program: a proved phone leads to the file of the store, if there is one."""
    keys = [account]
    if phone:
        keys.append(Key(kind=KeyKind.PHONE, value=phone, verified=True))
    member = members.find_or_create(keys=keys, channel="mall", name=name, now=now)
    if birthday is not None:
        members.update_member(member_id=member.id, birthday=birthday, actor=SYSTEM, now=now)
