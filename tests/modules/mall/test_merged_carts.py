"""A cart follows its member through a merge, and goes back with its undoing."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from quanyu.kernel.clock import system_clock
from quanyu.modules.mall import api as mall
from quanyu.platform import db
from tests.harness.chain import Chain, make_chain
from tests.harness.clients import MallClient

FOLLOWER = mall.merge_follower()


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain()


def shopper_with(chain: Chain, **quantities: int) -> MallClient:
    """Return a shopper whose cart holds so much of the chain's goods, by name."""
    shopper = MallClient().sign_in()
    for name, quantity in quantities.items():
        line = {"store_id": chain.store.unit.id, "sku_id": getattr(chain, name).id, "quantity": quantity}
        shopper.post("/cart/lines", line).expect(201)
    return shopper


def cart_of(shopper: MallClient, chain: Chain) -> dict[str, int]:
    names = {getattr(chain, name).id: name for name in ("milk", "bread", "tea")}
    lines = shopper.get(f"/cart?store_id={chain.store.unit.id}").expect(200)["lines"]
    return {names[line["sku_id"]]: line["quantity"] for line in lines}


def merged(loser: MallClient, winner: MallClient, merge_id: UUID) -> dict[str, object]:
    return {
        "merge_id": merge_id,
        "loser_id": UUID(loser.member_id),
        "winner_id": UUID(winner.member_id),
        "now": system_clock.now(),
    }


def follow(loser: MallClient, winner: MallClient, merge_id: UUID) -> None:
    db.in_transaction(lambda: FOLLOWER.follow(**merged(loser, winner, merge_id)))


def unfollow(loser: MallClient, winner: MallClient, merge_id: UUID) -> None:
    db.in_transaction(lambda: FOLLOWER.unfollow(**merged(loser, winner, merge_id)))


def test_the_merged_cart_holds_everything_once_and_the_undoing_gives_it_back_exactly(chain):
    loser, winner = shopper_with(chain, milk=3, bread=2), shopper_with(chain, milk=1, tea=4)
    merge_id = uuid4()
    follow(loser, winner, merge_id)
    assert cart_of(loser, chain) == {}
    # The same product in both carts is the same wish.
    assert cart_of(winner, chain) == {"milk": 1, "bread": 2, "tea": 4}
    unfollow(loser, winner, merge_id)
    assert cart_of(loser, chain) == {"milk": 3, "bread": 2}
    assert cart_of(winner, chain) == {"milk": 1, "tea": 4}
    assert db.value("SELECT count(*) FROM mall_cart_move WHERE merge_id = %s", [merge_id]) == 0


def test_following_again_takes_what_was_on_its_way_and_the_undoing_gives_all_of_it_back(chain):
    loser, winner = shopper_with(chain, milk=3), shopper_with(chain)
    merge_id = uuid4()
    follow(loser, winner, merge_id)
    late = {"store_id": chain.store.unit.id, "sku_id": chain.tea.id, "quantity": 1}
    loser.post("/cart/lines", late).expect(201)
    follow(loser, winner, merge_id)
    assert (cart_of(loser, chain), cart_of(winner, chain)) == ({}, {"milk": 3, "tea": 1})
    unfollow(loser, winner, merge_id)
    assert (cart_of(loser, chain), cart_of(winner, chain)) == ({"milk": 3, "tea": 1}, {})


def test_what_was_ordered_or_added_meanwhile_stays_as_it_is(chain):
    loser, winner = shopper_with(chain, milk=3, bread=2), shopper_with(chain)
    merge_id = uuid4()
    follow(loser, winner, merge_id)
    winner.order(chain.store, {chain.milk.id: 3}).expect(201)
    winner.post("/cart/lines", {"store_id": chain.store.unit.id, "sku_id": chain.tea.id, "quantity": 1}).expect(201)
    unfollow(loser, winner, merge_id)
    assert (cart_of(loser, chain), cart_of(winner, chain)) == ({"bread": 2}, {"tea": 1})


def test_a_merge_gives_back_what_it_moved_and_nothing_of_another(chain):
    first, second, winner = shopper_with(chain, milk=1), shopper_with(chain, tea=2), shopper_with(chain)
    first_merge, second_merge = uuid4(), uuid4()
    follow(first, winner, first_merge)
    follow(second, winner, second_merge)
    unfollow(first, winner, first_merge)
    assert (cart_of(first, chain), cart_of(second, chain), cart_of(winner, chain)) == ({"milk": 1}, {}, {"tea": 2})


def test_a_line_made_meanwhile_keeps_its_place_when_the_merge_is_undone(chain):
    loser, winner = shopper_with(chain, milk=3, tea=1), shopper_with(chain, tea=4)
    merge_id = uuid4()
    follow(loser, winner, merge_id)
    for name, quantity in (("milk", 7), ("tea", 8)):
        line = {"store_id": chain.store.unit.id, "sku_id": getattr(chain, name).id, "quantity": quantity}
        loser.post("/cart/lines", line).expect(201)
    unfollow(loser, winner, merge_id)
    assert cart_of(loser, chain) == {"milk": 7, "tea": 8}
    assert cart_of(winner, chain) == {"milk": 3, "tea": 4}
