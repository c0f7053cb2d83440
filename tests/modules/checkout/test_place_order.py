"""Placing orders: the one order path of every channel."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Problem
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import (
    JournalPrice,
    KeyReused,
    LinesTooMany,
    NoteTooLong,
    NotForSale,
    OrderEmpty,
    PriceChanged,
    QuantityInvalid,
    TenderGiven,
    TillFacts,
    WantedLine,
)
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import StockShort
from quanyu.modules.orders.contracts import Channel, Delivery, State
from quanyu.modules.organization.contracts import UnitUnknown
from quanyu.modules.payments.contracts import TenderInvalid
from quanyu.platform import db
from tests.harness.chain import APPLES_FEN, BREAD_FEN, MILK_FEN, STOCK, Chain, make_chain
from tests.harness.checkout import NOTHING, available, command, footprint, place, stock_of, till_command


@pytest.fixture
def chain() -> Chain:
    return make_chain()


def test_inv01_a_mall_order_takes_the_stores_stock_at_once(chain):
    order = place(command(chain.store, (chain.milk, 3), (chain.bread, 2)))
    assert (order.state, order.goods_fen, order.payable_fen) == (State.PLACED, 3 * MILK_FEN + 2 * BREAD_FEN, 4510)
    assert stock_of(chain.store, chain.milk) == (STOCK, 3)
    assert available(chain.store, chain.milk, channel=Channel.POS) == STOCK - 3
    assert stock_of(chain.other_store, chain.milk) == (STOCK, 0)


def test_pos_a_sale_at_the_till_is_paid_issued_and_completed_in_one_go(chain):
    order = place(till_command(chain.store, (chain.milk, 2), cash_fen=2 * MILK_FEN))
    assert order.state is State.COMPLETED
    assert (order.paid_fen, order.payable_fen) == (1300, 1300)
    assert [(step.from_state, step.to_state) for step in order.history] == [
        ("", "placed"),
        ("placed", "paid"),
        ("paid", "completed"),
    ]
    assert stock_of(chain.store, chain.milk) == (STOCK - 2, 0)
    assert footprint(order.id) == {
        "orders": 1,
        "lines": 1,
        "events": 3,
        "payments": 1,
        "reservations": 1,
        "movements": 1,
        "outbox": 3,
    }


def test_weighed_goods_are_priced_by_the_gram_half_up(chain):
    # 525 g at 19.90 a kilogram: 10.4475 yuan.
    order = place(till_command(chain.store, (chain.apples, 525), cash_fen=1045))
    (line,) = order.lines
    assert (line.unit_price_fen, line.quantity, line.quantity_scale, line.net_fen) == (APPLES_FEN, 525, 1000, 1045)
    assert line.cost_fen == 473  # 9.00 a kilogram: 4.725


def test_line_economics_carry_the_four_stores_and_the_owner(chain):
    order = place(
        command(
            chain.store,
            lines=(WantedLine(sku_id=chain.milk.id, quantity=1, credited_staff_id=chain.associate.id),),
        )
    )
    (line,) = order.lines
    assert (line.selling_store_id, line.location_id, line.credited_store_id) == (chain.store.unit.id,) * 3
    assert (line.owner_id, line.credited_staff_id) == (chain.store.owner_id, chain.associate.id)


def test_inv02_more_than_there_is_is_refused_whole_and_leaves_nothing(chain):
    placed = command(chain.store, (chain.milk, 1), (chain.bread, STOCK + 1))
    with pytest.raises(StockShort) as refusal:
        place(placed)
    assert refusal.value.field == "lines.1.quantity"
    assert refusal.value.params["wanted"] == STOCK + 1
    assert refusal.value.params["available"] == STOCK
    assert footprint(placed.id) == NOTHING
    assert stock_of(chain.store, chain.milk) == (STOCK, 0)


def test_inv02_two_lines_of_one_sku_are_one_demand(chain):
    with pytest.raises(StockShort):
        place(command(chain.store, (chain.milk, STOCK - 1), (chain.milk, 2)))
    assert stock_of(chain.store, chain.milk) == (STOCK, 0)


def test_inv03_the_last_piece_is_sold(chain):
    assert place(command(chain.store, (chain.milk, STOCK))).state is State.PLACED
    assert available(chain.store, chain.milk) == 0


def test_the_same_command_again_is_the_same_order(chain):
    placed = command(chain.store, (chain.milk, 3))
    first, second = place(placed), place(placed)
    assert first == second
    assert footprint(placed.id)["orders"] == 1
    assert stock_of(chain.store, chain.milk) == (STOCK, 3)


def test_a_repeat_gives_the_order_even_when_it_could_not_be_placed_any_more(chain):
    placed = command(chain.store, (chain.milk, STOCK))
    first = place(placed)
    assert place(placed) == first


def test_the_same_id_for_another_order_is_refused_and_changes_nothing(chain):
    placed = command(chain.store, (chain.milk, 3))
    place(placed)
    with pytest.raises(KeyReused):
        place(replace(placed, lines=(WantedLine(sku_id=chain.milk.id, quantity=4),)))
    assert stock_of(chain.store, chain.milk) == (STOCK, 3)


def test_pos_a_tills_number_is_used_once(chain):
    till = TillFacts(terminal_id=uuid7(), shift_id=None, seq=7)
    place(till_command(chain.store, (chain.milk, 1), cash_fen=MILK_FEN, till=till))
    other = till_command(chain.store, (chain.milk, 2), cash_fen=2 * MILK_FEN, till=till)
    with pytest.raises(KeyReused) as refusal:
        place(other)
    assert refusal.value.field == "till.seq"
    assert footprint(other.id) == NOTHING


def test_a_changed_price_is_told_before_anything_is_taken(chain):
    placed = command(chain.store, (chain.milk, 1), expected_payable_fen=MILK_FEN - 1)
    with pytest.raises(PriceChanged) as refusal:
        place(placed)
    assert refusal.value.params == {"payable_fen": MILK_FEN, "expected_fen": MILK_FEN - 1}
    assert footprint(placed.id) == NOTHING


def test_tenders_that_do_not_cover_the_amount_are_refused(chain):
    placed = till_command(chain.store, (chain.milk, 1), cash_fen=MILK_FEN - 1)
    with pytest.raises(TenderInvalid):
        place(placed)
    assert footprint(placed.id) == NOTHING


def test_change_comes_out_of_what_was_handed_over(chain):
    tenders = (
        TenderGiven(tender="card", amount_fen=300),
        TenderGiven(tender="cash", amount_fen=350, tendered_fen=1000),
    )
    order = place(till_command(chain.store, (chain.milk, 1), cash_fen=0, tenders=tenders))
    rows = db.rows(
        "SELECT tender, amount_fen, tendered_fen FROM payments_payment WHERE order_id = %s ORDER BY tender", [order.id]
    )
    assert rows == [
        {"tender": "card", "amount_fen": 300, "tendered_fen": None},
        {"tender": "cash", "amount_fen": 350, "tendered_fen": 1000},
    ]


@pytest.mark.parametrize(
    ("lines", "problem", "field"),
    [
        ((), OrderEmpty, "lines"),
        ((WantedLine(sku_id=1, quantity=0),), QuantityInvalid, "lines.0.quantity"),
        ((WantedLine(sku_id=1, quantity=-1),), QuantityInvalid, "lines.0.quantity"),
        ((WantedLine(sku_id=1, quantity=10_000_001),), QuantityInvalid, "lines.0.quantity"),
        ((WantedLine(sku_id=1, quantity=1),) * 201, LinesTooMany, "lines"),
        ((WantedLine(sku_id=2**60, quantity=1),), NotForSale, "lines.0.sku_id"),
    ],
)
def test_impossible_commands_name_the_field(chain, lines, problem, field):
    placed = command(chain.store, lines=lines)
    with pytest.raises(problem) as refusal:
        place(placed)
    assert refusal.value.field == field
    assert footprint(placed.id) == NOTHING


@pytest.mark.parametrize(
    ("given", "problem", "field"),
    [
        ({"tenders": (TenderGiven(tender="wechat", amount_fen=MILK_FEN),)}, TenderInvalid, "tenders.0.tender"),
        ({"tenders": (TenderGiven(tender="cash", amount_fen=0),)}, TenderInvalid, "tenders.0.amount_fen"),
        ({"tenders": (TenderGiven(tender="cash", amount_fen=2**62),)}, TenderInvalid, "tenders.0.amount_fen"),
        (
            {"tenders": (TenderGiven(tender="cash", amount_fen=650, tendered_fen=600),)},
            TenderInvalid,
            "tenders.0.tendered_fen",
        ),
        (
            {"tenders": (TenderGiven(tender="card", amount_fen=650, reference="x" * 65),)},
            TenderInvalid,
            "tenders.0.reference",
        ),
        ({"note": "x" * 201}, NoteTooLong, "note"),
    ],
)
def test_what_no_till_can_take_is_refused_by_field(chain, given, problem, field):
    placed = till_command(chain.store, (chain.milk, 1), cash_fen=MILK_FEN, **given)
    with pytest.raises(problem) as refusal:
        place(placed)
    assert refusal.value.field == field
    assert footprint(placed.id) == NOTHING


@pytest.mark.parametrize(
    "price", [JournalPrice(-1, 0), JournalPrice(1, -1), JournalPrice(2**62, 1), JournalPrice(1, 2)]
)
def test_a_journal_price_that_cannot_have_been_is_refused(chain, price):
    line = WantedLine(sku_id=chain.milk.id, quantity=1, journal=price)
    placed = till_command(chain.store, cash_fen=1, lines=(line,))
    with pytest.raises(Problem):
        place(placed)
    assert footprint(placed.id) == NOTHING


def test_a_slips_number_may_come_again(chain):
    for _ in range(2):
        tenders = (TenderGiven(tender="card", amount_fen=MILK_FEN, reference="000123"),)
        order = place(till_command(chain.store, (chain.milk, 1), cash_fen=0, tenders=tenders))
        assert order.state is State.COMPLETED


def test_a_warehouse_does_not_sell(chain):
    with pytest.raises(UnitUnknown):
        place(command(chain.warehouse, (chain.milk, 1)))


def test_a_manual_discount_above_the_amount_is_refused(chain):
    line = WantedLine(sku_id=chain.milk.id, quantity=1, manual_discount_fen=MILK_FEN + 1)
    placed = till_command(chain.store, cash_fen=1, lines=(line,))
    with pytest.raises(Problem) as refusal:
        place(placed)
    assert refusal.value.code == "promotions.manual_discount_too_large"
    assert footprint(placed.id) == NOTHING


def test_an_order_of_nothing_to_pay_is_paid(chain):
    line = WantedLine(sku_id=chain.milk.id, quantity=1, manual_discount_fen=MILK_FEN)
    order = place(till_command(chain.store, cash_fen=0, lines=(line,), tenders=()))
    assert (order.state, order.payable_fen, order.discount_fen) == (State.COMPLETED, 0, MILK_FEN)


def test_what_was_sold_elsewhere_keeps_its_price(chain):
    line = WantedLine(sku_id=chain.milk.id, quantity=3, journal=JournalPrice(unit_price_fen=700, net_fen=1999))
    order = place(till_command(chain.store, cash_fen=1999, lines=(line,)))
    (sold,) = order.lines
    assert (sold.list_fen, sold.discount_fen, sold.net_fen) == (2100, 101, 1999)


def test_own05_head_office_does_not_sell_a_franchisees_stock_unless_it_is_shared(chain):
    line = WantedLine(sku_id=chain.milk.id, quantity=1, location_id=chain.franchise.unit.id)
    placed = command(chain.store, lines=(line,))
    with pytest.raises(StockShort) as refusal:
        place(placed)
    assert refusal.value.params["available"] == 0
    assert stock_of(chain.franchise, chain.milk) == (STOCK, 0)
    inventory.set_sharing(
        owner_id=chain.dealer.id,
        seller_owner_id=None,
        category_id=chain.category.id,
        channel="mall",
        is_shared=True,
        actor=SYSTEM,
        now=system_clock.now(),
    )
    order = place(placed)
    assert order.lines[0].owner_id == chain.dealer.id
    assert stock_of(chain.franchise, chain.milk) == (STOCK, 1)


def test_a_batch_gives_each_order_its_own_outcome(chain):
    commands = [
        command(chain.store, (chain.milk, 5)),
        command(chain.store, (chain.milk, STOCK)),
        command(chain.store, (chain.bread, 1)),
        command(chain.store, lines=()),
    ]
    outcomes = checkout.place_orders(commands=commands, actor=SYSTEM, now=system_clock.now())
    assert [getattr(outcome, "code", outcome) for outcome in outcomes] == [
        commands[0].id,
        "inventory.stock_short",
        commands[2].id,
        "checkout.order_empty",
    ]
    assert footprint(commands[1].id) == NOTHING


def test_ea02_an_express_parcel_comes_from_the_warehouse_when_the_store_lacks_something(chain):
    everything = place(command(chain.store, (chain.milk, STOCK)))
    assert everything.lines[0].location_id == chain.store.unit.id
    line = WantedLine(sku_id=chain.milk.id, quantity=2, journal=JournalPrice(unit_price_fen=650, net_fen=1300))
    parcel = place(command(chain.store, lines=(line,), delivery=Delivery.EXPRESS))
    assert parcel.lines[0].location_id == chain.warehouse.unit.id
    assert stock_of(chain.warehouse, chain.milk) == (STOCK, 2)


def test_a_quote_is_what_the_order_then_costs(chain):
    placed = command(chain.store, (chain.milk, 3), (chain.bread, STOCK + 5))
    quoted = checkout.quote(command=placed, actor=SYSTEM, now=system_clock.now())
    assert (quoted.goods_fen, quoted.payable_fen) == (3 * MILK_FEN + 25 * BREAD_FEN, 33950)
    assert [(line.available, line.problem) for line in quoted.lines] == [(20, None), (20, "inventory.stock_short")]
    assert quoted.problems == ("inventory.stock_short",)
    assert footprint(placed.id) == NOTHING
