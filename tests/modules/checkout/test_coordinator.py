"""One batch holds orders of any channel and actor; equal ones are one, and each has an outcome of its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind
from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Forbidden, NotFound, Problem
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import Asked, KeyReused, PlaceOrder, PriceChanged
from quanyu.modules.checkout.ops import coordinator, submit_orders
from quanyu.modules.checkout.ops.coordinator import BARE, Item
from quanyu.modules.inventory.contracts import StockShort
from quanyu.modules.orders.contracts import Order
from quanyu.platform import db, gather
from tests.harness.chain import BREAD_FEN, STOCK, Chain, make_chain
from tests.harness.checkout import command, stock_of, till_command
from tests.harness.members import make_member


@pytest.fixture
def chain() -> Chain:
    return make_chain()


def member_actor(member: Any) -> Actor:
    return Actor(kind=ActorKind.MEMBER, id=str(member.id))


def ended(*asked: Asked) -> list[Any]:
    """Submit one batch; return for each the order's id or the Problem's class."""
    outcomes = submit_orders.submit(list(asked), now=system_clock.now())
    return [type(one) if isinstance(one, Problem) else one.placed.id for one in outcomes]


def test_one_batch_holds_tills_and_shoppers_each_with_his_own_rights(chain):
    member = make_member()
    cashier = chain.cashier.actor
    mine = command(chain.store, (chain.milk, 1), member_id=member.id)
    foreign = command(chain.store, (chain.milk, 1), member_id=make_member().id)
    sale = till_command(chain.store, (chain.bread, 1), cash_fen=BREAD_FEN)
    elsewhere = till_command(chain.other_store, (chain.bread, 1), cash_fen=BREAD_FEN)
    assert ended(
        Asked(mine, member_actor(member)),
        Asked(foreign, member_actor(member)),
        Asked(sale, cashier),
        Asked(elsewhere, cashier),
        Asked(elsewhere, SYSTEM),
    ) == [mine.id, Forbidden, sale.id, NotFound, elsewhere.id]
    actors = db.rows("SELECT order_id, actor FROM orders_event WHERE order_id = ANY(%s)", [[mine.id, sale.id]])
    assert {row["order_id"]: row["actor"] for row in actors} == {
        mine.id: f"member:{member.id}",
        sale.id: f"staff:{cashier.id}",
    }


def test_equal_commands_of_one_batch_are_one_order(chain):
    wanted = command(chain.store, (chain.milk, 2))
    assert ended(*[Asked(wanted, SYSTEM)] * 3) == [wanted.id] * 3
    assert stock_of(chain.store, chain.milk) == (STOCK, 2)
    assert db.value("SELECT count(*) FROM orders_order WHERE id = %s", [wanted.id]) == 1


def test_another_command_under_the_same_id_in_the_batch_is_refused(chain):
    wanted = command(chain.store, (chain.milk, 2))
    other = replace(wanted, note="anders")
    assert ended(Asked(wanted, SYSTEM), Asked(other, SYSTEM)) == [wanted.id, KeyReused]
    assert stock_of(chain.store, chain.milk) == (STOCK, 2)


def test_a_refused_command_leaves_its_id_to_the_next_of_the_batch(chain):
    good = command(chain.store, (chain.milk, 2))
    dear = replace(good, expected_payable_fen=1)
    other = replace(good, note="zu spät")
    assert ended(*(Asked(one, SYSTEM) for one in (dear, dear, good, other, good))) == [
        PriceChanged,
        PriceChanged,
        good.id,
        KeyReused,
        good.id,
    ]
    assert stock_of(chain.store, chain.milk) == (STOCK, 2)


def test_a_bad_order_hurts_only_itself(chain):
    good = [command(chain.store, (chain.milk, 1)) for _ in range(3)]
    short = command(chain.store, (chain.milk, STOCK + 1))
    assert ended(*(Asked(one, SYSTEM) for one in (good[0], short, good[1], good[2]))) == [
        good[0].id,
        StockShort,
        good[1].id,
        good[2].id,
    ]


def test_orders_from_many_threads_are_placed_together_and_each_gets_its_own(chain):
    wanted = [till_command(chain.store, (chain.bread, 1), cash_fen=BREAD_FEN) for _ in range(12)]
    now = system_clock.now()

    def place(one: PlaceOrder) -> Order:
        try:
            return checkout.place_order(command=one, actor=SYSTEM, now=now)
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        orders = list(pool.map(place, wanted))
    assert [order.id for order in orders] == [one.id for one in wanted]
    assert stock_of(chain.store, chain.bread) == (STOCK - 12, 0)


def test_in_somebodys_open_transaction_the_order_is_part_of_it(chain):
    wanted = command(chain.store, (chain.milk, 1))

    def undone() -> None:
        checkout.place_order(command=wanted, actor=SYSTEM, now=system_clock.now())
        raise LookupError("undo")

    with pytest.raises(LookupError):
        db.in_transaction(undone)
    assert db.value("SELECT count(*) FROM orders_order WHERE id = %s", [wanted.id]) == 0
    assert stock_of(chain.store, chain.milk) == (STOCK, 0)


def test_each_keeps_the_moment_at_which_it_was_asked(chain):
    now = system_clock.now()
    moments = [now, now + timedelta(hours=2), now + timedelta(milliseconds=300)]
    wanted = [command(chain.store, (chain.milk, 1)) for _ in moments]
    endings = coordinator.place_together(
        [Item(BARE, Asked(one, SYSTEM), at) for one, at in zip(wanted, moments, strict=True)]
    )
    placed_at = {one.id: one.header["placed_at"] for one in endings}
    # Two of nearly the same moment are of the later one; the third keeps its own.
    assert [placed_at[one.id] for one in wanted] == [moments[2], moments[1], moments[2]]


def test_a_full_coordinator_says_busy_and_places_nothing(chain, monkeypatch):
    wanted = command(chain.store, (chain.milk, 1))
    monkeypatch.setattr(coordinator.orders, "_room", 0)
    with pytest.raises(gather.Busy):
        checkout.place_order(command=wanted, actor=SYSTEM, now=system_clock.now())
    assert stock_of(chain.store, chain.milk) == (STOCK, 0)


def test_an_order_that_breaks_the_batch_breaks_only_itself(chain, monkeypatch):
    """What nobody foresaw in one order: its neighbours are placed, once."""
    poison = command(chain.store, (chain.milk, 1), note="poison")
    good = [command(chain.store, (chain.milk, 1)) for _ in range(4)]
    submit = submit_orders.submit

    def breaking(asked: list[Asked], *, now: Any) -> Any:
        placed = submit([one for one in asked if one.command.note != "poison"], now=now)
        if len(placed) != len(asked):
            raise ArithmeticError("poison")
        return placed

    monkeypatch.setattr(submit_orders, "submit", breaking)
    items = [Item(BARE, Asked(one, SYSTEM), system_clock.now()) for one in (*good[:2], poison, *good[2:])]
    outcomes = coordinator.orders._outcomes(items)
    assert isinstance(outcomes[2], ArithmeticError)
    # Placed by the first try, found standing by the later ones.
    assert [outcomes[place] for place in (0, 1, 3, 4)] == [one.id for one in good]
    assert stock_of(chain.store, chain.milk) == (STOCK, 4)
