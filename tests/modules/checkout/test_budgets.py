"""The statements of the order path, pinned: more lines or more orders of a store cost no more of them."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import PlaceOrder
from quanyu.modules.orders import api as orders
from tests.harness.chain import BREAD_FEN, MILK_FEN, Chain, make_chain
from tests.harness.checkout import command, coupon_for, give_points, place, till_command
from tests.harness.members import make_member

# Digests, all facts for the price; then BEGIN, one call, COMMIT.
PLACING = 5
READING = 4


@pytest.fixture(scope="module")
def chain() -> Chain:
    made = make_chain(stock=500)
    # What was changed a moment ago is read anew once; the budgets are those of a shop in its everyday life.
    place(till_sale(made, 1))
    place(command(made.store, (made.tea, 1)))
    return made


def statements(deed) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        deed()
    return [query["sql"] for query in captured.captured_queries]


def placing(wanted: PlaceOrder) -> list[str]:
    """Place an order in this thread, not in the coordinator's; return the statements."""
    return statements(lambda: checkout.place_orders(commands=[wanted], actor=SYSTEM, now=system_clock.now()))


def till_sale(chain: Chain, lines: int) -> PlaceOrder:
    wanted = [(chain.milk, 1), (chain.bread, 1)] * lines
    return till_command(chain.store, *wanted, cash_fen=lines * (MILK_FEN + BREAD_FEN))


@pytest.mark.parametrize("lines", [1, 20])
def test_placing_an_order_takes_the_same_statements_whatever_it_holds(chain, lines):
    assert len(placing(till_sale(chain, lines))) == PLACING


@pytest.mark.parametrize("count", [1, 40])
def test_a_batch_takes_the_statements_of_one_order(chain, count):
    commands = [command(chain.store, (chain.milk, 1)) for _ in range(count)]
    taken = statements(lambda: checkout.place_orders(commands=commands, actor=SYSTEM, now=system_clock.now()))
    assert len(taken) == PLACING
    assert sum("checkout_place_orders" in one for one in taken) == 1


def test_a_repeat_takes_one_look(chain):
    placed = till_sale(chain, 1)
    place(placed)
    assert len(placing(placed)) == 1
    # Who asks for the order gets it read, outside of the batch.
    assert len(statements(lambda: place(placed))) == READING


def test_reading_takes_four_statements_for_any_number_of_orders(chain):
    made = [place(till_sale(chain, 1)).id for _ in range(5)]
    for ids in (made[:1], made):
        assert len(statements(lambda ids=ids: orders.orders(ids=ids))) == READING


@pytest.mark.parametrize("lines", [1, 20])
def test_rights_take_no_statement_of_their_own(chain, lines):
    """Tier, coupons and the rule by which points pay are asked for with the other facts; the call stays one."""
    member = make_member()
    give_points(member, 10_000)
    coupons = tuple(coupon_for(member, stacks_with_coupons=True, amount_fen=10).id for _ in range(3))
    goods = [(chain.milk, 1), (chain.bread, 1)] * lines
    for given in ({}, {"coupon_ids": coupons[:1]}, {"points": 100}, {"coupon_ids": coupons[1:], "points": 100}):
        wanted = command(chain.store, *goods, member_id=member.id, **given)
        taken = placing(wanted)
        assert len(taken) == PLACING
        assert sum("checkout_place_orders" in one for one in taken) == 1


def test_a_batch_with_points_takes_the_statements_of_one_order(chain):
    members = [make_member() for _ in range(20)]
    for member in members:
        give_points(member, 100)
    wanted = [command(chain.store, (chain.tea, 1), member_id=member.id, points=100) for member in members]
    taken = statements(lambda: checkout.place_orders(commands=wanted, actor=SYSTEM, now=system_clock.now()))
    assert len(taken) == PLACING
