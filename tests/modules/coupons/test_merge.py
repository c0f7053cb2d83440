"""Coupons follow their member when two files become one, and go back exactly when that is undone (W17)."""

from __future__ import annotations

import pytest

from quanyu.kernel.ids import uuid7
from quanyu.modules.coupons import api
from quanyu.modules.coupons.contracts import ClaimRefused, CouponState
from quanyu.platform import db
from tests.harness.coupons import NOW, actor_of, make_coupon, make_template, reserve, use
from tests.harness.members import make_member


def merge(merge_id, loser, winner):
    db.in_transaction(
        lambda: api.merge_follower().follow(merge_id=merge_id, loser_id=loser.id, winner_id=winner.id, now=NOW)
    )


def undo(merge_id, loser, winner):
    db.in_transaction(
        lambda: api.merge_follower().unfollow(merge_id=merge_id, loser_id=loser.id, winner_id=winner.id, now=NOW)
    )


def held(member):
    return {entry.coupon.id for entry in api.wallet(member_id=member.id, at=NOW)}


def counts():
    return db.rows(
        "SELECT template_id, member_id, claimed, carried FROM coupons_person ORDER BY template_id, member_id"
    )


def test_all_coupons_follow_and_go_back_used_or_not():
    loser, winner, merge_id = make_member(), make_member(), uuid7()
    lost, won = make_coupon(member_id=loser.id), make_coupon(member_id=winner.id)
    waiting = make_coupon(member_id=loser.id)
    order = reserve(waiting)
    before = counts()
    merge(merge_id, loser, winner)
    assert (held(loser), held(winner)) == (set(), {lost.id, won.id, waiting.id})
    assert api.redeem(order_id=order, now=NOW) == 1
    use(api.coupon(coupon_id=lost.id, member_id=winner.id, at=NOW).coupon)
    later = make_coupon(member_id=winner.id)
    undo(merge_id, loser, winner)
    assert (held(loser), held(winner)) == ({lost.id, waiting.id}, {won.id, later.id})
    assert api.coupon(coupon_id=lost.id, member_id=loser.id, at=NOW).coupon.state is CouponState.REDEEMED
    assert [row for row in counts() if row in before] == before
    kinds = [event.kind for event in api.history(coupon_id=lost.id)]
    assert kinds == ["issued", "merged", "reserved", "redeemed", "unmerged"]


def test_what_both_files_were_given_counts_against_one_limit_until_the_merge_is_undone():
    template = make_template(per_person_limit=2)
    loser, winner, merge_id = make_member(), make_member(), uuid7()
    make_coupon(template, member_id=loser.id)
    make_coupon(template, member_id=winner.id)
    merge(merge_id, loser, winner)
    with pytest.raises(ClaimRefused):
        make_coupon(template, member_id=winner.id)
    undo(merge_id, loser, winner)
    make_coupon(template, member_id=winner.id)
    make_coupon(template, member_id=loser.id)


def test_files_that_together_have_more_than_the_limit_can_be_merged():
    template = make_template()
    loser, winner = make_member(), make_member()
    make_coupon(template, member_id=loser.id)
    make_coupon(template, member_id=winner.id)
    merge(uuid7(), loser, winner)
    assert len(held(winner)) == 2


def test_a_second_call_moves_what_came_late_and_undoing_gives_all_back_once():
    template = make_template(per_person_limit=9)
    loser, winner, merge_id = make_member(), make_member(), uuid7()
    first = make_coupon(template, member_id=loser.id)
    before = counts()
    merge(merge_id, loser, winner)
    merge(merge_id, loser, winner)
    late = make_coupon(template, member_id=loser.id)
    merge(merge_id, loser, winner)
    assert held(winner) == {first.id, late.id}
    [row] = [row for row in counts() if (row["template_id"], row["member_id"]) == (template.id, winner.id)]
    assert (row["claimed"], row["carried"]) == (0, 2)
    undo(merge_id, loser, winner)
    undo(merge_id, loser, winner)
    assert held(loser) == {first.id, late.id}
    after = {(row["template_id"], row["member_id"]): (row["claimed"], row["carried"]) for row in counts()}
    assert after[template.id, winner.id] == (0, 0)
    assert after[template.id, loser.id] == (2, 0)
    assert len(before) <= len(after)


def test_a_coupon_given_on_after_the_merge_stays_with_who_has_it():
    loser, winner, friend, merge_id = make_member(), make_member(), make_member(), uuid7()
    coupon = make_coupon(member_id=loser.id, transferable=True)
    merge(merge_id, loser, winner)
    gift = api.offer_gift(coupon_id=coupon.id, actor=actor_of(winner.id), now=NOW)
    api.accept_gift(token=gift.token, actor=actor_of(friend.id), now=NOW)
    undo(merge_id, loser, winner)
    assert (held(loser), held(winner), held(friend)) == (set(), set(), {coupon.id})


def test_a_gift_on_its_way_can_be_accepted_after_the_merge():
    loser, winner, friend = make_member(), make_member(), make_member()
    coupon = make_coupon(member_id=loser.id, transferable=True)
    gift = api.offer_gift(coupon_id=coupon.id, actor=actor_of(loser.id), now=NOW)
    merge(uuid7(), loser, winner)
    assert api.accept_gift(token=gift.token, actor=actor_of(friend.id), now=NOW).member_id == friend.id


def test_undo_and_merge_again():
    loser, winner = make_member(), make_member()
    coupon = make_coupon(member_id=loser.id)
    first, second = uuid7(), uuid7()
    merge(first, loser, winner)
    undo(first, loser, winner)
    merge(second, loser, winner)
    assert held(winner) == {coupon.id}
    undo(second, loser, winner)
    assert held(loser) == {coupon.id}
