"""The member's file: consents, addresses, the card, looking up; own rows only, masked by default."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind, Grant, Scope
from quanyu.kernel.problem import Forbidden, Invalid
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import AddressUnknown, Key, KeyKind, MemberUnknown, TooManyAddresses
from quanyu.modules.members.events import ConsentChanged
from quanyu.platform import db
from tests.harness import members as build
from tests.harness import organization
from tests.harness.parallel import parallel

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
AREA = organization.NANSHAN


def person(member) -> Actor:
    return Actor(ActorKind.MEMBER, str(member.id), grants=(Grant(frozenset({"mall.*"}), Scope.OWN),))


def staff(*permissions: str) -> Actor:
    return Actor(ActorKind.STAFF, uuid4().hex, name="收银员", grants=(Grant(frozenset(permissions), Scope.ALL),))


@pytest.fixture(scope="module", autouse=True)
def _areas() -> None:
    organization.enterprise()


def add_address(member, *, actor=None, text="科技园路 1 号 2 栋 301", is_default=False, name="王小明"):
    return members.add_address(
        member_id=member.id,
        name=name,
        phone="13912345678",
        area_code=AREA,
        text=text,
        is_default=is_default,
        actor=actor or person(member),
        now=NOW,
    )


def consent_rows(member) -> int:
    return db.value("SELECT count(*) FROM members_consent WHERE member_id = %s", [member.id])


def facts(member) -> list[bool]:
    rows = db.rows(
        "SELECT payload FROM platform_outbox WHERE topic = %s AND aggregate = %s ORDER BY id",
        [ConsentChanged.topic, f"member:{member.id}"],
    )
    return ["true" in str(row["payload"]).lower() for row in rows]


def give(member, *, actor=None, version="2026-01"):
    members.give_consent(
        member_id=member.id, purpose="marketing.sms", policy_version=version, channel="mall",
        actor=actor or person(member), now=NOW,
    )  # fmt: skip


def withdraw(member):
    members.withdraw_consent(
        member_id=member.id, purpose="marketing.sms", channel="mall", actor=person(member), now=NOW
    )


def test_mem_01_the_newest_consent_holds_and_every_word_stays_in_the_ledger():
    member = build.make_member()
    assert members.consents(member_id=member.id) == {}
    give(member)
    give(member)
    withdraw(member)
    withdraw(member)
    give(member, version="2026-02")
    state = members.consents(member_id=member.id)["marketing.sms"]
    assert (state.is_given, state.policy_version) == (True, "2026-02")
    assert consent_rows(member) == 3
    assert facts(member) == [True, False, True]


@pytest.mark.race
def test_mem_01_the_same_consent_from_sixteen_devices_is_one_row():
    member = build.make_member()
    assert parallel(16, lambda _: give(member)) == [None] * 16
    assert consent_rows(member) == 1


@pytest.mark.parametrize(
    "statement",
    ["UPDATE members_consent SET is_given = false", "DELETE FROM members_consent", "TRUNCATE members_consent"],
)
def test_the_consent_ledger_is_append_only(statement):
    member = build.make_member()
    give(member)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        db.execute(statement)
    assert consent_rows(member) == 1


def test_nobody_consents_for_somebody_else():
    member, other = build.make_member(), build.make_member()
    with pytest.raises(MemberUnknown):
        give(member, actor=person(other))
    with pytest.raises(Forbidden):
        give(member, actor=staff("members.view"))
    assert consent_rows(member) == 0
    give(member, actor=staff("members.edit"))
    assert consent_rows(member) == 1


def test_mall_04_an_address_is_masked_in_lists_and_clear_for_the_order():
    member = build.make_member()
    card = add_address(member)
    assert card.masked == "王*明 139****5678 广东省深圳市南山区******"
    assert members.addresses(member_id=member.id) == [card]
    clear = members.address_for_order(member_id=member.id, address_id=card.id)
    assert (clear.name, clear.phone, clear.area_code, clear.text) == (
        "王小明",
        "13912345678",
        AREA,
        "科技园路 1 号 2 栋 301",
    )


def test_there_is_one_default_address_and_the_first_is_it():
    member = build.make_member()
    first, second = add_address(member), add_address(member, is_default=True)
    assert first.is_default
    assert [card.id for card in members.addresses(member_id=member.id) if card.is_default] == [second.id]
    members.set_default_address(member_id=member.id, address_id=first.id, actor=person(member), now=NOW)
    assert [card.id for card in members.addresses(member_id=member.id) if card.is_default] == [first.id]


@pytest.mark.race
def test_defaults_set_at_once_leave_one():
    member = build.make_member()
    cards = [add_address(member) for _ in range(4)]
    answers = parallel(
        8,
        lambda index: members.set_default_address(
            member_id=member.id, address_id=cards[index % 4].id, actor=person(member), now=NOW
        ),
    )
    assert answers == [None] * 8
    assert sum(card.is_default for card in members.addresses(member_id=member.id)) == 1


def test_a_removed_address_is_forgotten_and_no_order_gets_it():
    member = build.make_member()
    card = add_address(member)
    members.remove_address(member_id=member.id, address_id=card.id, actor=person(member), now=NOW)
    assert members.addresses(member_id=member.id) == []
    with pytest.raises(AddressUnknown):
        members.address_for_order(member_id=member.id, address_id=card.id)
    assert bytes(db.value("SELECT detail_encrypted FROM members_address WHERE id = %s", [card.id])) == b""


def test_somebody_elses_address_does_not_exist():
    member, other = build.make_member(), build.make_member()
    card = add_address(member)
    for attempt in (
        lambda: members.address_for_order(member_id=other.id, address_id=card.id),
        lambda: members.remove_address(member_id=other.id, address_id=card.id, actor=person(other), now=NOW),
        lambda: members.set_default_address(member_id=other.id, address_id=card.id, actor=person(other), now=NOW),
    ):
        with pytest.raises(AddressUnknown):
            attempt()
    with pytest.raises(MemberUnknown):
        add_address(member, actor=person(other))
    assert members.addresses(member_id=member.id) == [card]


def test_the_address_book_holds_twenty():
    member = build.make_member()
    for _ in range(20):
        add_address(member)
    with pytest.raises(TooManyAddresses):
        add_address(member)
    assert len(members.addresses(member_id=member.id)) == 20


@pytest.mark.parametrize(
    "given", [{"text": ""}, {"text": "路" * 121}, {"text": "路\x00"}, {"name": " "}, {"name": "\ud800"}]
)
def test_an_incomplete_address_is_refused(given):
    member = build.make_member()
    with pytest.raises(Invalid):
        add_address(member, **given)
    assert members.addresses(member_id=member.id) == []


def test_mem_03_the_card_shows_its_number_as_a_qr_code():
    member = build.make_member()
    card = members.card(member_id=member.id)
    assert (card.number, card.payload) == (member.card_number, member.card_number)
    assert card.svg.startswith("<svg")
    assert "<path" in card.svg
    with pytest.raises(MemberUnknown):
        members.card(member_id=uuid4())


def test_mem_04_the_till_finds_a_member_by_phone_number_card_and_last_four():
    number = build.phone()
    member = build.make_member(phone_number=number)
    plastic = f"K{build.phone()}"
    members.find_or_create(
        keys=[Key(KeyKind.PHONE, number, verified=True), Key(KeyKind.CARD, plastic, verified=True)],
        channel="pos",
        now=NOW,
    )
    till = staff("members.view")
    for text in (number, f" +86 {number}", member.number, member.card_number, plastic):
        found = members.find(text=text, actor=till, now=NOW)
        assert [(hit.member.id, hit.needs_confirmation) for hit in found] == [(member.id, False)]
    candidates = members.find(text=number[-4:], actor=till, now=NOW)
    assert all(hit.needs_confirmation for hit in candidates)
    assert member.id in [hit.member.id for hit in candidates]
    assert members.find(text=build.phone(), actor=till, now=NOW) == []
    for text in ("", "\x00", "\ud800", "１２３４"):
        assert members.find(text=text, actor=till, now=NOW) == []


def test_looking_members_up_needs_the_permission():
    member = build.make_member()
    with pytest.raises(Forbidden):
        members.find(text=member.number, actor=person(member), now=NOW)


def test_a_member_changes_the_own_file_and_the_trail_names_parts_only():
    member = build.make_member(name=None)
    changed = members.update_member(
        member_id=member.id, name="赵云飞", birthday=date(1990, 5, 4), language="en", actor=person(member), now=NOW
    )
    assert (changed.name_masked, changed.birthday, changed.language) == ("赵*飞", date(1990, 5, 4), "en")
    # Without id and hashes: their digits may read like anything.
    trail = db.rows(
        "SELECT concat_ws(' ', action, reason, actor_name, detail) AS text FROM platform_audit WHERE subject_id = %s",
        [str(member.id)],
    )
    assert len(trail) == 1
    assert "赵云飞" not in trail[0]["text"]
    assert "1990" not in trail[0]["text"]


@pytest.mark.parametrize(
    "given", [{"birthday": date(2030, 1, 1)}, {"birthday": date(1850, 1, 1)}, {"language": "xx"}, {"name": "名" * 41}]
)
def test_an_impossible_file_is_refused_and_stays(given):
    member = build.make_member()
    with pytest.raises(Invalid):
        members.update_member(member_id=member.id, actor=SYSTEM, now=NOW, **given)
    assert members.member(id=member.id) == member


def test_members_come_in_one_query_and_unknown_ids_are_left_out():
    one, two = build.make_member(), build.make_member()
    assert members.members(ids=[one.id, two.id, uuid4()]) == {one.id: one, two.id: two}
    with pytest.raises(MemberUnknown):
        members.member(id=uuid4())
