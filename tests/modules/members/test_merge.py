"""OneID: proved keys that meet make two files one, staff may too, and a merged id leads on (MEM-05, MEM-09)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from quanyu.kernel.actor import Actor, ActorKind, Grant, Scope
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Forbidden, Invalid
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import (
    Key,
    KeyKind,
    Level,
    MatchUnknown,
    MemberUnknown,
    MergeRefused,
    MergeUnknown,
)
from quanyu.modules.members.events import MembersMerged
from quanyu.platform import db
from tests.harness import members as build
from tests.harness import organization
from tests.harness.oneid import (
    CLERK,
    EDITOR,
    LATER,
    NOW,
    enrol,
    everything,
    pairs_of,
    phone_key,
    rich_member,
    unionid,
)


@pytest.fixture(scope="module", autouse=True)
def _areas() -> None:
    organization.enterprise()


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


# --- the pair queue ----------------------------------------------------------------------------------------------


def test_mem_05_a_refused_pair_never_comes_back_and_is_never_merged_by_keys():
    phone, union = phone_key(), unionid()
    one = enrol(phone, name="王芳")
    other = enrol(union, name="李明")
    enrol(phone, union)
    [pair] = [it for it in members.matches(limit=500, actor=CLERK) if {it.left.id, it.right.id} == {one.id, other.id}]
    members.refuse_match(match_id=pair.id, actor=CLERK, now=NOW)
    members.update_member(member_id=other.id, name="王芳", actor=EDITOR, now=NOW)
    assert enrol(phone, union).id == other.id
    assert pairs_of(one.id, other.id) == [("refused", {one.id, other.id})]


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
    members.close_member(member_id=other.id, actor=EDITOR, now=NOW)
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
        found = members.find(text=text, actor=EDITOR, now=NOW)
        assert [(one.member.id, one.needs_confirmation) for one in found] == [(stands, False)]
    members.give_consent(
        member_id=gone.id, purpose="marketing.app", policy_version="2", channel="mall", actor=EDITOR, now=LATER
    )
    assert members.consents(member_id=stands)["marketing.app"].is_given
