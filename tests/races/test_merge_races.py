"""Many hands at two files of one person: merges, undoings, sign-ins, orders at once; always one consistent outcome."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import OperationalError, connection, transaction

from quanyu.entrypoints import reconcile
from quanyu.kernel.actor import Actor, ActorKind, Grant, Scope
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Problem
from quanyu.modules.checkout.contracts import PlaceOrder
from quanyu.modules.members import api as members
from quanyu.modules.members.contracts import Key, KeyKind, Member, MergeRecord, UndoRefused
from quanyu.modules.members.ops import merge_followers, merge_members
from quanyu.modules.orders import api as orders
from quanyu.platform import db
from quanyu.platform.gather import Busy
from tests.harness import members as build
from tests.harness.chain import make_chain
from tests.harness.checkout import command, place
from tests.harness.parallel import parallel, until_waiting

pytestmark = pytest.mark.race
NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
CLERK = Actor(kind=ActorKind.STAFF, id="7", name="Wang", grants=(Grant(frozenset({"*"}), Scope.ALL),))
HANDS = 16


def enrol(*keys: Key, name: str | None = None) -> Member:
    return members.find_or_create(keys=keys, channel="mall", name=name, now=NOW)


def phone_key() -> Key:
    return Key(KeyKind.PHONE, build.phone(), verified=True)


def unionid() -> Key:
    return Key(KeyKind.UNIONID, uuid7().hex, verified=True)


def merge(one: UUID, other: UUID) -> MergeRecord:
    return members.merge(one_id=one, other_id=other, reason="same person", actor=CLERK, now=NOW)


def breaches() -> list[str]:
    return [check.name for check in reconcile.run() if check.breaches and check.name.startswith("members")]


def standing(*ids: UUID) -> set[UUID]:
    return set(members.current_ids(ids=ids).values())


def test_control_two_merges_that_look_first_and_do_not_lock_make_a_ring():
    """Each hand decides who is kept by what it saw, then writes: A into B, and B into A."""
    one, other = enrol(phone_key()), enrol(unionid())
    looked = threading.Barrier(2)

    def merge_unguarded(index: int) -> None:
        winner, loser = (one.id, other.id) if index else (other.id, one.id)
        seen = db.value("SELECT merged_into_id FROM members_member WHERE id = %s", [winner])
        looked.wait(timeout=30)
        if seen is None:
            db.execute("UPDATE members_member SET merged_into_id = %s WHERE id = %s", [winner, loser])

    parallel(2, merge_unguarded)
    assert "members_breach_merge_chain" in breaches()
    db.execute("UPDATE members_member SET merged_into_id = NULL WHERE id = ANY(%s)", [[one.id, other.id]])
    assert breaches() == []


def test_sixteen_merges_of_the_same_two_make_one():
    one, other = enrol(phone_key()), enrol(unionid())
    results = parallel(HANDS, lambda index: merge(*((one.id, other.id) if index % 2 else (other.id, one.id))))
    assert len([it for it in results if isinstance(it, MergeRecord)]) == 1
    assert {it.code for it in results if isinstance(it, Problem)} == {"members.merge_unknown"}
    assert len([it for it in results if isinstance(it, Problem)]) == HANDS - 1
    assert db.value("SELECT count(*) FROM members_merge WHERE loser_id = ANY(%s)", [[one.id, other.id]]) == 1
    assert breaches() == []


def test_merges_round_a_ring_of_four_end_in_one_member():
    people = [enrol(unionid(), name="张三").id for _ in range(4)]
    results = parallel(4, lambda index: merge(people[index], people[(index + 1) % 4]))
    made = [it for it in results if isinstance(it, MergeRecord)]
    assert (len(made), len(standing(*people))) == (3, 1)
    assert [it for it in results if isinstance(it, Exception) and not isinstance(it, Problem)] == []
    assert breaches() == []


def test_sixteen_sign_ins_with_both_keys_merge_once_and_all_lead_to_one_member():
    phone, union = phone_key(), unionid()
    one, other = enrol(phone), enrol(union)
    found = parallel(HANDS, lambda _index: enrol(phone, union).id)
    assert set(found) == {one.id}
    assert standing(other.id) == {one.id}
    assert db.value("SELECT count(*) FROM members_merge WHERE loser_id = %s", [other.id]) == 1
    assert breaches() == []


def test_a_doubtful_pair_met_by_sixteen_calls_is_queued_once():
    phone, union = phone_key(), unionid()
    one, other = enrol(phone, name="王芳"), enrol(union, name="李明")
    assert set(parallel(HANDS, lambda _index: enrol(phone, union).id)) == {other.id}
    assert standing(one.id) == {one.id}
    pairs = db.value(
        "SELECT count(*) FROM members_match WHERE low_id = ANY(%(ids)s) AND high_id = ANY(%(ids)s)",
        {"ids": [one.id, other.id]},
    )
    assert pairs == 1


def test_new_keys_that_arrive_while_files_merge_all_end_with_the_kept_one():
    phone, union = phone_key(), unionid()
    one, other = enrol(phone), enrol(union)
    cards = [Key(KeyKind.CARD, uuid7().hex, verified=True) for _ in range(HANDS)]

    def deed(index: int) -> UUID:
        if index == 0:
            return merge(one.id, other.id).winner_id
        return enrol(union if index % 2 else phone, cards[index]).id

    found = parallel(HANDS, deed)
    assert [it for it in found if isinstance(it, Exception)] == []
    assert {enrol(card).id for card in cards[1:]} == {one.id}
    assert breaches() == []


def test_sign_ins_that_race_a_merge_leave_no_session_behind():
    number = build.phone()
    session = build.sign_in(phone_number=number)
    kept = enrol(unionid())
    db.execute("UPDATE members_member SET created_at = %s WHERE id = %s", [NOW, kept.id])

    def deed(index: int) -> object:
        if index == 0:
            return merge(kept.id, session.member.id)
        at = datetime.now(UTC)
        return members.actor_for_token(token=session.token, now=at)

    assert [it for it in parallel(HANDS, deed) if isinstance(it, Exception)] == []
    winner = members.member(id=kept.id).id
    assert members.actor_for_token(token=session.token, now=datetime.now(UTC)).id == str(winner)
    assert db.value("SELECT count(*) FROM members_session WHERE member_id = %s", [session.member.id]) in (
        (0,) if winner != session.member.id else (1,)
    )


def test_sixteen_undoings_undo_once():
    one, other = enrol(phone_key()), enrol(unionid())
    record = merge(one.id, other.id)
    results = parallel(
        HANDS, lambda _index: members.undo_merge(merge_id=record.id, reason="two people", actor=CLERK, now=NOW)
    )
    assert len([it for it in results if isinstance(it, MergeRecord)]) == 1
    assert len([it for it in results if isinstance(it, UndoRefused)]) == HANDS - 1
    assert standing(one.id, other.id) == {one.id, other.id}
    assert breaches() == []


def test_a_merge_into_a_third_and_an_undoing_at_once_leave_no_chain():
    for _ in range(4):
        one, other, third = (enrol(unionid(), name="张三").id for _ in range(3))
        record = merge(one, other)
        results = parallel(
            2,
            lambda index, record=record, one=one, third=third: (
                merge(one, third)
                if index
                else members.undo_merge(merge_id=record.id, reason="two people", actor=CLERK, now=NOW)
            ),
        )
        assert [it for it in results if isinstance(it, Exception) and not isinstance(it, Problem)] == []
        assert breaches() == []


def test_a_writer_that_holds_a_member_is_waited_for_by_a_merge():
    """What an order does: it holds the member, writes its rows, commits; the merge comes after and moves them."""
    one, other = enrol(phone_key()), enrol(unionid())
    held, order = threading.Event(), []

    def deed(index: int) -> None:
        if index == 0:
            with transaction.atomic():
                db.rows("SELECT * FROM members_hold(%s)", [[other.id]])
                held.set()
                until_waiting()
                order.append("written")
        else:
            held.wait(timeout=30)
            merge(one.id, other.id)
            order.append("merged")

    assert parallel(2, deed) == [None, None]
    assert order == ["written", "merged"]


def test_who_holds_a_merged_member_is_told_who_stands_for_them():
    one, other = enrol(phone_key()), enrol(unionid())
    merge(one.id, other.id)
    with transaction.atomic():
        rows = db.rows("SELECT * FROM members_hold(%s)", [[one.id, other.id]])
        [locked] = merge_members.lock_current(other.id)
    assert {row["asked"]: row["member_id"] for row in rows} == {one.id: one.id, other.id: one.id}
    assert locked.pk == one.id
    connection.close()


def _patiently(bought: PlaceOrder) -> UUID:
    """Place an order as a client does: on a machine so busy that a lock was not to be had in time, once more."""
    for _ in range(5):
        try:
            return place(bought).id
        except (OperationalError, Busy):
            continue
    return place(bought).id


def test_orders_placed_for_the_merged_member_meanwhile_end_with_the_kept_one_and_go_back_on_undoing():
    chain = make_chain(stock=200)
    follower = orders.merge_follower()
    before = dict(merge_followers._followers)
    members.follow_merges(follower=follower)
    try:
        for _ in range(3):
            one, other = enrol(phone_key()), enrol(unionid())
            early = place(command(chain.store, (chain.milk, 1), member_id=other.id))

            def deed(index: int, one: Member = one, other: Member = other) -> object:
                if index == 0:
                    return merge(one.id, other.id)
                return _patiently(command(chain.store, (chain.milk, 1), member_id=other.id))

            results = parallel(8, deed)
            [record] = [it for it in results if isinstance(it, MergeRecord)]
            placed = {it for it in results if isinstance(it, UUID)} | {early.id}
            assert len(placed) == 8
            members.follow_late(now=NOW)
            assert {order.id for order in orders.of_member(member_id=one.id, limit=50)} == placed
            late = place(command(chain.store, (chain.milk, 1), member_id=one.id))
            members.undo_merge(merge_id=record.id, reason="two people", actor=CLERK, now=NOW)
            assert {order.id for order in orders.of_member(member_id=other.id, limit=50)} == placed
            assert [order.id for order in orders.of_member(member_id=one.id, limit=50)] == [late.id]
        assert breaches() == []
    finally:
        merge_followers._followers.clear()
        merge_followers._followers.update(before)
