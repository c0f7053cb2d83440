"""Orders follow their member when two files become one, and the undo gives back exactly those."""

from __future__ import annotations

from uuid import UUID

import pytest

from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.modules.members.contracts import Member
from quanyu.modules.orders import api as orders
from quanyu.platform import db
from tests.harness.chain import Chain, make_chain
from tests.harness.checkout import command, place
from tests.harness.members import make_member


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=100)


def bought(chain: Chain, member: Member) -> UUID:
    return place(command(chain.store, (chain.milk, 1), member_id=member.id)).id


def orders_of(member: Member) -> list[UUID]:
    return [order.id for order in orders.of_member(member_id=member.id)]


def follow(merge_id: UUID, loser: Member, winner: Member, *, undo: bool = False) -> None:
    follower = orders.merge_follower()
    deed = follower.unfollow if undo else follower.follow
    db.in_transaction(lambda: deed(merge_id=merge_id, loser_id=loser.id, winner_id=winner.id, now=system_clock.now()))


def test_orders_move_and_come_back_exactly(chain):
    loser, winner, merge_id = make_member(), make_member(), uuid7()
    theirs, own = bought(chain, loser), bought(chain, winner)
    before = orders.order(id=theirs)
    for _ in range(2):
        follow(merge_id, loser, winner)
        assert (orders_of(loser), orders_of(winner)) == ([], [own, theirs])
    # An order that was on its way comes along when it is asked again; one after the merge is the winner's own.
    late = bought(chain, loser)
    follow(merge_id, loser, winner)
    after = bought(chain, winner)
    assert orders_of(winner) == [after, late, own, theirs]
    for _ in range(2):
        follow(merge_id, loser, winner, undo=True)
        assert (orders_of(loser), orders_of(winner)) == ([late, theirs], [after, own])
    assert orders.order(id=theirs) == before


def test_an_undo_leaves_other_merges_alone(chain):
    first, second, winner = make_member(), make_member(), make_member()
    merges = [uuid7(), uuid7()]
    theirs = [bought(chain, first), bought(chain, second)]
    for merge_id, loser in zip(merges, (first, second), strict=True):
        follow(merge_id, loser, winner)
    follow(merges[0], first, winner, undo=True)
    assert (orders_of(first), orders_of(second), orders_of(winner)) == ([theirs[0]], [], [theirs[1]])
