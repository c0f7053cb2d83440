"""Many buyers at one shelf (INV-02): first without the guard, to see the race, then as the product does it."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import StockShort
from tests.harness.inventory import NOW, cause, make_shelf
from tests.harness.parallel import deadlocks_seen, parallel

pytestmark = pytest.mark.race

BUYERS = 64
LATER = NOW + timedelta(minutes=15)
AFTER = LATER + timedelta(seconds=1)


def outcomes(results):
    """Count results by value, refusals by code, and anything else by its text."""
    return Counter(
        result.code
        if isinstance(result, StockShort)
        else repr(result)
        if isinstance(result, Exception)
        else type(result).__name__
        for result in results
    )


def buy(shelf, quantity=1, **given):
    return inventory.reserve(
        cause_kind="order",
        cause_id=cause(),
        lines=[shelf.want(quantity)],
        expires_at=given.get("expires_at"),
        now=given.get("now", NOW),
    )


@pytest.mark.parametrize("units", [1, 10, 500])
def test_control_check_then_act_oversells(units):
    """Read, decide, write: every buyer sees the same stock, and every one of them is told yes."""
    shelf = make_shelf(on_hand=units)
    everybody_has_looked = threading.Barrier(BUYERS)
    quantity = max(1, units // 10)

    def buy_unguarded(_index):
        level = shelf.level()
        everybody_has_looked.wait(timeout=60)
        return level.on_hand - level.reserved >= quantity

    results = parallel(BUYERS, buy_unguarded)
    assert results.count(True) * quantity == BUYERS * quantity > units


@pytest.mark.parametrize(("units", "quantity"), [(1, 1), (10, 1), (500, 50)])
def test_inv_02_exactly_the_stock_is_promised(units, quantity):
    shelf = make_shelf(on_hand=units)
    results = parallel(BUYERS, lambda _index: buy(shelf, quantity))
    winners = units // quantity
    assert outcomes(results) == {"Reserved": winners, "inventory.stock_short": BUYERS - winners}
    assert shelf.counters() == (units, units)


def test_inv_02_enough_for_all_refuses_nobody():
    shelf = make_shelf(on_hand=500)
    results = parallel(BUYERS, lambda index: buy(shelf, 1 + index % 3))
    assert outcomes(results) == {"Reserved": BUYERS}
    assert shelf.counters() == (500, sum(1 + index % 3 for index in range(BUYERS)))


def test_inv_02_duplicate_lines_of_parallel_orders_are_one_demand():
    shelf = make_shelf(on_hand=15)

    def buy_twice(_index):
        lines = [shelf.want(1, line=1), shelf.want(1, line=2)]
        return inventory.reserve(cause_kind="order", cause_id=cause(), lines=lines, expires_at=None, now=NOW)

    assert outcomes(parallel(BUYERS, buy_twice)) == {"Reserved": 7, "inventory.stock_short": BUYERS - 7}
    assert shelf.counters() == (15, 14)


def test_two_skus_in_opposite_order_never_deadlock():
    first, second = make_shelf(on_hand=10_000), make_shelf(on_hand=10_000)

    def buy_both(index):
        lines = [first.want(1, line=1), second.want(1, line=2)]
        for _ in range(5):
            number = cause()
            inventory.reserve(
                cause_kind="order", cause_id=number, lines=lines[:: 1 if index % 2 else -1], expires_at=None, now=NOW
            )
            inventory.issue(cause_kind="order", cause_id=number, actor=SYSTEM, now=NOW)
        return True

    with deadlocks_seen():
        assert parallel(16, buy_both) == [True] * 16
    assert (first.counters(), second.counters()) == ((9_920, 0), (9_920, 0))


def test_a_pin_and_a_buyer_of_the_lapsed_unit_never_both_win():
    for _ in range(8):
        shelf = make_shelf(on_hand=1)
        slow = cause()
        inventory.reserve(cause_kind="order", cause_id=slow, lines=[shelf.want(1)], expires_at=LATER, now=NOW)

        def deed(index, shelf=shelf, slow=slow):
            if index % 2:
                return inventory.pin(cause_kind="order", cause_id=slow, now=AFTER)
            buy(shelf, now=AFTER)
            return "bought"

        results = parallel(8, deed)
        bought = results.count("bought")
        pinned = results.count(True)
        assert (bought, pinned > 0) in {(1, False), (0, True)}
        if pinned:
            assert pinned == 4
        assert shelf.counters() == (1, 1)


def test_one_late_payment_told_many_times_reserves_again_once():
    shelf = make_shelf(on_hand=5)
    number = cause()
    inventory.reserve(cause_kind="order", cause_id=number, lines=[shelf.want(2)], expires_at=LATER, now=NOW)
    inventory.release(cause_kind="order", cause_id=number, now=AFTER)
    results = parallel(16, lambda _index: inventory.pin(cause_kind="order", cause_id=number, now=AFTER))
    assert results == [True] * 16
    assert shelf.counters() == (5, 2)


def test_a_release_and_an_issue_of_one_order_never_both_happen():
    for _ in range(8):
        shelf = make_shelf(on_hand=3)
        number = cause()
        inventory.reserve(cause_kind="order", cause_id=number, lines=[shelf.want(2)], expires_at=None, now=NOW)

        def deed(index, number=number):
            if index % 2:
                return inventory.release(cause_kind="order", cause_id=number, now=NOW)
            return -inventory.issue(cause_kind="order", cause_id=number, actor=SYSTEM, now=NOW)

        results = parallel(8, deed)
        assert sorted(results) in ([-1, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 1])
        assert shelf.counters() == ((1, 0) if -1 in results else (3, 0))


def test_a_repeated_receipt_moves_the_goods_once():
    from tests.harness.inventory import receive

    shelf = make_shelf(on_hand=0)
    number = cause()
    results = parallel(16, lambda _index: receive(shelf, 5, cause_id=number, kind="receipt"))
    assert sorted(results) == [0] * 15 + [1]
    assert shelf.counters() == (5, 0)


def test_two_people_at_the_ramp_book_one_arrival():
    from quanyu.modules.inventory.contracts import Arrival, Goods

    shelf, there = make_shelf(on_hand=5), make_shelf()
    number = cause()
    inventory.transfer_out(
        transfer_id=number,
        from_location_id=shelf.location_id,
        to_location_id=there.location_id,
        owner_id=shelf.owner_id,
        lines=[Goods(shelf.sku_id, 5, line="a")],
        actor=SYSTEM,
        now=NOW,
    )

    def arrive(index):
        return inventory.transfer_in(
            transfer_id=number,
            to_location_id=there.location_id,
            arrivals=[Arrival("a", 5 if index % 2 else 0)],
            actor=SYSTEM,
            now=NOW,
        )

    assert sorted(parallel(8, arrive)) == [0] * 7 + [1]
