"""OneID: two files become one and, when that was wrong, exactly two again (MEM-05, MEM-09)."""

from __future__ import annotations

import random
import secrets
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanyu.kernel.actor import Actor, ActorKind, Grant, Scope
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Forbidden, Invalid
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import (
    Key,
    KeyKind,
    Level,
    MatchUnknown,
    Member,
    MemberUnknown,
    MergeRefused,
    MergeUnknown,
    UndoRefused,
)
from quanyu.modules.members.events import MembersMerged, MembersUnmerged
from quanyu.modules.members.ops import merge_followers
from quanyu.platform import db
from tests.harness import members as build
from tests.harness import organization

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
CLERK = Actor(
    kind=ActorKind.STAFF, id="7", name="Wang", grants=(Grant(frozenset({"members.merge", "members.edit"}), Scope.ALL),)
)


@pytest.fixture(scope="module", autouse=True)
def _areas() -> None:
    organization.enterprise()


def unionid() -> Key:
    return Key(KeyKind.UNIONID, f"u{build.phone()}{build.phone()}", verified=True)


def phone_key(*, verified: bool = True) -> Key:
    return Key(KeyKind.PHONE, build.phone(), verified=verified)


def enrol(*keys: Key, name: str | None = None, birthday: date | None = None, now: datetime = NOW) -> Member:
    member = members.find_or_create(keys=keys, channel="mall", name=name, now=now)
    if birthday is not None:
        members.update_member(member_id=member.id, birthday=birthday, actor=SYSTEM_EDITOR, now=now)
    return members.member(id=member.id)


SYSTEM_EDITOR = Actor(kind=ActorKind.STAFF, id="1", name="x", grants=(Grant(frozenset({"*"}), Scope.ALL),))


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
            actor=SYSTEM_EDITOR,
            now=now,
        )
    if chance.random() < 0.5:
        members.give_consent(
            member_id=member.id,
            purpose="marketing.sms",
            policy_version="1",
            channel="mall",
            actor=SYSTEM_EDITOR,
            now=now,
        )
    if chance.random() < 0.5:
        members.update_member(
            member_id=member.id, birthday=date(1990, 1 + chance.randrange(12), 3), actor=SYSTEM_EDITOR, now=now
        )
    db.execute(
        "INSERT INTO members_session (id, member_id, token_hash, channel, created_at, expires_at) "
        "VALUES (%s, %s, %s, 'mall', %s, %s)",
        [uuid7(), member.id, secrets.token_bytes(32), now, now + timedelta(days=30)],
    )
    return member


# --- certain keys ------------------------------------------------------------------------------------------------


def test_mem_05_proved_keys_that_meet_in_one_hand_make_two_files_one():
    phone, union = phone_key(), unionid()
    at_the_till = enrol(phone, name="李四")
    in_the_mall = enrol(union, now=LATER)
    met = enrol(phone, union, now=LATER)
    assert met.id == at_the_till.id
    assert members.member(id=in_the_mall.id).id == at_the_till.id
    assert enrol(union).id == at_the_till.id
    [merge] = members.merges_of(member_id=in_the_mall.id)
    assert (merge.winner_id, merge.loser_id, merge.cause, merge.undone_at) == (
        at_the_till.id,
        in_the_mall.id,
        "keys",
        None,
    )
    event = db.json_value(
        "SELECT payload FROM platform_outbox WHERE topic = %s AND aggregate = %s",
        [MembersMerged.topic, f"member:{at_the_till.id}"],
    )
    assert event == {
        "merge_id": str(merge.id),
        "winner_id": str(at_the_till.id),
        "loser_id": str(in_the_mall.id),
        "cause": "keys",
    }


def test_mem_05_the_verified_file_is_kept_then_the_older_one():
    told = enrol(phone_key(verified=False), name="王五")
    proved = enrol(unionid(), now=LATER)
    record = members.merge(one_id=told.id, other_id=proved.id, reason="same person", actor=CLERK, now=LATER)
    assert record.winner_id == proved.id
    kept = members.member(id=told.id)
    assert (kept.id, kept.level, kept.name_masked) == (proved.id, Level.VERIFIED, "王*")


def test_mem_05_three_files_meet_in_one_call():
    keys = [phone_key(), unionid(), Key(KeyKind.OPENID, f"o{build.phone()}", namespace="wx-mall", verified=True)]
    first, second, third = (enrol(key, now=NOW + timedelta(minutes=at)) for at, key in enumerate(keys))
    met = enrol(*keys, now=LATER)
    assert met.id == first.id
    assert {members.member(id=one.id).id for one in (first, second, third)} == {first.id}


# --- never over-merge --------------------------------------------------------------------------------------------


def open_pairs_of(*ids: UUID) -> list[tuple[str, set[UUID]]]:
    found = db.rows(
        "SELECT state, low_id, high_id FROM members_match WHERE low_id = ANY(%s) AND high_id = ANY(%s)",
        [list(ids), list(ids)],
    )
    return [(row["state"], {row["low_id"], row["high_id"]}) for row in found]


def test_mem_05_a_household_phone_does_not_glue_mother_and_child():
    phone, mothers, childs = phone_key(), unionid(), unionid()
    mother = enrol(mothers, phone, name="王芳")
    child = enrol(childs, phone, name="李小明")
    assert child.id != mother.id
    assert (enrol(mothers, phone).id, enrol(childs, phone).id, enrol(phone).id) == (mother.id, child.id, mother.id)
    assert open_pairs_of(mother.id, child.id) == [("open", {mother.id, child.id})]
    # Staff finds both by the phone, and must ask which of them stands there.
    found = members.find(text=phone.value, actor=SYSTEM_EDITOR, now=NOW)
    assert {(one.member.id, one.needs_confirmation) for one in found} == {(mother.id, True), (child.id, True)}


def test_mem_05_a_recycled_number_does_not_hand_the_old_owners_file_to_the_new_one():
    phone, olds, news = phone_key(), unionid(), unionid()
    old = enrol(olds, phone, name="陈刚")
    new = enrol(news, name="赵敏")
    assert enrol(news, phone).id == new.id
    assert members.member(id=old.id).id == old.id
    assert open_pairs_of(old.id, new.id) == [("open", {old.id, new.id})]


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (("张伟", date(1960, 5, 1)), ("张伟", date(1990, 8, 9))),  # father and son of one name
        (("李大双", date(2001, 3, 4)), ("李小双", date(2001, 3, 4))),  # twins
        (("王芳", date(1980, 2, 3)), ("李明", date(2010, 6, 7))),  # mother and child
    ],
)
def test_mem_05_proved_keys_of_people_who_are_clearly_two_go_to_a_person_to_look_at(mine, theirs):
    phone, union = phone_key(), unionid()
    one = enrol(phone, name=mine[0], birthday=mine[1])
    other = enrol(union, name=theirs[0], birthday=theirs[1])
    assert enrol(phone, union).id == other.id
    assert members.member(id=one.id).id == one.id
    assert open_pairs_of(one.id, other.id) == [("open", {one.id, other.id})]
    # Asking again neither merges nor asks twice.
    assert enrol(phone, union).id == other.id
    assert len(open_pairs_of(one.id, other.id)) == 1


def test_mem_05_two_proved_phones_are_not_merged_unseen():
    mine, theirs, union = phone_key(), phone_key(), unionid()
    one = enrol(mine, union)
    other = enrol(theirs)
    assert enrol(union, theirs).id == one.id
    assert members.member(id=other.id).id == other.id
    assert open_pairs_of(one.id, other.id) == [("open", {one.id, other.id})]


def test_mem_05_a_slip_of_the_pen_in_the_name_is_no_contradiction():
    phone, union = phone_key(), unionid()
    one = enrol(phone, name="张岩", birthday=date(1990, 12, 1))
    enrol(union, name="张妍", birthday=date(1990, 1, 12), now=LATER)
    assert enrol(phone, union, now=LATER).id == one.id


# --- the pair queue ----------------------------------------------------------------------------------------------


def test_mem_05_a_refused_pair_never_comes_back_and_is_never_merged_by_keys():
    phone, union = phone_key(), unionid()
    one = enrol(phone, name="王芳")
    other = enrol(union, name="李明")
    enrol(phone, union)
    [pair] = [it for it in members.matches(limit=500, actor=CLERK) if {it.left.id, it.right.id} == {one.id, other.id}]
    members.refuse_match(match_id=pair.id, actor=CLERK, now=NOW)
    members.update_member(member_id=other.id, name="王芳", actor=SYSTEM_EDITOR, now=NOW)
    assert enrol(phone, union).id == other.id
    assert open_pairs_of(one.id, other.id) == [("refused", {one.id, other.id})]


def test_mem_05_a_pair_is_decided_once():
    phone, union = phone_key(), unionid()
    one, other = enrol(phone, name="王芳"), enrol(union, name="李明")
    enrol(phone, union)
    [pair] = [it for it in members.matches(limit=500, actor=CLERK) if {it.left.id, it.right.id} == {one.id, other.id}]
    record = members.accept_match(match_id=pair.id, actor=CLERK, now=NOW)
    assert (record.cause, {record.winner_id, record.loser_id}) == ("review", {one.id, other.id})
    with pytest.raises(MatchUnknown):
        members.refuse_match(match_id=pair.id, actor=CLERK, now=NOW)
    assert members.member(id=other.id).id == members.member(id=one.id).id


def test_a_merge_needs_the_permission_and_an_undo_a_reason():
    one, other = enrol(phone_key()), enrol(unionid())
    nobody = Actor(kind=ActorKind.STAFF, id="9", name="x", grants=(Grant(frozenset({"members.view"}), Scope.ALL),))
    before = everything(one.id, other.id)
    with pytest.raises(Forbidden):
        members.merge(one_id=one.id, other_id=other.id, reason="", actor=nobody, now=NOW)
    assert everything(one.id, other.id) == before
    record = members.merge(one_id=one.id, other_id=other.id, reason="", actor=CLERK, now=NOW)
    with pytest.raises(Forbidden):
        members.undo_merge(merge_id=record.id, reason="wrong person", actor=nobody, now=NOW)
    with pytest.raises(Invalid):
        members.undo_merge(merge_id=record.id, reason="  ", actor=CLERK, now=NOW)
    assert members.merge_record(id=record.id).undone_at is None


def test_a_closed_file_and_an_unknown_one_are_not_merged_and_nothing_changes():
    one, other = enrol(phone_key()), enrol(unionid())
    members.close_member(member_id=other.id, actor=SYSTEM_EDITOR, now=NOW)
    before = everything(one.id, other.id)
    with pytest.raises(MergeRefused):
        members.merge(one_id=one.id, other_id=other.id, reason="", actor=CLERK, now=NOW)
    with pytest.raises(MemberUnknown):
        members.merge(one_id=one.id, other_id=uuid7(), reason="", actor=CLERK, now=NOW)
    with pytest.raises(MergeUnknown):
        members.merge(one_id=one.id, other_id=one.id, reason="", actor=CLERK, now=NOW)
    assert everything(one.id, other.id) == before


# --- reads of a merged id ----------------------------------------------------------------------------------------


def test_every_read_of_a_merged_id_leads_to_the_member_that_stands_for_it():
    kept, gone = rich_member(3), rich_member(8, now=LATER)
    session = build.sign_in(phone_number=(number := build.phone()))
    record = members.merge(one_id=gone.id, other_id=session.member.id, reason="", actor=CLERK, now=LATER)
    record = members.merge(one_id=record.winner_id, other_id=kept.id, reason="", actor=CLERK, now=LATER)
    stands = record.winner_id
    ids = [kept.id, gone.id, session.member.id]
    assert {asked: found.id for asked, found in members.members(ids=ids).items()} == dict.fromkeys(ids, stands)
    assert members.current_ids(ids=ids) == dict.fromkeys(ids, stands)
    assert {members.card(member_id=asked).number for asked in ids} == {members.card(member_id=stands).number}
    assert len({tuple(members.addresses(member_id=asked)) for asked in ids}) == 1
    assert len({tuple(members.consents(member_id=asked).items()) for asked in ids}) == 1
    assert members.actor_for_token(token=session.token, now=datetime.now(UTC)).id == str(stands)
    for text in (number, gone.number, gone.card_number):
        found = members.find(text=text, actor=SYSTEM_EDITOR, now=NOW)
        assert [(one.member.id, one.needs_confirmation) for one in found] == [(stands, False)]
    members.give_consent(
        member_id=gone.id, purpose="marketing.app", policy_version="2", channel="mall", actor=SYSTEM_EDITOR, now=LATER
    )
    assert members.consents(member_id=stands)["marketing.app"].is_given


# --- undo --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seeds", [(1, 2), (3, 4), (5, 8), (11, 13)])
def test_an_undone_merge_leaves_every_row_as_it_was(seeds):
    one, other = rich_member(seeds[0]), rich_member(seeds[1], now=LATER)
    before = everything(one.id, other.id)
    record = members.merge(one_id=one.id, other_id=other.id, reason="", actor=CLERK, now=LATER)
    assert everything(one.id, other.id) != before
    undone = members.undo_merge(merge_id=record.id, reason="two people", actor=CLERK, now=LATER)
    assert everything(one.id, other.id) == before
    assert (undone.undone_at, undone.undone_by, undone.undo_reason) == (LATER, "Wang", "two people")
    assert (
        db.value(
            "SELECT count(*) FROM platform_outbox WHERE topic = %s AND aggregate = %s",
            [MembersUnmerged.topic, f"member:{record.winner_id}"],
        )
        == 1
    )
    assert (
        db.value(
            "SELECT reason FROM platform_audit WHERE action = 'members.unmerge' AND subject_id = %s",
            [str(record.winner_id)],
        )
        == "two people"
    )


def test_what_came_after_the_merge_stays_with_the_kept_member():
    phone, union, card = phone_key(), unionid(), Key(KeyKind.CARD, f"c{build.phone()}", verified=True)
    one, other = enrol(phone, name="李四"), enrol(union, now=LATER)
    record = members.merge(one_id=one.id, other_id=other.id, reason="", actor=CLERK, now=LATER)
    assert enrol(union, card, now=LATER).id == one.id
    members.undo_merge(merge_id=record.id, reason="two people", actor=CLERK, now=LATER)
    assert (enrol(phone).id, enrol(union).id, enrol(card).id) == (one.id, other.id, one.id)


def test_an_undone_pair_is_not_merged_again_by_the_same_keys():
    phone, union = phone_key(), unionid()
    one, other = enrol(phone), enrol(union, now=LATER)
    assert enrol(phone, union).id == one.id
    [record] = members.merges_of(member_id=one.id)
    members.undo_merge(merge_id=record.id, reason="two people", actor=CLERK, now=LATER)
    assert enrol(phone, union).id == other.id
    assert members.member(id=one.id).id == one.id
    assert open_pairs_of(one.id, other.id) == [("refused", {one.id, other.id})]


def test_an_undo_of_an_undone_merge_is_refused_and_changes_nothing():
    one, other = rich_member(1), rich_member(4, now=LATER)
    record = members.merge(one_id=one.id, other_id=other.id, reason="", actor=CLERK, now=LATER)
    members.undo_merge(merge_id=record.id, reason="two people", actor=CLERK, now=LATER)
    before = everything(one.id, other.id)
    with pytest.raises(UndoRefused):
        members.undo_merge(merge_id=record.id, reason="two people", actor=CLERK, now=LATER)
    with pytest.raises(MergeUnknown):
        members.undo_merge(merge_id=uuid7(), reason="two people", actor=CLERK, now=LATER)
    assert everything(one.id, other.id) == before


def test_in_a_chain_the_later_merge_is_undone_first():
    ids = [enrol(unionid(), name="张三", now=NOW + timedelta(minutes=at)).id for at in range(3)]
    oldest, middle, young = ids
    before = everything(*ids)
    first = members.merge(one_id=young, other_id=middle, reason="", actor=CLERK, now=LATER)
    between = everything(*ids)
    second = members.merge(one_id=young, other_id=oldest, reason="", actor=CLERK, now=LATER)
    assert (first.winner_id, second.winner_id, second.loser_id) == (middle, oldest, middle)
    assert {members.member(id=one).id for one in ids} == {oldest}
    chained = everything(*ids)
    with pytest.raises(UndoRefused):
        members.undo_merge(merge_id=first.id, reason="two people", actor=CLERK, now=LATER)
    assert everything(*ids) == chained
    members.undo_merge(merge_id=second.id, reason="two people", actor=CLERK, now=LATER)
    assert everything(*ids) == between
    members.undo_merge(merge_id=first.id, reason="two people", actor=CLERK, now=LATER)
    assert everything(*ids) == before


def test_a_name_changed_after_the_merge_stays_and_one_only_carried_over_goes():
    nameless, named = enrol(phone_key()), enrol(unionid(), name="李四", now=LATER)
    record = members.merge(one_id=nameless.id, other_id=named.id, reason="", actor=CLERK, now=LATER)
    assert members.member(id=nameless.id).name_masked == "李*"
    members.update_member(member_id=nameless.id, name="李小四", actor=SYSTEM_EDITOR, now=LATER)
    members.undo_merge(merge_id=record.id, reason="two people", actor=CLERK, now=LATER)
    assert (members.member(id=nameless.id).name_masked, members.member(id=named.id).name_masked) == ("李*四", "李*")


def test_undoing_an_earlier_merge_of_the_same_file_leaves_what_the_later_one_brought():
    kept, first, second = enrol(phone_key()), enrol(unionid(), name="李四"), enrol(unionid(), name="王五")
    one = members.merge(one_id=kept.id, other_id=first.id, reason="", actor=CLERK, now=LATER)
    assert members.member(id=kept.id).name_masked == "李*"
    # Two accounts: only a person may join these.
    members.merge(one_id=kept.id, other_id=second.id, reason="", actor=CLERK, now=LATER)
    members.undo_merge(merge_id=one.id, reason="two people", actor=CLERK, now=LATER)
    assert (members.member(id=kept.id).name_masked, members.member(id=second.id).id) == ("王*", kept.id)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), min_size=2, max_size=8))
def test_any_sequence_of_merges_and_undoings_ends_where_it_began(deeds):
    people = [rich_member(seed, now=NOW + timedelta(minutes=seed)) for seed in range(4)]
    ids = [member.id for member in people]
    before = everything(*ids)
    standing = []
    for one, other, undo in deeds:
        if undo and standing:
            record = standing.pop()
            members.undo_merge(merge_id=record.id, reason="two people", actor=CLERK, now=LATER)
        else:
            current = members.current_ids(ids=ids)
            if current[ids[one]] != current[ids[other]]:
                standing.append(members.merge(one_id=ids[one], other_id=ids[other], reason="", actor=CLERK, now=LATER))
    while standing:
        members.undo_merge(merge_id=standing.pop().id, reason="two people", actor=CLERK, now=LATER)
    assert everything(*ids) == before


# --- followers ---------------------------------------------------------------------------------------------------


class Kept:
    """A follower that writes down what it was asked, and may refuse."""

    name = "test.kept"

    def __init__(self) -> None:
        self.calls: list[tuple[str, UUID, UUID]] = []
        self.fails = False

    def follow(self, *, merge_id: UUID, loser_id: UUID, winner_id: UUID, now: datetime) -> None:
        self.calls.append(("follow", loser_id, winner_id))
        if self.fails:
            raise RuntimeError("no")

    def unfollow(self, *, merge_id: UUID, loser_id: UUID, winner_id: UUID, now: datetime) -> None:
        self.calls.append(("unfollow", loser_id, winner_id))


@pytest.fixture
def follower():
    kept = Kept()
    members.follow_merges(follower=kept)
    yield kept
    merge_followers._followers.pop(kept.name)


def test_followers_move_in_the_transaction_of_the_merge(follower):
    one, other = enrol(phone_key()), enrol(unionid(), now=LATER)
    before = everything(one.id, other.id)
    follower.fails = True
    with pytest.raises(RuntimeError):
        members.merge(one_id=one.id, other_id=other.id, reason="", actor=CLERK, now=LATER)
    assert everything(one.id, other.id) == before
    follower.fails = False
    record = members.merge(one_id=one.id, other_id=other.id, reason="", actor=CLERK, now=LATER)
    members.undo_merge(merge_id=record.id, reason="two people", actor=CLERK, now=LATER)
    assert follower.calls[1:] == [("follow", other.id, one.id), ("unfollow", other.id, one.id)]


def test_what_was_on_its_way_to_the_merged_file_is_moved_later(follower):
    one, other = enrol(phone_key()), enrol(unionid(), now=LATER)
    members.merge(one_id=one.id, other_id=other.id, reason="", actor=CLERK, now=LATER)
    late = uuid7()
    db.execute(
        "INSERT INTO members_session (id, member_id, token_hash, channel, created_at, expires_at) "
        "VALUES (%s, %s, %s, 'mall', %s, %s)",
        [late, other.id, secrets.token_bytes(32), NOW, NOW + timedelta(days=30)],
    )
    assert members.follow_late(now=LATER) >= 1
    assert db.value("SELECT member_id FROM members_session WHERE id = %s", [late]) == one.id
    assert follower.calls[-1] == ("follow", other.id, one.id) or ("follow", other.id, one.id) in follower.calls[1:]
