"""Attacks on batches of orders through the doors: what one order does must cost its neighbours nothing."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Problem
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import KeyReused, TillFacts, WantedLine
from quanyu.modules.checkout.ops import place_order, price_batch
from quanyu.modules.inventory.contracts import StockShort
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order, State
from tests.harness.chain import MILK_FEN, Chain, make_chain, put
from tests.harness.checkout import NOTHING, command, footprint, place, stock_of, till_command
from tests.harness.parallel import deadlocks_seen, parallel

pytestmark = pytest.mark.race

# `make races` sets QUANYU_RACES=full; the share of every day is small.
FULL = os.environ.get("QUANYU_RACES") == "full"
BUYERS = 64
CROWDS = [(64, 1), (64, 10), (500, 1), (500, 10), (500, 500)] if FULL else [(64, 1)]


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=0)


def kinds(results: list[object]) -> Counter[str]:
    return Counter(
        one.code if isinstance(one, Problem) else repr(one) if isinstance(one, Exception) else type(one).__name__
        for one in results
    )


def together(commands: list[object]) -> list[object]:
    """Place in batches of 64 from as many threads as there are batches; return the outcomes in order."""
    batches = [commands[start : start + 64] for start in range(0, len(commands), 64)]
    answers = parallel(
        len(batches),
        lambda index: checkout.place_orders(commands=batches[index], actor=SYSTEM, now=system_clock.now()),
    )
    return [outcome for answer in answers for outcome in (answer if isinstance(answer, list) else [answer])]


def test_one_command_for_the_last_unit_64_times_is_one_order_and_nobody_is_told_it_is_sold_out(chain):
    put(chain.store, chain.milk, 1)
    wanted = command(chain.store, (chain.milk, 1))
    results = parallel(BUYERS, lambda _index: place(wanted))
    assert kinds(results) == {"Order": BUYERS}
    assert {one.id for one in results if isinstance(one, Order)} == {wanted.id}
    assert footprint(wanted.id)["orders"] == 1
    checkout.cancel_order(order_id=wanted.id, reason="x", actor=SYSTEM, now=system_clock.now())


@pytest.mark.parametrize(("buyers", "units"), CROWDS)
def test_a_crowd_in_batches_gets_exactly_what_there_is(buyers, units):
    lone = make_chain(stock=units)
    commands = [command(lone.store, (lone.milk, 1)) for _ in range(buyers)]
    results = together(commands)
    lost = [one.id for one, outcome in zip(commands, results, strict=True) if isinstance(outcome, Problem)]
    assert kinds(results) == Counter({"UUID": min(units, buyers), StockShort.code: buyers - min(units, buyers)})
    assert stock_of(lone.store, lone.milk) == (units, min(units, buyers))
    assert footprint(*lost) == NOTHING


def test_till_mall_cancel_and_repeats_at_once_leave_exactly_what_was_not_sold():
    lone, units = make_chain(stock=20), 20
    tills = [till_command(lone.store, (lone.milk, 1), cash_fen=MILK_FEN) for _ in range(16)]
    malls = [command(lone.store, lines=(WantedLine(lone.milk.id, 1),) * 2) for _ in range(16)]
    weighed = [command(lone.store, (lone.apples, 4_000)) for _ in range(16)]

    def deed(index: int) -> object:
        turn = index // 4
        if index % 4 == 0:
            return place(tills[turn])
        if index % 4 == 1:
            return place(malls[turn])
        if index % 4 == 2:
            return place(weighed[turn])
        bought = place(malls[turn])
        return checkout.cancel_order(order_id=bought.id, reason="x", actor=SYSTEM, now=system_clock.now())

    with deadlocks_seen():
        results = parallel(64, deed)
    assert all(isinstance(one, Problem) for one in results if isinstance(one, Exception)), kinds(results)
    standing = orders.orders(ids=[one.id for one in (*tills, *malls, *weighed)]).values()
    sold = sum(one.state is State.COMPLETED for one in standing)
    held = sum(2 for one in standing if one.state is State.PLACED and one.lines[0].sku_id == lone.milk.id)
    assert stock_of(lone.store, lone.milk) == (units - sold, held)
    assert sum(one.lines[0].sku_id == lone.apples.id for one in standing) == 12
    assert stock_of(lone.store, lone.apples) == (50_000, 48_000)


def test_a_till_number_whose_first_sale_is_short_is_free_for_the_second(chain):
    put(chain.store, chain.bread, 2)
    till = TillFacts(terminal_id=uuid7(), shift_id=None, seq=1)
    known = place(command(chain.store, (chain.bread, 1)))
    short = till_command(chain.store, (chain.bread, 50), cash_fen=50 * 1280, till=till)
    second = till_command(chain.store, (chain.bread, 1), cash_fen=1280, till=till)
    outcomes = checkout.place_orders(commands=[short, second], actor=SYSTEM, now=system_clock.now())
    assert [type(one).__name__ for one in outcomes] == ["StockShort", "UUID"]
    assert (orders.order(id=second.id).state, known.state) == (State.COMPLETED, State.PLACED)


def test_many_orders_that_wait_for_each_other_through_all_their_sources_come_to_an_end(chain, monkeypatch):
    """As orders of one new customer do: only the first that waits takes a step, and each is short everywhere."""
    asked = [command(chain.store, (chain.milk, 1)) for _ in range(20)]
    priced = price_batch.priced(asked, now=system_clock.now())
    waiting = [replace(priced[one], problems=(), sources=(1, 2, 3, 4, 5)) for one in asked]
    refusal = KeyReused(field="id")

    def one_step(tries, outcomes, *, now):
        first, *others = tries
        if first.source + 1 < len(first.whole.sources):
            return [replace(first, source=first.source + 1), *others]
        outcomes[first.place] = refusal
        return others

    monkeypatch.setattr(place_order, "_round", one_step)
    assert place_order.place(waiting, actors=[SYSTEM] * 20, now=system_clock.now()) == [refusal] * 20
