"""Reserving, pinning, releasing and issuing (INV-01, INV-02, INV-03)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection

from quanyu.kernel.actor import SYSTEM
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import Held, QuantityInvalid, Shortage, StockShort, Want
from quanyu.platform import db
from tests.harness.inventory import NOW, cause, make_shelf

LATER = NOW + timedelta(minutes=15)
AFTER = LATER + timedelta(seconds=1)


def reserve(lines, *, cause_id=None, expires_at=LATER, now=NOW):
    return inventory.reserve(
        cause_kind="order", cause_id=cause_id or cause(), lines=lines, expires_at=expires_at, now=now
    )


def states(cause_id):
    return [
        (row["cause_line"], row["state"], row["expires_at"] is None)
        for row in db.rows(
            "SELECT cause_line, state, expires_at FROM inventory_reservation "
            "WHERE cause_id = %s ORDER BY cause_line, state",
            [cause_id],
        )
    ]


def test_inv_02_reserved_units_are_promised_once():
    shelf = make_shelf(on_hand=2)
    held = reserve([shelf.want(2)])
    assert held.held == (Held(1, shelf.owner_id),)
    assert held.expires_at == LATER
    assert shelf.counters() == (2, 2)
    with pytest.raises(StockShort) as refusal:
        reserve([shelf.want(1)])
    assert refusal.value.shortages == (Shortage(1, shelf.sku_id, 1, 0),)
    assert refusal.value.field == "lines.1"
    assert (refusal.value.params["wanted"], refusal.value.params["available"]) == (1, 0)
    assert shelf.counters() == (2, 2)


def test_inv_02_one_short_line_reserves_nothing():
    plenty, few = make_shelf(on_hand=10), make_shelf(on_hand=1)
    number = cause()
    with pytest.raises(StockShort) as refusal:
        reserve([plenty.want(3, line=1), few.want(2, line=2)], cause_id=number)
    assert refusal.value.shortages == (Shortage(2, few.sku_id, 2, 1),)
    assert (plenty.counters(), few.counters()) == ((10, 0), (1, 0))
    assert states(number) == []


def test_a_reservation_of_three_lines_is_one_statement_and_so_is_its_issue():
    shelves = [make_shelf(on_hand=1) for _ in range(3)]
    number = cause()
    queries = []

    def count(execute, sql, parameters, many, context):
        queries.append(sql)
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(count):
        reserve([shelf.want(1, line=index) for index, shelf in enumerate(shelves)], cause_id=number)
        inventory.issue(cause_kind="order", cause_id=number, actor=SYSTEM, now=NOW)
    assert len(queries) == 2
    assert [shelf.counters() for shelf in shelves] == [(0, 0)] * 3


def test_inv_02_duplicate_lines_are_one_demand():
    shelf = make_shelf(on_hand=3)
    with pytest.raises(StockShort) as refusal:
        reserve([shelf.want(2, line=1), shelf.want(2, line=2)])
    assert refusal.value.shortages == (Shortage(1, shelf.sku_id, 4, 3), Shortage(2, shelf.sku_id, 4, 3))
    assert shelf.counters() == (3, 0)
    reserve([shelf.want(2, line=1), shelf.want(1, line=2)])
    assert shelf.counters() == (3, 3)


def test_lines_keep_the_names_they_were_given():
    shelf = make_shelf(on_hand=3)
    held = reserve([shelf.want(1, line="a"), shelf.want(1, line=7)])
    assert [each.line for each in held.held] == ["a", 7]


def test_the_first_owner_with_enough_holds_the_line():
    shelf = make_shelf(on_hand=1)
    other = make_shelf(location_id=shelf.location_id, sku_id=shelf.sku_id, owner_id=make_shelf().location_id, on_hand=5)
    owners = (shelf.owner_id, other.owner_id)
    first = reserve([Want(1, shelf.location_id, shelf.sku_id, owners, 1)])
    assert first.held == (Held(1, shelf.owner_id),)
    second = reserve([Want(1, shelf.location_id, shelf.sku_id, owners, 2)])
    assert second.held == (Held(1, other.owner_id),)
    with pytest.raises(StockShort) as refusal:
        reserve([Want(1, shelf.location_id, shelf.sku_id, (shelf.owner_id,), 1)])
    assert refusal.value.shortages[0].available == 0
    assert (shelf.counters(), other.counters()) == ((1, 1), (5, 2))


def test_no_allowed_owner_means_nothing_is_available():
    shelf = make_shelf(on_hand=5)
    with pytest.raises(StockShort) as refusal:
        reserve([Want(1, shelf.location_id, shelf.sku_id, (), 1)])
    assert refusal.value.shortages == (Shortage(1, shelf.sku_id, 1, 0),)


def test_online_channels_leave_the_safety_stock_and_the_till_does_not():
    shelf = make_shelf(on_hand=5, safety=2)
    with pytest.raises(StockShort) as refusal:
        reserve([shelf.want(4, keep_safety=True)])
    assert refusal.value.shortages[0].available == 3
    reserve([shelf.want(3, keep_safety=True)])
    reserve([shelf.want(2)])
    assert shelf.counters() == (5, 5)


def test_a_quantity_below_one_is_refused():
    shelf = make_shelf(on_hand=5)
    for quantity in (0, -1):
        with pytest.raises(QuantityInvalid) as refusal:
            reserve([shelf.want(quantity)])
        assert refusal.value.field == "lines.1.quantity"
    assert shelf.counters() == (5, 0)


def test_a_line_of_an_order_is_reserved_once():
    shelf = make_shelf(on_hand=5)
    number = cause()
    reserve([shelf.want(1)], cause_id=number)
    with pytest.raises(IntegrityError, match="inventory_reservation_one_open"):
        reserve([shelf.want(1)], cause_id=number)
    assert shelf.counters() == (5, 1)


def test_inv_03_a_lapsed_reservation_serves_the_next_buyer_without_a_sweeper():
    shelf = make_shelf(on_hand=3)
    slow = cause()
    reserve([shelf.want(2)], cause_id=slow)
    reserve([shelf.want(1)], now=AFTER, expires_at=None)  # not short: the lapsed one is left alone
    assert states(slow) == [("1", "open", False)]
    reserve([shelf.want(2)], now=AFTER, expires_at=None)
    assert states(slow) == [("1", "lapsed", False)]
    assert shelf.counters() == (3, 3)


def test_a_reservation_holds_until_the_moment_it_lapses():
    shelf = make_shelf(on_hand=1)
    reserve([shelf.want(1)])
    with pytest.raises(StockShort):
        reserve([shelf.want(1)], now=LATER - timedelta(microseconds=1))
    reserve([shelf.want(1)], now=LATER)
    assert shelf.counters() == (1, 1)


def test_when_even_the_lapsed_units_are_not_enough_nothing_lapses():
    shelf = make_shelf(on_hand=3)
    slow = cause()
    reserve([shelf.want(2)], cause_id=slow)
    with pytest.raises(StockShort) as refusal:
        reserve([shelf.want(4)], now=AFTER)
    assert refusal.value.shortages[0].available == 3
    assert states(slow) == [("1", "open", False)]
    assert shelf.counters() == (3, 2)


def test_lapsed_units_of_one_line_do_not_help_another():
    full, empty = make_shelf(on_hand=2), make_shelf(on_hand=0)
    slow = cause()
    reserve([full.want(2)], cause_id=slow)
    with pytest.raises(StockShort) as refusal:
        reserve([full.want(2, line=1), empty.want(1, line=2)], now=AFTER)
    assert refusal.value.shortages == (Shortage(2, empty.sku_id, 1, 0),)
    assert states(slow) == [("1", "open", False)]


def test_a_pinned_reservation_never_lapses():
    shelf = make_shelf(on_hand=1)
    number = cause()
    reserve([shelf.want(1)], cause_id=number)
    assert inventory.pin(cause_kind="order", cause_id=number, now=NOW) is True
    with pytest.raises(StockShort):
        reserve([shelf.want(1)], now=NOW + timedelta(days=300))
    assert states(number) == [("1", "open", True)]


def test_a_late_payment_pins_what_is_still_there():
    shelf = make_shelf(on_hand=1)
    number = cause()
    reserve([shelf.want(1)], cause_id=number)
    assert inventory.pin(cause_kind="order", cause_id=number, now=AFTER) is True
    assert shelf.counters() == (1, 1)


def test_a_late_payment_reserves_again_what_lapsed():
    shelf, other = make_shelf(on_hand=1), make_shelf(on_hand=1)
    number, quick = cause(), cause()
    reserve([shelf.want(1, line=1), other.want(1, line=2)], cause_id=number)
    reserve([shelf.want(1)], cause_id=quick, now=AFTER)
    inventory.release(cause_kind="order", cause_id=quick, now=AFTER)
    assert inventory.pin(cause_kind="order", cause_id=number, now=AFTER) is True
    assert sorted(states(number)) == [("1", "lapsed", False), ("1", "open", True), ("2", "open", True)]
    assert (shelf.counters(), other.counters()) == ((1, 1), (1, 1))
    assert inventory.pin(cause_kind="order", cause_id=number, now=AFTER) is True
    assert (shelf.counters(), other.counters()) == ((1, 1), (1, 1))


def test_a_late_payment_for_goods_that_are_gone_changes_nothing():
    shelf, other = make_shelf(on_hand=1), make_shelf(on_hand=1)
    number = cause()
    reserve([shelf.want(1, line=1), other.want(1, line=2)], cause_id=number)
    reserve([shelf.want(1)], now=AFTER, expires_at=None)
    assert inventory.pin(cause_kind="order", cause_id=number, now=AFTER) is False
    assert states(number) == [("1", "lapsed", False), ("2", "open", False)]
    assert (shelf.counters(), other.counters()) == ((1, 1), (1, 1))


def test_a_payment_after_the_cancellation_reserves_again():
    shelf = make_shelf(on_hand=1)
    number = cause()
    reserve([shelf.want(1)], cause_id=number)
    inventory.release(cause_kind="order", cause_id=number, now=NOW)
    assert inventory.pin(cause_kind="order", cause_id=number, now=NOW) is True
    assert shelf.counters() == (1, 1)


def test_nothing_reserved_cannot_be_pinned():
    assert inventory.pin(cause_kind="order", cause_id=cause(), now=NOW) is False


def test_releasing_gives_back_once():
    shelf, other = make_shelf(on_hand=4), make_shelf(on_hand=4)
    number = cause()
    reserve([shelf.want(2, line=1), shelf.want(1, line=2), other.want(4, line=3)], cause_id=number)
    assert inventory.release(cause_kind="order", cause_id=number, now=NOW) == 3
    assert inventory.release(cause_kind="order", cause_id=number, now=NOW) == 0
    assert (shelf.counters(), other.counters()) == ((4, 0), (4, 0))


def test_inv_01_issuing_moves_the_stock_once_and_says_so():
    shelf, other = make_shelf(on_hand=4), make_shelf(on_hand=4)
    number = cause()
    reserve([shelf.want(2, line=1), shelf.want(1, line=2), other.want(4, line=3)], cause_id=number)
    issue = {"cause_kind": "order", "cause_id": number, "actor": SYSTEM, "now": NOW}
    assert inventory.issue(**issue) == 3
    assert inventory.issue(**issue) == 0
    assert inventory.release(cause_kind="order", cause_id=number, now=NOW) == 0
    assert (shelf.counters(), other.counters()) == ((1, 0), (0, 0))
    newest, middle, opening = inventory.movements(
        location_id=shelf.location_id, sku_id=shelf.sku_id, owner_id=shelf.owner_id
    )
    assert (opening.on_hand_delta, opening.on_hand_after) == (4, 4)
    assert (middle.cause_line, middle.on_hand_delta, middle.on_hand_after) == ("1", -2, 2)
    assert (newest.cause_line, newest.on_hand_delta, newest.on_hand_after) == ("2", -1, 1)
    assert (newest.kind, newest.cause_id, newest.actor) == ("sale", number, "system:system")
    events = db.rows(
        "SELECT payload ->> 'kind' AS kind FROM platform_outbox "
        "WHERE topic = 'inventory.stock_changed.1' AND aggregate = %s ORDER BY id",
        [f"order:{number}"],
    )
    assert [event["kind"] for event in events] == ["reserve", "sale"]


def test_some_lines_can_be_issued_before_the_others():
    shelf = make_shelf(on_hand=4)
    number = cause()
    reserve([shelf.want(1, line=1), shelf.want(2, line=2)], cause_id=number)
    issue = {"cause_kind": "order", "cause_id": number, "actor": SYSTEM, "now": NOW}
    assert inventory.issue(lines=["2"], **issue) == 1
    assert shelf.counters() == (2, 1)
    assert inventory.issue(**issue) == 1
    assert shelf.counters() == (1, 0)
