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
from tests.harness.checkout import command, place, till_command

# Digests, store, settings (2), campaigns, SKUs, offers, prices, owners; then BEGIN, one call, COMMIT.
PLACING = 12
READING = 4


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=500)


def statements(deed) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        deed()
    return [query["sql"] for query in captured.captured_queries]


def till_sale(chain: Chain, lines: int) -> PlaceOrder:
    wanted = [(chain.milk, 1), (chain.bread, 1)] * lines
    return till_command(chain.store, *wanted, cash_fen=lines * (MILK_FEN + BREAD_FEN))


@pytest.mark.parametrize("lines", [1, 20])
def test_placing_an_order_takes_the_same_statements_whatever_it_holds(chain, lines):
    assert len(statements(lambda: place(till_sale(chain, lines)))) == PLACING + READING


@pytest.mark.parametrize("count", [1, 40])
def test_a_batch_takes_the_statements_of_one_order(chain, count):
    commands = [command(chain.store, (chain.milk, 1)) for _ in range(count)]
    taken = statements(lambda: checkout.place_orders(commands=commands, actor=SYSTEM, now=system_clock.now()))
    assert len(taken) == PLACING
    assert sum("checkout_place_orders" in one for one in taken) == 1


def test_a_repeat_takes_one_look(chain):
    placed = till_sale(chain, 1)
    place(placed)
    assert len(statements(lambda: place(placed))) == 1 + READING


def test_reading_takes_four_statements_for_any_number_of_orders(chain):
    made = [place(till_sale(chain, 1)).id for _ in range(5)]
    for ids in (made[:1], made):
        assert len(statements(lambda ids=ids: orders.orders(ids=ids))) == READING
