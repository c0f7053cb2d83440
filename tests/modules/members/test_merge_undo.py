"""OneID: a wrong merge is undone exactly; what came later stays; other modules follow both ways (MEM-05)."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanyu.kernel.ids import uuid7
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import (
    Key,
    KeyKind,
    MergeUnknown,
    UndoRefused,
)
from quanyu.modules.members.events import MembersUnmerged
from quanyu.modules.members.ops import merge_followers, sign_in
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
    assert pairs_of(one.id, other.id) == [("refused", {one.id, other.id})]


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
    members.update_member(member_id=nameless.id, name="李小四", actor=EDITOR, now=LATER)
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


# --- sign-ins by an account that goes back -----------------------------------------------------------------------


def openid() -> Key:
    return Key(KeyKind.OPENID, f"o{build.phone()}", namespace="wx-undo", verified=True)


def session_by(account: Key, *, member_id: UUID, now: datetime) -> str:
    """Sign in as the mini-program does: the session remembers the account."""
    identity = db.value(
        "SELECT id FROM members_identity WHERE kind = 'openid' AND member_id = %s AND namespace = %s",
        [member_id, account.namespace],
    )
    return sign_in.open_session(member_id=member_id, channel="mall", account_id=identity, now=now).token


def test_a_sign_in_made_since_the_merge_goes_back_with_its_account():
    account = openid()
    one, other = enrol(phone_key()), enrol(account, now=LATER)
    record = members.merge(one_id=one.id, other_id=other.id, reason="", actor=CLERK, now=LATER)
    token = session_by(account, member_id=record.winner_id, now=LATER)
    members.undo_merge(merge_id=record.id, reason="two people", actor=CLERK, now=LATER)
    assert members.actor_for_token(token=token, now=LATER).id == str(record.loser_id)
    assert members.wechat_payer(token=token, now=LATER) == account.value


def test_after_an_undone_merge_a_member_is_erased_although_a_session_of_the_other_names_its_account():
    account, kept = openid(), phone_key()
    one, other = enrol(kept), enrol(account, now=LATER)
    token = session_by(account, member_id=other.id, now=LATER)
    # As undoing left it before sessions went back with their accounts.
    db.execute("UPDATE members_session SET member_id = %s WHERE member_id = %s", [one.id, other.id])
    members.erase_member(member_id=other.id, reason="asked for it", actor=EDITOR, now=LATER)
    assert members.wechat_payer(token=token, now=LATER) == ""
    assert members.actor_for_token(token=token, now=LATER) is None
    assert db.value("SELECT count(*) FROM members_identity WHERE member_id = %s", [other.id]) == 0
    assert enrol(kept).id == one.id
