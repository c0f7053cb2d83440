"""MEM-05: one person is one member, whatever the channel and however many ask at once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import Key, KeyKind, KeysConflict, Level, Member, PhoneInvalid
from quanyu.modules.members.events import MemberCreated
from quanyu.platform import db
from tests.harness import members as build
from tests.harness.parallel import all_have_looked, parallel

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
BUYERS = 64


def phone_key(number: str, *, verified: bool = True) -> Key:
    return Key(KeyKind.PHONE, number, verified=verified)


def openid(*, verified: bool = True) -> Key:
    return Key(KeyKind.OPENID, f"o{build.phone()}{build.phone()}", namespace="wx-mall", verified=verified)


def enrol(*keys: Key, **given) -> Member:
    return members.find_or_create(keys=keys, channel="mall", now=NOW, **given)


def counts() -> tuple[int, int, int]:
    return (
        db.value("SELECT count(*) FROM members_member"),
        db.value("SELECT count(*) FROM members_identity"),
        db.value("SELECT count(*) FROM platform_outbox WHERE topic = %s", [MemberCreated.topic]),
    )


@pytest.mark.race
def test_mem_05_looking_before_writing_makes_a_person_twice():
    """The negative control: the same 64 calls, but with a look and then a write, and no UNIQUE behind it."""
    db.execute("DROP TABLE IF EXISTS scratch_naive_member")
    db.execute("CREATE TABLE scratch_naive_member (id bigserial, phone text)")
    together = all_have_looked(BUYERS)
    try:

        def naive(_index: int) -> None:
            known = db.value("SELECT id FROM scratch_naive_member WHERE phone = %s", ["13800000000"])
            together()
            if known is None:
                db.execute("INSERT INTO scratch_naive_member (phone) VALUES (%s)", ["13800000000"])

        assert parallel(BUYERS, naive) == [None] * BUYERS
        assert db.value("SELECT count(*) FROM scratch_naive_member") == BUYERS
    finally:
        db.execute("DROP TABLE scratch_naive_member")


@pytest.mark.race
def test_mem_05_sixty_four_first_orders_of_one_phone_make_one_member():
    number = build.phone()
    before = counts()
    found = parallel(BUYERS, lambda _: enrol(phone_key(number), name="张三").id)
    assert len(set(found)) == 1
    assert not [answer for answer in found if isinstance(answer, Exception)]
    assert counts() == tuple(count + 1 for count in before)


@pytest.mark.race
def test_mem_05_overlapping_keys_at_once_never_split_a_person():
    """A phone, an openid and a unionid that arrive in different pairs at the same time meet in one member.

    Which calls come first decides whether a conflict is seen; what may not be is a key with two owners, or
    two callers waiting for each other for ever.
    """
    number, app, union = phone_key(build.phone()), openid(), Key(KeyKind.UNIONID, f"u{build.phone()}", verified=True)
    pairs = [(number, app), (app, union), (union, number), (number, app, union)]
    found = parallel(32, lambda index: enrol(*pairs[index % len(pairs)]).id)
    unexpected = [answer for answer in found if isinstance(answer, Exception) and not isinstance(answer, KeysConflict)]
    assert unexpected == []
    owners = {enrol(key).id for key in (number, app, union)}
    assert {answer for answer in found if not isinstance(answer, Exception)} <= owners
    assert len(owners) <= 2


def test_mem_05_a_second_key_joins_the_first_and_both_lead_home():
    number, app = phone_key(build.phone()), openid()
    first = enrol(number, name="李四")
    assert enrol(number, app).id == first.id
    assert enrol(app).id == first.id


def test_mem_05_the_ways_to_write_a_phone_are_one_phone():
    number = build.phone()
    ids = {enrol(phone_key(text)).id for text in (number, f"+86 {number}", f"86{number}", f"{number[:3]}-{number[3:]}")}
    assert len(ids) == 1


def test_mem_05_told_keys_of_two_members_are_a_conflict_and_change_nothing():
    number, card = phone_key(build.phone(), verified=False), Key(KeyKind.CARD, f"c{build.phone()}")
    mine, theirs = enrol(number), enrol(card)
    before = counts()
    with pytest.raises(KeysConflict):
        enrol(number, card, Key(KeyKind.EXTERNAL, f"x{build.phone()}", namespace="old-till"))
    assert counts() == before
    assert (enrol(number).id, enrol(card).id) == (mine.id, theirs.id)


def test_mem_05_a_told_phone_never_ties_a_proved_openid_to_a_strangers_file():
    victim = enrol(phone_key(build.phone()), name="王五")
    number = build.phone()
    stranger = enrol(phone_key(number))
    attacker = enrol(openid(), phone_key(number, verified=False))
    assert attacker.id not in (victim.id, stranger.id)
    assert enrol(phone_key(number)).id == stranger.id


def test_mem_05_a_phone_told_at_the_till_is_the_same_person_when_proved_later():
    number = build.phone()
    told = enrol(phone_key(number, verified=False))
    assert told.level is Level.IDENTIFIED
    proved = enrol(phone_key(number))
    assert (proved.id, proved.level) == (told.id, Level.VERIFIED)


def test_mem_01_a_name_fills_an_empty_file_and_never_replaces_one():
    number = phone_key(build.phone())
    assert enrol(number).name_masked == ""
    assert enrol(number, name="张小三").name_masked == "张*三"
    assert enrol(number, name="李四").name_masked == "张*三"


@pytest.mark.parametrize(
    "text", ["", "1380013800", "12800138000", "138001380001", "+8513800138000", "１３８００１３８０００"]
)
def test_mem_01_what_is_no_mobile_number_is_refused_and_nothing_is_made(text):
    before = counts()
    with pytest.raises(PhoneInvalid):
        enrol(phone_key(text))
    assert counts() == before


def test_mem_03_numbers_say_nothing_and_end_in_a_check_digit():
    number = build.phone()
    found = enrol(phone_key(number))
    for printed, prefix in ((found.number, "91"), (found.card_number, "96")):
        assert len(printed) == 16
        assert printed.startswith(prefix)
        assert number[-4:] != printed[-4:] or number[3:] not in printed
        assert sum(_luhn(printed)) % 10 == 0


def _luhn(digits: str) -> list[int]:
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return [value - 9 if value > 9 else value for value in doubled]
