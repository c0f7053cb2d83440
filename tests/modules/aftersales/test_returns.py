"""Returns: amounts from line economics, money back the way it came, goods where they belong, once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import DatabaseError, InternalError
from hypothesis import given, settings
from hypothesis import strategies as st

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Forbidden, Problem
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales import rules
from quanyu.modules.aftersales.contracts import (
    NothingToReturn,
    NotReturnable,
    ReturnCommand,
    ReturnedLine,
    ReturnInvalid,
    ReturnKeyReused,
    ReturnTooMuch,
)
from quanyu.modules.checkout.contracts import JournalPrice, TenderGiven, WantedLine
from quanyu.modules.identity import api as identity
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order, OrderUnknown
from quanyu.modules.payments import api as payments
from quanyu.platform import db
from tests.harness.breaches import found_by
from tests.harness.chain import BREAD_FEN, MILK_FEN, Chain, make_chain
from tests.harness.checkout import command, place, stock_of, till_command


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=3000)


def sold(chain: Chain, quantity: int = 3, *, net_fen: int | None = None, **given) -> Order:
    """A completed sale of milk, paid in cash; ``net_fen`` sets what was paid for the line."""
    net = quantity * MILK_FEN if net_fen is None else net_fen
    unit = -(-max(net, 1) // quantity)
    line = WantedLine(sku_id=chain.milk.id, quantity=quantity, journal=JournalPrice(unit_price_fen=unit, net_fen=net))
    fields = {"lines": (line,)} | ({} if net else {"tenders": ()}) | given
    return place(till_command(chain.store, cash_fen=net, **fields))


def returned(order: Order, *parts: tuple[int, int], **fields) -> ReturnCommand:
    lines = tuple(ReturnedLine(line_number=number, quantity=quantity) for number, quantity in parts)
    return ReturnCommand(**({"id": uuid7(), "order_id": order.id, "lines": lines, "reason": "unwanted"} | fields))


def take_back(command_: ReturnCommand, actor: Actor = SYSTEM):
    return aftersales.return_lines(command=command_, actor=actor, now=system_clock.now())


def state_of(order: Order, chain: Chain) -> tuple[object, ...]:
    """Everything a return could change."""
    paid = payments.of_orders(order_ids=[order.id]).get(order.id, [])
    return orders.order(id=order.id), paid, stock_of(chain.store, chain.milk), aftersales.returns_of(order_id=order.id)


def test_a_part_goes_back_with_its_share_of_what_was_paid(chain):
    order = sold(chain, 3)
    before = stock_of(chain.store, chain.milk)
    result = take_back(returned(order, (1, 2)))
    assert (result.amount_fen, result.lines, result.refunds) == (1300, ((1, 2, 1300),), (("cash", 1300),))
    line = orders.order(id=order.id).lines[0]
    assert (line.returned_quantity, line.refunded_fen) == (2, 1300)
    assert stock_of(chain.store, chain.milk) == (before[0] + 2, before[1])
    assert aftersales.returns_of(order_id=order.id) == [result]


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_i8_any_sequence_of_returns_adds_up_to_the_lines_net_exactly(chain_for_properties, data):
    quantity = data.draw(st.integers(min_value=1, max_value=9), label="quantity")
    net = data.draw(st.integers(min_value=0, max_value=2000), label="net")
    order = sold(chain_for_properties, quantity, net_fen=net)
    left, given_back = quantity, 0
    while left:
        part = data.draw(st.integers(min_value=1, max_value=left), label="part")
        command_ = returned(order, (1, part))
        shown, done = aftersales.preview(command=command_), take_back(command_)
        assert (shown.lines, shown.amount_fen) == (done.lines, done.amount_fen)
        given_back += done.amount_fen
        left -= part
    assert given_back == net
    assert orders.order(id=order.id).refunded_fen == net


@pytest.fixture(scope="module")
def chain_for_properties(chain) -> Chain:
    return chain


@given(
    st.integers(min_value=0, max_value=10**9),
    st.lists(st.integers(min_value=1, max_value=500), min_size=1, max_size=20),
)
def test_i8_cumulative_rounding_never_loses_or_makes_a_fen(net, parts):
    quantity, back, total = sum(parts), 0, 0
    for part in parts:
        fen = rules.line_refund(net_fen=net, quantity=quantity, returned=back, returning=part)
        assert fen >= 0
        total, back = total + fen, back + part
        assert abs(total * quantity - net * back) * 2 <= quantity
    assert total == net


def test_money_goes_back_the_way_it_came_the_last_tender_first(chain):
    tenders = (TenderGiven(tender="card", amount_fen=1000), TenderGiven(tender="cash", amount_fen=300))
    order = place(till_command(chain.store, (chain.milk, 2), cash_fen=0, tenders=tenders))
    first, second = take_back(returned(order, (1, 1))), take_back(returned(order, (1, 1)))
    assert sorted(first.refunds) == [("card", 350), ("cash", 300)]
    assert second.refunds == (("card", 650),)
    paid = payments.of_orders(order_ids=[order.id])[order.id]
    assert [(one.tender.value, one.amount_fen - one.refunded_fen) for one in paid] == [("card", 0), ("cash", 0)]


@given(st.lists(st.integers(min_value=0, max_value=1000), min_size=1, max_size=5), st.data())
def test_a_split_uses_no_payment_beyond_what_is_left_of_it(lefts, data):
    given_back = [rules.Refundable(uuid7(), "cash", left) for left in lefts]
    amount = data.draw(st.integers(min_value=0, max_value=sum(lefts)))
    parts = rules.split_refund(amount_fen=amount, payments=given_back)
    assert sum(part for _, part in parts) == amount
    assert all(0 < part <= payment.left_fen for payment, part in parts)
    with pytest.raises(ValueError, match="not that much"):
        rules.split_refund(amount_fen=sum(lefts) + 1, payments=given_back)


def test_damaged_goods_come_in_and_are_set_aside(chain):
    order = sold(chain, 2)
    before = stock_of(chain.store, chain.milk)
    take_back(returned(order, lines=(ReturnedLine(line_number=1, quantity=1, restock="damaged"),)))
    assert stock_of(chain.store, chain.milk) == before
    damaged = db.value(
        "SELECT damaged FROM inventory_stock WHERE location_id = %s AND sku_id = %s",
        [chain.store.unit.id, chain.milk.id],
    )
    assert damaged == 1
    take_back(returned(order, lines=(ReturnedLine(line_number=1, quantity=1, restock="none"),)))
    assert stock_of(chain.store, chain.milk) == before


def test_what_cost_nothing_refunds_nothing_and_the_goods_come_back(chain):
    order = sold(chain, 1, net_fen=0)
    before = stock_of(chain.store, chain.milk)
    result = take_back(returned(order, (1, 1)))
    assert (result.amount_fen, result.refunds) == (0, ())
    assert stock_of(chain.store, chain.milk) == (before[0] + 1, before[1])


def test_the_same_return_again_is_the_same_return(chain):
    order = sold(chain, 2)
    command_ = returned(order, (1, 2))
    first = take_back(command_)
    before = state_of(order, chain)
    assert take_back(command_) == first
    assert state_of(order, chain) == before
    with pytest.raises(ReturnKeyReused):
        take_back(replace(command_, reason="other"))
    assert state_of(order, chain) == before


@pytest.mark.parametrize(
    ("fields", "problem", "field"),
    [
        ({"lines": ()}, NothingToReturn, "lines"),
        ({"lines": (ReturnedLine(1, 0),)}, NothingToReturn, "lines"),
        ({"lines": (ReturnedLine(1, 1), ReturnedLine(1, 1))}, NothingToReturn, "lines"),
        ({"lines": (ReturnedLine(1, 3),)}, ReturnTooMuch, "lines.0.quantity"),
        ({"lines": (ReturnedLine(1, 1), ReturnedLine(9, 1))}, ReturnTooMuch, "lines.1.quantity"),
        ({"lines": (ReturnedLine(1, 1, "thrown away"),)}, ReturnInvalid, "lines.0.restock"),
        ({"reason": ""}, ReturnInvalid, "reason"),
        ({"reason": "x" * 41}, ReturnInvalid, "reason"),
        ({"note": "x" * 201}, ReturnInvalid, "note"),
    ],
)
def test_what_cannot_be_returned_is_refused_by_field_and_changes_nothing(chain, fields, problem, field):
    order = sold(chain, 2)
    before = state_of(order, chain)
    with pytest.raises(problem) as refusal:
        take_back(returned(order, (1, 1), **fields))
    assert refusal.value.field == field
    assert state_of(order, chain) == before


def test_an_order_that_was_not_handed_over_is_cancelled_not_returned(chain):
    order = place(command(chain.store, (chain.milk, 1)))
    before = state_of(order, chain)
    with pytest.raises(NotReturnable):
        take_back(returned(order, (1, 1)))
    assert state_of(order, chain) == before


def test_sec05_returns_are_taken_by_staff_of_the_store_only(chain):
    order = sold(chain, 2)
    before = state_of(order, chain)
    cashier = identity.actor_for_staff(staff_id=chain.cashier.id)
    with pytest.raises(OrderUnknown):
        take_back(returned(order, (1, 1), location_id=chain.other_store.unit.id), actor=cashier)
    for stranger in (Actor(kind=ActorKind.MEMBER, id=str(uuid7())), Actor(kind=ActorKind.STAFF, id="0")):
        with pytest.raises(Forbidden):
            take_back(returned(order, (1, 1)), actor=stranger)
    assert state_of(order, chain) == before
    assert take_back(returned(order, (1, 1)), actor=cashier).amount_fen == MILK_FEN


def test_goods_may_come_back_to_another_store_and_stay_their_owners(chain):
    order = sold(chain, 1)
    before = stock_of(chain.other_store, chain.milk)
    take_back(returned(order, (1, 1), location_id=chain.other_store.unit.id))
    assert stock_of(chain.other_store, chain.milk) == (before[0] + 1, before[1])


def test_a_return_is_told_and_audited_once(chain):
    order = sold(chain, 1)
    for command_ in [returned(order, (1, 1))] * 2:
        take_back(command_)
    told = db.value(
        "SELECT count(*) FROM platform_outbox WHERE topic = 'orders.returned.1' AND aggregate = %s",
        [f"order:{order.id}"],
    )
    noted = db.value(
        "SELECT count(*) FROM platform_audit WHERE action = 'aftersales.return' AND subject_id = %s", [order.number]
    )
    assert (told, noted) == (1, 1)


@pytest.mark.parametrize("table", ["aftersales_return", "aftersales_return_line", "aftersales_return_withheld"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_returns_are_written_once(chain, table, deed):
    take_back(returned(sold(chain, 1), (1, 1)))
    before = db.value(f"SELECT count(*) FROM {table}")
    with pytest.raises((InternalError, DatabaseError), match="append-only"):
        db.execute(deed.format(table))
    assert db.value(f"SELECT count(*) FROM {table}") == before


def test_reconciliation_finds_a_planted_breach_of_every_view(chain):
    order = sold(chain, 2)
    result = take_back(returned(order, (1, 1)))
    planted = {
        "aftersales_breach_i3_return_adds_up": (
            "UPDATE aftersales_return SET amount_fen = amount_fen + 1 WHERE id = %s",
            [result.id],
        ),
        "aftersales_breach_i3_withheld_adds_up": (
            (
                "INSERT INTO aftersales_return_withheld "
                "(parent_id, kind, source, label, threshold_fen, kept_fen, amount_fen) "
                "VALUES (%s, 'threshold', 'M1', 'M1', 2, 1, 1)"
            ),
            [result.id],
        ),
        "aftersales_breach_i8_orders_are_returned": (
            "UPDATE orders_order SET withheld_fen = 1 WHERE id = %s",
            [order.id],
        ),
        "aftersales_breach_i8_lines_are_returned": (
            "DELETE FROM aftersales_return_line WHERE parent_id = %s",
            [result.id],
        ),
    }
    views = db.rows("SELECT viewname FROM pg_views WHERE viewname ~ '^aftersales_breach_i'")
    assert {row["viewname"] for row in views} == set(planted)
    for view, statement in planted.items():
        assert db.rows(f'SELECT * FROM "{view}"') == []
        assert len(found_by(view, statement)) == 1


def test_two_lines_of_one_receipt_go_back_in_one_return(chain):
    order = place(till_command(chain.store, (chain.milk, 2), (chain.bread, 1), cash_fen=2 * MILK_FEN + BREAD_FEN))
    result = take_back(returned(order, (2, 1), (1, 1)))
    assert result.lines == ((1, 1, MILK_FEN), (2, 1, BREAD_FEN))
    with pytest.raises(Problem):
        take_back(returned(order, (2, 1)))
