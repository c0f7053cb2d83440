"""Points go with a merged file, and an undone merge gives back exactly what it moved, also after orders."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from quanyu.kernel.actor import Actor, ActorKind, Grant, Scope
from quanyu.kernel.ids import uuid7
from quanyu.modules.points import api as points
from quanyu.platform import db
from tests.harness import organization
from tests.harness import points as build
from tests.harness.points import NOW

LATER = NOW + timedelta(days=7)
FOLLOWER = points.merge_follower()


def merge(loser: UUID, winner: UUID, *, merge_id: UUID | None = None) -> UUID:
    """Let points follow; return the merge."""
    merge_id = merge_id or uuid7()
    FOLLOWER.follow(merge_id=merge_id, loser_id=loser, winner_id=winner, now=NOW)
    return merge_id


def undo(merge_id: UUID, loser: UUID, winner: UUID) -> None:
    """Undo the merge."""
    FOLLOWER.unfollow(merge_id=merge_id, loser_id=loser, winner_id=winner, now=NOW)


def pair() -> tuple[UUID, UUID]:
    """Return the merged and the kept member."""
    return build.make_member(), build.make_member()


def test_everything_follows_and_comes_back() -> None:
    """Usable, pending and what an old order spent: one file has it all, and after the undo each has its own again."""
    loser, winner = pair()
    order = uuid7()
    build.give(loser, 100)
    build.earn(loser, 5_000, mature_at=LATER)
    build.spend(loser, 30, order_id=order)
    build.give(winner, 10)
    merge_id = merge(loser, winner)
    assert (build.figures(loser), build.figures(winner)) == ((0, 0, 0), (80, 50, 0))
    assert build.restore(order, 10) == 10
    assert build.figures(winner) == (90, 50, 0)
    undo(merge_id, loser, winner)
    assert (build.figures(loser), build.figures(winner)) == ((80, 50, 0), (10, 0, 0))
    assert build.restore(order, None, cause="return 2") == 20
    assert build.figures(loser) == (100, 50, 0)


def test_the_undo_after_an_order_draws_it_from_the_kept_members_own_points() -> None:
    """The order placed in between stays with the kept member; the merged one gets every point back."""
    loser, winner = pair()
    order = uuid7()
    build.give(loser, 100, valid_until=LATER)
    build.give(winner, 80)
    merge_id = merge(loser, winner)
    assert build.spend(winner, 70, order_id=order)
    assert build.left(winner) == [30, 80]
    undo(merge_id, loser, winner)
    assert (build.figures(loser), build.figures(winner)) == ((100, 0, 0), (10, 0, 0))
    assert build.restore(order, None) == 70
    assert (build.figures(loser), build.figures(winner)) == ((100, 0, 0), (80, 0, 0))


@pytest.mark.parametrize("elsewhere", [0, 80])
def test_the_merged_members_order_that_was_paid_late_is_its_own_again(elsewhere: int) -> None:
    """It lapsed and spent anew, out of the kept member's points, which end first: these come back to it.

    Also when the kept member has used the merged one's points meanwhile.
    """
    loser, winner = pair()
    order = uuid7()
    build.give(loser, 100)
    build.give(winner, 80, valid_until=LATER)
    assert build.spend(loser, 70, order_id=order)
    merge_id = merge(loser, winner)
    assert build.restore(order, None, cause="released") == 70
    assert build.spend(winner, 70, order_id=order)
    assert build.left(winner) == [10, 100]
    assert build.spend(winner, elsewhere)
    undo(merge_id, loser, winner)
    assert (build.figures(loser), build.figures(winner)) == ((30, 0, 0), (80 - elsewhere, 0, 0))
    assert build.restore(order, None) == 70
    assert (build.figures(loser), build.figures(winner)) == ((100, 0, 0), (80 - elsewhere, 0, 0))
    assert db.rows("SELECT * FROM points_breach_owner") == []


def test_what_the_kept_member_cannot_cover_is_owed() -> None:
    """Never negative: the missing points are a debt that the returned order pays."""
    loser, winner = pair()
    order = uuid7()
    build.give(loser, 100)
    build.give(winner, 20)
    merge_id = merge(loser, winner)
    assert build.spend(winner, 110, order_id=order)
    undo(merge_id, loser, winner)
    assert (build.figures(loser), build.figures(winner)) == ((100, 0, 0), (0, 0, 90))
    assert build.restore(order, None) == 110
    assert (build.figures(loser), build.figures(winner)) == ((100, 0, 0), (20, 0, 0))


def test_points_that_came_after_the_merge_stay_with_the_kept_member() -> None:
    """Only what was moved goes back; a lot that matured meanwhile goes back usable."""
    loser, winner = pair()
    build.earn(loser, 5_000, mature_at=LATER)
    merge_id = merge(loser, winner)
    build.earn(winner, 3_000)
    while points.mature_due(now=LATER):
        pass
    undo(merge_id, loser, winner)
    assert (build.figures(loser, now=LATER), build.figures(winner, now=LATER)) == ((50, 0, 0), (30, 0, 0))


def test_debts_follow_are_paid_and_come_back() -> None:
    """The kept member's points pay the merged one's debt; the undo gives both back what was theirs."""
    loser, winner = pair()
    order = build.earn(loser, 4_000)
    build.spend(loser, 40)
    points.take_back(order_id=order, lines=(), cause="return", now=NOW)
    build.give(winner, 100)
    assert (build.figures(loser), build.figures(winner)) == ((0, 0, 40), (100, 0, 0))
    merge_id = merge(loser, winner)
    assert (build.figures(loser), build.figures(winner)) == ((0, 0, 0), (60, 0, 0))
    undo(merge_id, loser, winner)
    assert (build.figures(loser), build.figures(winner)) == ((0, 0, 40), (100, 0, 0))


def test_a_debt_that_nobody_paid_goes_back_as_it_came() -> None:
    """No points anywhere: the debt moves and moves back."""
    loser, winner = pair()
    order = build.earn(loser, 4_000)
    build.spend(loser, 40)
    points.take_back(order_id=order, lines=(), cause="return", now=NOW)
    merge_id = merge(loser, winner)
    assert (build.figures(loser), build.figures(winner)) == ((0, 0, 0), (0, 0, 40))
    undo(merge_id, loser, winner)
    assert (build.figures(loser), build.figures(winner)) == ((0, 0, 40), (0, 0, 0))


def test_a_return_of_the_merged_members_order_is_its_own_loss() -> None:
    """Taken back from its own lot while merged: after the undo it is still gone, and nobody else paid for it."""
    loser, winner = pair()
    order = build.earn(loser, 10_000)
    build.give(winner, 50)
    merge_id = merge(loser, winner)
    assert points.take_back(order_id=order, lines=(), cause="return", now=NOW) == 100
    assert build.figures(winner) == (50, 0, 0)
    undo(merge_id, loser, winner)
    assert (build.figures(loser), build.figures(winner)) == ((0, 0, 0), (50, 0, 0))


def test_what_came_late_follows_by_a_second_call() -> None:
    """Rows that were on their way while the merge ran; the undo gives back both."""
    loser, winner = pair()
    build.give(loser, 100)
    merge_id = merge(loser, winner)
    build.give(loser, 7)
    merge(loser, winner, merge_id=merge_id)
    assert (build.figures(loser), build.figures(winner)) == ((0, 0, 0), (107, 0, 0))
    undo(merge_id, loser, winner)
    assert (build.figures(loser), build.figures(winner)) == ((107, 0, 0), (0, 0, 0))


def test_a_repeated_undo_changes_nothing() -> None:
    """What was given back once is not given back again."""
    loser, winner = pair()
    build.give(loser, 100)
    merge_id = merge(loser, winner)
    undo(merge_id, loser, winner)
    undo(merge_id, loser, winner)
    assert (build.figures(loser), build.figures(winner)) == ((100, 0, 0), (0, 0, 0))


def test_points_that_ended_meanwhile_are_gone() -> None:
    """Time is nobody's deed: a lot that ended while merged comes back empty."""
    loser, winner = pair()
    end = NOW + timedelta(days=3)
    build.give(loser, 100, valid_until=end)
    merge_id = merge(loser, winner)
    FOLLOWER.unfollow(merge_id=merge_id, loser_id=loser, winner_id=winner, now=end)
    assert (build.figures(loser, now=end), build.figures(winner, now=end)) == ((0, 0, 0), (0, 0, 0))
    assert build.left(loser) == [0]


def test_an_adjustment_that_waits_goes_to_the_kept_file() -> None:
    """Approved while merged it moves the kept member's points; the undo draws those from its own."""
    loser, winner = pair()
    build.give(loser, 100)
    build.give(winner, 100)
    root = organization.enterprise().id
    clerk, boss = (
        Actor(kind=ActorKind.STAFF, id=str(number), grants=(Grant(frozenset({"points.*"}), Scope.ALL),), unit_id=root)
        for number in (20, 21)
    )
    asked = points.request_adjustment(member_id=loser, points=-30, reason="误发", actor=clerk, now=NOW)
    later = points.request_adjustment(member_id=winner, points=-60, reason="误发", actor=clerk, now=NOW)
    merge_id = merge(loser, winner)
    for request in (asked, later):
        points.decide_adjustment(adjustment_id=request.id, approve=True, actor=boss, now=NOW)
    assert build.figures(winner) == (110, 0, 0)
    undo(merge_id, loser, winner)
    assert (build.figures(loser), build.figures(winner)) == ((70, 0, 0), (40, 0, 0))
    owner = db.value("SELECT member_id FROM points_adjustment WHERE id = %s", [asked.id])
    assert owner == loser


@pytest.mark.parametrize("kinds", [("spend", "give"), ("give", "spend", "give", "spend")])
def test_chains_of_merges_undo_in_turn(kinds: tuple[str, ...]) -> None:
    """A into B, B into C, deeds in between; undone the other way round everybody has the right sum."""
    first, second, third = (build.make_member() for _ in range(3))
    for member, amount in ((first, 100), (second, 50), (third, 500)):
        build.give(member, amount)
    inner = merge(first, second)
    outer = merge(second, third)
    own = 500
    for kind in kinds:
        if kind == "spend":
            assert build.spend(third, 120)
            own -= 120
        else:
            build.give(third, 30)
            own += 30
    undo(outer, second, third)
    assert (build.figures(second), build.figures(third)) == ((150, 0, 0), (own, 0, 0))
    undo(inner, first, second)
    assert [build.figures(member) for member in (first, second, third)] == [(100, 0, 0), (50, 0, 0), (own, 0, 0)]
