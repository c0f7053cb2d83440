"""The order book defends itself: states only along the allowed moves, ledgers written once, breaches found."""

from __future__ import annotations

import itertools
import json

import pytest
from django.db import DatabaseError, IntegrityError, InternalError

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind, Grant, Scope
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.modules.checkout.contracts import WantedLine
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Channel, OrderUnknown, State
from quanyu.platform import db
from tests.harness.breaches import found_by
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.checkout import command, place, till_command

ALLOWED = {
    ("", "placed"),
    ("placed", "paid"),
    ("placed", "cancelled"),
    ("paid", "completed"),
    ("paid", "cancelled"),
    ("cancelled", "paid"),
}
STATES = ["", *[state.value for state in State]]


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=200)


@pytest.fixture(scope="module")
def sale(chain):
    """A completed sale with a discount, so that every table of an order has a row."""
    line = WantedLine(sku_id=chain.milk.id, quantity=2, manual_discount_fen=100)
    return place(till_command(chain.store, cash_fen=2 * MILK_FEN - 100, lines=(line,)))


def test_i6_the_table_of_moves_is_the_state_machine():
    rows = db.rows("SELECT from_state, to_state FROM orders_transition")
    assert {(row["from_state"], row["to_state"]) for row in rows} == ALLOWED


@pytest.mark.parametrize("move", sorted(set(itertools.product(STATES, STATES)) - ALLOWED))
def test_i6_the_database_refuses_an_event_of_a_move_that_is_not_allowed(sale, move):
    with pytest.raises(IntegrityError, match="orders_event_allowed_move"):
        db.execute(
            "INSERT INTO orders_event (order_id, from_state, to_state, actor, at) VALUES (%s, %s, %s, 'x', now())",
            [sale.id, *move],
        )


def test_i6_the_database_refuses_a_state_nobody_knows(sale):
    with pytest.raises(IntegrityError, match="state_known"):
        db.execute("UPDATE orders_order SET state = 'lost' WHERE id = %s", [sale.id])


def test_i6_an_order_is_not_moved_from_a_state_it_is_not_in(chain):
    order = place(command(chain.store, (chain.milk, 1)))
    moved = db.value("SELECT orders_move(%s, ARRAY['paid'], 'completed', 'x', '', now())", [order.id])
    assert moved is False
    assert orders.order(id=order.id) == order


def test_i6_paid_means_paid_whole(chain):
    order = place(command(chain.store, (chain.milk, 1)))
    with pytest.raises(IntegrityError, match="paid_is_whole"):
        db.value("SELECT orders_move(%s, ARRAY['placed'], 'paid', 'x', '', now())", [order.id])
    assert orders.order(id=order.id) == order


def test_more_money_than_is_open_is_refused(chain):
    order = place(command(chain.store, (chain.milk, 1)))
    booked = db.value("SELECT orders_add_payment(%s, %s, ARRAY['placed'], 'x', now())", [order.id, MILK_FEN + 1])
    assert booked == "refused"
    assert orders.order(id=order.id) == order


@pytest.mark.parametrize("table", ["orders_event", "orders_line_discount"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_ledgers_of_the_order_book_are_written_once(sale, table, deed):
    before = db.value(f"SELECT count(*) FROM {table}")
    with pytest.raises((InternalError, DatabaseError), match="append-only"):
        db.execute(deed.format(table))
    assert db.value(f"SELECT count(*) FROM {table}") == before > 0


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("UPDATE orders_order SET paid_fen = payable_fen + 1 WHERE id = %s", "orders_order_paid_"),
        ("UPDATE orders_order SET refunded_fen = paid_fen + 1 WHERE id = %s", "refund_within_paid"),
        ("UPDATE orders_line SET returned_quantity = quantity + 1 WHERE order_id = %s", "returned_within_sold"),
        ("UPDATE orders_line SET refunded_fen = net_fen + freight_fen + 1 WHERE order_id = %s", "refund_within_net"),
    ],
)
def test_i8_the_database_refuses_more_back_than_there_was(sale, change, guard):
    with pytest.raises(IntegrityError, match=guard):
        db.execute(change, [sale.id])
    assert orders.order(id=sale.id) == sale


@pytest.mark.parametrize("over", [{"quantity": 3}, {"amount_fen": 10**9}, {"points": 1}])
def test_i8_a_return_of_more_than_is_left_is_not_booked(sale, over):
    back = {"number": 1, "quantity": 1, "amount_fen": 1, "points": 0} | over
    booked = db.value("SELECT orders_add_return(%s, %s::jsonb, 0, 0)", [sale.id, json.dumps([back])])
    assert (booked, orders.order(id=sale.id)) == (False, sale)


ECONOMICS = {
    "orders_order": (
        *("goods_fen", "discount_fen", "coupon_fen", "points_fen", "points_spent", "freight_fen", "payable_fen"),
    ),
    "orders_line": (
        *("quantity", "unit_price_fen", "list_fen", "discount_fen", "coupon_fen", "points_fen", "points_spent"),
        *("net_fen", "freight_fen", "cost_fen"),
    ),
}
CHANGES = [(table, column) for table, columns in ECONOMICS.items() for column in columns]


@pytest.mark.parametrize(("table", "column"), CHANGES)
def test_i3_economics_are_written_once(sale, table, column):
    with pytest.raises((InternalError, DatabaseError), match="append-only"):
        db.execute(f"UPDATE {table} SET {column} = {column} + 1")
    assert orders.order(id=sale.id) == sale


@pytest.mark.parametrize("table", ECONOMICS)
def test_an_order_is_never_deleted(sale, table):
    for deed in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        with pytest.raises((InternalError, DatabaseError), match="append-only"):
            db.execute(deed)
    assert orders.order(id=sale.id) == sale


@pytest.mark.parametrize(
    ("table", "change", "guard"),
    [
        ("orders_order", "payable_fen = payable_fen + 1", "orders_order_"),
        ("orders_line", "net_fen = net_fen + 1", "orders_line_adds_up"),
        ("orders_line", "quantity = 0", "orders_line_"),
        ("orders_line", "freight_fen = -1", "orders_line_amounts"),
        ("orders_line", "points_restored = points_spent + 1", "orders_line_points_restored_within_spent"),
        ("orders_line", "gift_of = 'M1'", "orders_line_gift_costs_nothing"),
        ("orders_order", "points_spent = 1", "orders_order_points_have_a_member"),
        ("orders_order", "points_restored = points_spent + 1", "orders_order_points_restored_within_spent"),
        ("orders_order", "withheld_fen = -1", "orders_order_withheld"),
        ("orders_order", "freight_refunded_fen = freight_fen + 1", "orders_order_withheld"),
    ],
)
def test_i3_economics_that_do_not_add_up_cannot_be_written_at_all(sale, table, change, guard):
    """The guards behind the trigger: seen with the triggers asleep."""
    column = "id" if table == "orders_order" else "order_id"
    with pytest.raises(IntegrityError, match=guard):
        found_by("orders_breach_i3_has_lines", (f"UPDATE {table} SET {change} WHERE {column} = %s", [sale.id]))
    assert orders.order(id=sale.id) == sale


NOBODY = uuid7()
BREACHES = {
    "orders_breach_invoices_within_paid": (
        "INSERT INTO orders_invoice (id, order_id, kind, state, amount_fen, requested_at) "
        "SELECT gen_random_uuid(), id, 'person', 'requested', paid_fen + 1, now() FROM orders_order WHERE id = %s"
    ),
    "orders_breach_i3_lines_add_up": (
        "UPDATE orders_line SET list_fen = list_fen + 1, net_fen = net_fen + 1 WHERE order_id = %s"
    ),
    "orders_breach_i3_has_lines": "DELETE FROM orders_line WHERE order_id = %s",
    "orders_breach_i3_discounts_add_up": (
        "DELETE FROM orders_line_discount WHERE line_id IN (SELECT id FROM orders_line WHERE order_id = %s)"
    ),
    "orders_breach_i3_coupons_add_up": (
        "UPDATE orders_order SET coupon_fen = 1, goods_fen = goods_fen + 1 WHERE id = %s"
    ),
    "orders_breach_i6_state_is_last_event": "UPDATE orders_order SET state = 'cancelled' WHERE id = %s",
    "orders_breach_i6_line_is_where_it_was_sent": (
        "INSERT INTO orders_reassignment "
        "(line_id, from_location_id, from_owner_id, to_location_id, to_owner_id, actor, reason, at) "
        "SELECT id, location_id, owner_id, location_id + 1, owner_id, 'x', 'x', now() FROM orders_line "
        "WHERE order_id = %s LIMIT 1"
    ),
    "orders_breach_shares_are_the_whole": (
        "INSERT INTO orders_line_share (line_id, place, staff_id, share_bp) "
        "SELECT id, 1, 1, 5000 FROM orders_line WHERE order_id = %s"
    ),
    "orders_breach_i6_events_form_a_path": "DELETE FROM orders_event WHERE order_id = %s AND to_state = 'paid'",
    "orders_breach_i8_line_refunds": "UPDATE orders_order SET refunded_fen = 1 WHERE id = %s",
    "orders_breach_i8_line_points": (
        f"UPDATE orders_order SET points_spent = 1, points_restored = 1, member_id = '{NOBODY}' WHERE id = %s"
    ),
}


@pytest.mark.parametrize("view", BREACHES)
def test_reconciliation_finds_a_planted_breach(sale, view):
    assert db.rows(f'SELECT * FROM "{view}"') == []
    found = found_by(view, (BREACHES[view], [sale.id]))
    assert len(found) == 1
    assert db.rows(f'SELECT * FROM "{view}"') == []


def test_every_view_of_the_book_was_planted():
    views = db.rows("SELECT viewname FROM pg_views WHERE viewname ~ '^orders_breach_'")
    assert {row["viewname"] for row in views} == set(BREACHES)


def test_numbers_carry_type_day_store_and_a_check_digit(chain, sale):
    digits = sale.number.removeprefix("XS")
    assert len(digits) == 18
    assert int(digits[6:10]) == chain.store.unit.id % 10_000
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits[:-1]))
    assert (weighted + int(digits[-1])) % 10 == 0


def test_numbers_of_a_day_and_store_are_all_different(chain):
    numbers = db.rows("SELECT orders_number('DD', %s, now()) AS number FROM generate_series(1, 5000)", [1])
    assert len({row["number"] for row in numbers}) == 5000


def test_lists_go_on_where_the_last_page_ended(chain):
    made = [place(command(chain.other_store, (chain.milk, 1))) for _ in range(5)]
    unit = frozenset({chain.other_store.unit.id})
    first = orders.of_units(unit_ids=unit, limit=3)
    rest = orders.of_units(unit_ids=unit, before=(first[-1].placed_at, first[-1].id), limit=3)
    assert [one.id for one in first + rest] == [one.id for one in reversed(made)]
    assert orders.of_units(unit_ids=unit, state=State.PAID, limit=9) == []
    assert orders.of_units(unit_ids=unit, channel=Channel.POS, limit=9) == []
    assert orders.of_units(unit_ids=frozenset(), limit=9) == []


def test_what_is_not_there_is_unknown(sale):
    for ask in (lambda: orders.order(id=uuid7()), lambda: orders.by_number(number="XS0")):
        with pytest.raises(OrderUnknown):
            ask()
    assert orders.orders(ids=[uuid7()]) == {}
    assert orders.by_number(number=sale.number) == sale


def test_an_address_is_not_shown_to_who_may_not_see_the_order(chain, sale):
    elsewhere = Actor(
        kind=ActorKind.STAFF,
        id="1",
        grants=(Grant(frozenset({"orders.view", "pii.reveal"}), Scope.STORE, chain.other_store.unit.id),),
    )
    with pytest.raises(OrderUnknown):
        orders.delivery_address(order_id=sale.id, actor=elsewhere, purpose="deliver it", now=system_clock.now())
    shown = orders.delivery_address(order_id=sale.id, actor=SYSTEM, purpose="deliver it", now=system_clock.now())
    assert shown is None
