"""Growth and tier follow a merge of two files, and its undo gives back exactly what it moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.ids import uuid7
from quanyu.modules.tiers import api as tiers
from quanyu.platform import db
from tests.harness.tiers import cause, make_member, refund, spend, tier_in_file

START = datetime(2027, 3, 1, 4, tzinfo=UTC)
DAY = timedelta(days=1)


def merge(loser, winner, at, merge_id=None):
    ids = {"merge_id": merge_id or uuid7(), "loser_id": loser, "winner_id": winner}
    db.in_transaction(lambda: tiers.merge_follower().follow(**ids, now=at))
    return ids


def undo(ids, at):
    db.in_transaction(lambda: tiers.merge_follower().unfollow(**ids, now=at))


def facts(member, at):
    found = tiers.standing(member_id=member, now=at)
    return (found.growth, found.tier, found.valid_until, found.paid_tier, found.paid_until, tier_in_file(member))


def test_growth_adds_up_and_the_better_tier_stays():
    loser, winner = make_member(), make_member()
    spend(loser, 5000, START)
    spend(winner, 300, START + DAY)
    gold_until = tiers.standing(member_id=loser, now=START).valid_until
    merge(loser, winner, START + 2 * DAY)
    assert facts(winner, START + 2 * DAY) == (5300, "gold", gold_until, "", None, "gold")
    assert facts(loser, START + 2 * DAY) == (0, "basic", None, "", None, "basic")


def test_two_halves_make_a_tier():
    loser, winner = make_member(), make_member()
    spend(loser, 600, START)
    spend(winner, 600, START)
    merge(loser, winner, START + DAY)
    assert (tier_in_file(winner), tier_in_file(loser)) == ("silver", "basic")


def test_the_undo_gives_back_exactly_what_was_moved():
    loser, winner = make_member(), make_member()
    spend(loser, 5000, START)
    spend(loser, 20, START + DAY)
    spend(winner, 1000, START)
    until = START + 90 * DAY
    tiers.grant_paid(
        member_id=loser, tier="plus", until=until, cause_kind="test", cause_id=cause(), actor=SYSTEM, now=START
    )
    at = START + 2 * DAY
    before = facts(loser, at), facts(winner, at)
    ids = merge(loser, winner, at)
    assert facts(winner, at)[:2] == (6020, "plus")
    assert facts(loser, at) == (0, "basic", None, "", None, "basic")
    undo(ids, at + DAY)
    assert (facts(loser, at), facts(winner, at)) == before
    undo(ids, at + DAY)
    assert (facts(loser, at), facts(winner, at)) == before


def test_what_came_after_the_merge_stays_with_the_winner_and_refunds_follow_their_order():
    loser, winner = make_member(), make_member()
    old = spend(loser, 900, START)
    ids = merge(loser, winner, START + DAY)
    spend(winner, 250, START + 2 * DAY)
    assert refund(old, left_yuan=500, at=START + 3 * DAY) == 400
    assert facts(winner, START + 3 * DAY)[0] == 750
    undo(ids, START + 4 * DAY)
    assert facts(loser, START + 4 * DAY)[0] == 500
    assert facts(winner, START + 4 * DAY)[0] == 250
    assert refund(old, left_yuan=0, at=START + 5 * DAY) == 500
    assert facts(loser, START + 5 * DAY)[0] == 0


def test_a_tier_the_winner_reached_by_itself_stays_after_the_undo():
    loser, winner = make_member(), make_member()
    spend(loser, 900, START)
    ids = merge(loser, winner, START + DAY)
    spend(winner, 1000, START + 2 * DAY)
    assert tier_in_file(winner) == "silver"
    undo(ids, START + 3 * DAY)
    assert (tier_in_file(winner), tier_in_file(loser)) == ("silver", "basic")


def test_a_tier_that_only_the_merge_gave_goes_with_it():
    loser, winner = make_member(), make_member()
    spend(loser, 600, START)
    spend(winner, 600, START)
    ids = merge(loser, winner, START + DAY)
    undo(ids, START + 2 * DAY)
    assert (tier_in_file(winner), tier_in_file(loser)) == ("basic", "basic")


def test_growth_on_its_way_during_the_merge_is_moved_by_the_second_call():
    loser, winner = make_member(), make_member()
    spend(loser, 600, START)
    ids = merge(loser, winner, START + DAY)
    spend(loser, 50, START + DAY)
    merge(loser, winner, START + DAY, ids["merge_id"])
    assert (facts(loser, START)[0], facts(winner, START)[0]) == (0, 650)
    undo(ids, START + 2 * DAY)
    assert (facts(loser, START)[0], facts(winner, START)[0]) == (650, 0)


def test_a_chain_of_merges_is_undone_step_by_step():
    first, second, third = make_member(), make_member(), make_member()
    for member, yuan in ((first, 100), (second, 20), (third, 3)):
        spend(member, yuan, START)
    one = merge(first, second, START + DAY)
    two = merge(second, third, START + 2 * DAY)
    assert facts(third, START)[0] == 123
    undo(two, START + 3 * DAY)
    assert [facts(member, START)[0] for member in (first, second, third)] == [0, 120, 3]
    undo(one, START + 4 * DAY)
    assert [facts(member, START)[0] for member in (first, second, third)] == [100, 20, 3]
