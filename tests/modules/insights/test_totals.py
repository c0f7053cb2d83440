"""Totals of trade: what the books say, to the fen, whatever happens to an order and whenever it comes in."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales.contracts import ReturnCommand, ReturnedLine
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import TenderGiven
from quanyu.modules.insights import api as insights
from quanyu.modules.insights.contracts import Totals
from quanyu.modules.orders.contracts import Order
from quanyu.platform import db, outbox
from quanyu.platform.locks import Space
from tests.harness import breaches, figures
from tests.harness import checkout as buying
from tests.harness.chain import MILK_FEN, TEA_FEN, Chain, make_chain
from tests.harness.members import make_member

MILK_COST_FEN, TEA_COST_FEN = 400, 5000
HOURS = "insights_breach_hours_are_the_books"
DAYS = "insights_breach_days_are_their_hours"


@pytest.fixture
def chain() -> Chain:
    return make_chain(stock=200)


def take_back(order: Order, pieces: int, **given) -> None:
    command = ReturnCommand(id=uuid7(), order_id=order.id, lines=(ReturnedLine(1, pieces),), reason="unwanted", **given)
    aftersales.return_lines(command=command, actor=SYSTEM, now=system_clock.now())


def paid_tea(chain: Chain, **given) -> Order:
    placed = buying.place(buying.command(chain.store, (chain.tea, 1), **given))
    tender = TenderGiven(tender="card", amount_fen=placed.payable_fen)
    return checkout.add_tenders(order_id=placed.id, tenders=(tender,), till=None, actor=SYSTEM, now=system_clock.now())


def test_a_days_totals_are_the_paid_orders_and_the_returns_of_that_day(chain):
    day, member = figures.today(), make_member()
    buying.place(buying.command(chain.store, (chain.milk, 5)))  # unpaid
    paid_tea(chain, member_id=member.id)
    sold = figures.sell(chain, chain.store, 3, at=system_clock.now())
    take_back(sold, 1)
    figures.tell(chain.store)

    found = figures.board(chain.store, since=day)
    assert found.whole == Totals(
        orders=2,
        member_orders=1,
        sales_fen=TEA_FEN + 3 * MILK_FEN,
        member_sales_fen=TEA_FEN,
        net_fen=TEA_FEN + 3 * MILK_FEN,
        cost_fen=TEA_COST_FEN + 3 * MILK_COST_FEN,
        returns=1,
        refunded_fen=MILK_FEN,
    )
    assert found.whole == figures.of_the_books(chain.store, since=day, until=day + timedelta(days=1))
    assert found.by_channel["mall"].sales_fen == TEA_FEN
    assert (found.by_channel["pos"].sales_fen, found.by_channel["pos"].refunded_fen) == (3 * MILK_FEN, MILK_FEN)
    assert found.by_store == {chain.store.unit.id: found.whole}


def test_a_paid_order_that_is_cancelled_was_no_sale(chain):
    day = figures.today()
    order = paid_tea(chain)
    figures.tell(chain.store)
    assert figures.board(chain.store, since=day).whole.sales_fen == TEA_FEN

    checkout.cancel_order(order_id=order.id, reason="unwanted", actor=SYSTEM, now=system_clock.now())
    assert figures.tell(chain.store) == 1
    assert figures.board(chain.store, since=day).whole == Totals()


def test_a_sale_of_yesterday_that_comes_in_today_is_yesterdays(chain):
    day, yesterday = figures.today(), figures.today() - timedelta(days=1)
    figures.sell(chain, chain.store, 1, at=figures.moment(yesterday, 9))
    figures.tell(chain.store)
    assert figures.board(chain.store, since=yesterday).whole.sales_fen == MILK_FEN

    late = figures.sell(chain, chain.store, 2, at=figures.moment(yesterday, 20))
    take_back(late, 1)
    figures.tell(chain.store)
    both = figures.board(chain.store, since=yesterday, until=day + timedelta(days=1))
    assert {day_: (one.sales_fen, one.refunded_fen) for day_, one in both.by_day.items()} == {
        yesterday: (3 * MILK_FEN, 0),
        day: (0, MILK_FEN),
    }
    assert both.by_hour[yesterday.isoweekday(), 20].sales_fen == 2 * MILK_FEN


def test_the_day_is_cut_at_midnight_in_shanghai(chain):
    last = figures.today() - timedelta(days=2)
    figures.sell(chain, chain.store, 1, at=figures.moment(last, 23, 59) + timedelta(seconds=59))
    figures.sell(chain, chain.store, 2, at=figures.moment(last + timedelta(days=1), 0))
    figures.tell(chain.store)

    found = figures.board(chain.store, since=last, until=last + timedelta(days=2))
    assert {day: one.orders for day, one in found.by_day.items()} == {last: 1, last + timedelta(days=1): 1}
    assert found.by_hour[last.isoweekday(), 23].sales_fen == MILK_FEN


def test_until_a_moment_counts_to_the_minute(chain):
    day = figures.today() - timedelta(days=3)
    for pieces, (hour, minute) in {1: (8, 59), 2: (10, 5), 4: (10, 30), 8: (11, 0)}.items():
        figures.sell(chain, chain.store, pieces, at=figures.moment(day, hour, minute))
    figures.sell(chain, chain.store, 16, at=figures.moment(day - timedelta(days=1), 22))
    figures.tell(chain.store)
    figures.board(chain.store, since=day - timedelta(days=1), until=day + timedelta(days=1))

    units = frozenset({chain.store.unit.id})
    to_the_minute = insights.until(unit_ids=units, since=day, moment=figures.moment(day, 10, 30))
    assert to_the_minute.sales_fen == 3 * MILK_FEN
    whole = insights.until(unit_ids=units, since=day - timedelta(days=1), moment=figures.moment(day, 10, 31))
    assert (whole.orders, whole.sales_fen, whole.cost_fen) == (4, 23 * MILK_FEN, 23 * MILK_COST_FEN)


def test_a_store_reads_its_own_totals_only(chain):
    day = figures.today()
    for store, pieces in ((chain.store, 1), (chain.other_store, 2)):
        figures.sell(chain, store, pieces, at=system_clock.now())
        figures.tell(store)

    assert figures.board(chain.store, since=day).whole.sales_fen == MILK_FEN
    assert figures.board(chain.store, chain.other_store, since=day).whole.sales_fen == 3 * MILK_FEN
    assert insights.board(unit_ids=frozenset(), since=day, until=day + timedelta(days=1)).whole == Totals()


def test_the_relay_brings_events_to_it_and_twice_is_once(chain):
    day = figures.today()
    order = figures.sell(chain, chain.store, 1, at=system_clock.now())
    outbox.drain()

    assert figures.board(chain.store, since=day).whole.sales_fen == MILK_FEN
    insights.mark_order(order_id=order.id, now=system_clock.now())
    insights.mark_order(order_id=order.id, now=system_clock.now())
    assert figures.board(chain.store, since=day).whole.sales_fen == MILK_FEN
    marks = db.value("SELECT count(*) FROM insights_mark WHERE store_id = %s", [chain.store.unit.id])
    assert marks == 0


def test_the_clock_adds_up_what_nobody_looks_at(chain):
    figures.sell(chain, chain.store, 1, at=system_clock.now())
    figures.tell(chain.store)

    assert insights.add_up_due(now=system_clock.now()) > 0
    day = figures.today()
    found = insights.board(unit_ids=frozenset({chain.store.unit.id}), since=day, until=day + timedelta(days=1))
    assert found.whole.sales_fen == MILK_FEN


def test_figures_that_were_lost_are_made_again_from_the_books(chain):
    day, yesterday = figures.today(), figures.today() - timedelta(days=1)
    figures.sell(chain, chain.store, 1, at=figures.moment(yesterday, 9))
    figures.sell(chain, chain.store, 2, at=system_clock.now())
    figures.tell(chain.store)
    figures.board(chain.store, since=yesterday, until=day + timedelta(days=1))
    for table in ("insights_hour", "insights_day"):
        db.execute(f"DELETE FROM {table} WHERE store_id = %s", [chain.store.unit.id])

    assert insights.make_again(since=yesterday, now=system_clock.now()) >= 2
    insights.add_up_due(now=system_clock.now())
    found = figures.board(chain.store, since=yesterday, until=day + timedelta(days=1))
    assert found.whole == figures.of_the_books(chain.store, since=yesterday, until=day + timedelta(days=1))
    assert found.whole.sales_fen == 3 * MILK_FEN


def test_a_reader_does_not_wait_for_who_is_at_it(chain):
    day = figures.today()
    figures.sell(chain, chain.store, 1, at=system_clock.now())
    figures.tell(chain.store)
    units = frozenset({chain.store.unit.id})
    with figures.somebody_did("SELECT pg_advisory_xact_lock(%s, 0)", [int(Space.INSIGHTS)]):
        is_whole = insights.catch_up(unit_ids=units, since=day, until=day + timedelta(days=1), now=system_clock.now())
    assert is_whole is False
    assert figures.board(chain.store, since=day).whole.sales_fen == MILK_FEN


@pytest.mark.parametrize(("table", "view"), [("insights_hour", HOURS), ("insights_hour", DAYS), ("insights_day", DAYS)])
def test_a_figure_that_is_not_what_the_books_say_is_found(chain, table, view):
    day = figures.today()
    figures.sell(chain, chain.store, 1, at=system_clock.now())
    figures.tell(chain.store)
    figures.board(chain.store, since=day)

    changed = f"UPDATE {table} SET sales_fen = sales_fen + 1 WHERE store_id = %s"
    found = breaches.found_by(view, (changed, [chain.store.unit.id]))
    assert {row["store_id"] for row in found} == {chain.store.unit.id}
    assert sorted(row["sales_fen"] for row in found) == [MILK_FEN, MILK_FEN + 1]


def test_a_missing_hour_and_a_lost_mark_are_found(chain):
    day = figures.today()
    figures.sell(chain, chain.store, 1, at=system_clock.now())
    figures.tell(chain.store)
    figures.board(chain.store, since=day)
    store = chain.store.unit.id

    gone = breaches.found_by(HOURS, ("DELETE FROM insights_hour WHERE store_id = %s", [store]))
    assert [(row["found_in"], row["sales_fen"]) for row in gone] == [("books", MILK_FEN)]

    figures.sell(chain, chain.store, 2, at=system_clock.now())
    assert breaches.found_by(HOURS) == []  # its event is on its way
    figures.tell(chain.store)
    assert breaches.found_by(HOURS) == []  # it is marked
    lost = breaches.found_by(HOURS, ("DELETE FROM insights_mark WHERE store_id = %s", [store]))
    assert {row["store_id"] for row in lost} == {store}
    assert sum(row["sales_fen"] for row in lost if row["found_in"] == "books") >= 2 * MILK_FEN


def test_the_last_days_are_from_a_day_to_before_a_day():
    noon = figures.moment(date(2026, 3, 2), 12)
    assert insights.days_back(now=noon, days=1) == (date(2026, 3, 2), date(2026, 3, 3))
    assert insights.days_back(now=noon, days=30) == (date(2026, 2, 1), date(2026, 3, 3))
