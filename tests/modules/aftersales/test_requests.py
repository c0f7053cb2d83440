"""What members ask for after the sale: never more than they have, money only by the one return, exactly once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Forbidden
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales.contracts import (
    AskCommand,
    AskedLine,
    NotHandedOver,
    RequestKeyReused,
    RequestKind,
    RequestMoved,
    RequestState,
    RequestTooLate,
    RequestTooMuch,
    RequestUnknown,
    ReturnCommand,
    ReturnedLine,
    ReturnInvalid,
)
from quanyu.modules.inventory.contracts import StockShort
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order, OrderUnknown
from quanyu.platform import db
from tests.harness.breaches import found_by
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.checkout import command, place, stock_of, till_command
from tests.harness.members import make_member


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=500)


@pytest.fixture(scope="module")
def member():
    return make_member()


def sold(chain: Chain, member, quantity: int = 3) -> Order:
    return place(till_command(chain.store, (chain.milk, quantity), cash_fen=quantity * MILK_FEN, member_id=member.id))


def wish(order: Order, quantity: int = 1, kind: RequestKind = RequestKind.RETURN, **given) -> AskCommand:
    fields = {
        "id": uuid7(),
        "order_id": order.id,
        "kind": kind,
        "lines": (AskedLine(1, quantity),),
        "reason": "quality",
    } | given
    return AskCommand(**fields)


def ask(wanted: AskCommand, member, *, now=None):
    actor = Actor(kind=ActorKind.MEMBER, id=str(member.id))
    return aftersales.ask(command=wanted, member_id=member.id, actor=actor, now=now or system_clock.now())


def staff(**of):
    return {"actor": SYSTEM, "now": system_clock.now()} | of


def books(order: Order, chain: Chain) -> tuple[object, ...]:
    line = orders.order(id=order.id).lines[0]
    return line.returned_quantity, line.refunded_fen, stock_of(chain.store, chain.milk)[0]


def steps(request) -> list[str]:
    return [step.what for step in request.history]


def test_aft_01_a_return_is_asked_approved_received_and_paid_back_once(chain, member):
    order = sold(chain, member)
    asked = ask(wish(order, 2, text="盖子坏了"), member)
    assert (asked.state, asked.amount_fen, asked.store.id) == ("asked", 2 * MILK_FEN, chain.store.unit.id)
    assert (len(asked.code), asked.code.isdigit(), asked.number[:2]) == (8, True, "SH")
    before = books(order, chain)
    approved = aftersales.approve(request_id=asked.id, answer="请带到店里", **staff())
    assert (approved.state, approved.answer, books(order, chain)) == ("approved", "请带到店里", before)
    place_ = {"restocks": {1: "sellable"}, "location_id": chain.store.unit.id}
    done = aftersales.receive(request_id=asked.id, **place_, **staff())
    assert (done.state, steps(done)) == ("done", ["asked", "approved", "received", "done"])
    assert books(order, chain) == (2, 2 * MILK_FEN, before[2] + 2)
    assert [one.id for one in aftersales.returns_of(order_id=order.id)] == [asked.return_id]
    with pytest.raises(RequestMoved):
        aftersales.receive(request_id=asked.id, **place_, **staff())
    aftersales.pay_back(request_id=asked.id, **staff())
    assert books(order, chain) == (2, 2 * MILK_FEN, before[2] + 2)


def test_aft_03_money_without_goods_leaves_the_stock_alone(chain, member):
    order = sold(chain, member)
    before = books(order, chain)
    asked = ask(wish(order, 1, RequestKind.REFUND_ONLY), member)
    done = aftersales.approve(request_id=asked.id, **staff())
    assert (done.state, done.amount_fen, books(order, chain)) == ("done", MILK_FEN, (1, MILK_FEN, before[2]))


def test_aft_02_an_exchange_swaps_the_same_goods_and_moves_no_money(chain, member):
    order = sold(chain, member)
    before = books(order, chain)
    asked = ask(wish(order, 1, RequestKind.EXCHANGE), member)
    assert asked.amount_fen == 0
    aftersales.approve(request_id=asked.id, **staff())
    place_ = {"restocks": {1: "damaged"}, "location_id": chain.store.unit.id}
    done = aftersales.swap(request_id=asked.id, **place_, **staff())
    assert (done.state, done.lines[0].restock) == ("done", "damaged")
    # One came in and was set aside, another one left.
    assert books(order, chain) == (0, 0, before[2] - 1)


def test_aft_02_an_exchange_that_the_place_cannot_serve_moves_nothing(member):
    chain = make_chain(stock=1)
    order = sold(chain, member, 1)
    asked = ask(wish(order, 1, RequestKind.EXCHANGE), member)
    aftersales.approve(request_id=asked.id, **staff())
    place_ = {"restocks": {1: "damaged"}, "location_id": chain.store.unit.id}
    with pytest.raises(StockShort):
        aftersales.swap(request_id=asked.id, **place_, **staff())
    assert (aftersales.request(request_id=asked.id).state, books(order, chain)) == ("approved", (0, 0, 0))
    # The money instead: the till sells what the customer takes for it.
    done = aftersales.receive(request_id=asked.id, **place_, **staff())
    assert (done.state, done.amount_fen) == ("done", MILK_FEN)


def test_aft_01_never_more_than_was_sold_less_returned_less_asked(chain, member):
    order = sold(chain, member, 3)
    first = ask(wish(order, 2), member)
    with pytest.raises(RequestTooMuch) as refused:
        ask(wish(order, 2), member)
    assert refused.value.params == {"number": 1, "left": 1}
    assert [one.id for one in aftersales.requests_of_orders(order_ids=[order.id])[order.id]] == [first.id]
    aftersales.withdraw(request_id=first.id, member_id=member.id, **staff())
    assert ask(wish(order, 3), member).state == "asked"


def test_aft_01_a_return_at_another_door_ends_requests_for_goods_that_are_gone(chain, member):
    order = sold(chain, member, 3)
    kept, gone = ask(wish(order, 1), member), ask(wish(order, 2), member)
    command_ = ReturnCommand(id=uuid7(), order_id=order.id, lines=(ReturnedLine(1, 1),), reason="unwanted")
    aftersales.return_lines(command=command_, **staff())
    assert aftersales.request(request_id=kept.id).state == "asked"
    lapsed = aftersales.request(request_id=gone.id)
    assert (lapsed.state, lapsed.history[-1].text) == ("withdrawn", "returned_elsewhere")


def test_aft_01_the_same_request_again_is_one_and_another_under_its_id_is_refused(chain, member):
    order = sold(chain, member)
    wanted = wish(order)
    assert ask(wanted, member) == ask(wanted, member)
    with pytest.raises(RequestKeyReused):
        ask(replace(wanted, reason="other"), member)


def test_aft_01_only_in_the_days_for_returns_and_only_after_handing_over(chain, member):
    order = sold(chain, member)
    later = system_clock.now() + timedelta(days=7, seconds=1)
    with pytest.raises(RequestTooLate) as late:
        ask(wish(order), member, now=later)
    assert late.value.params == {"days": 7}
    assert aftersales.returns_open(orders=[order], now=later) == frozenset()
    assert aftersales.returns_open(orders=[order], now=system_clock.now()) == {order.id}
    waiting = place(command(chain.store, (chain.milk, 1), member_id=member.id))
    with pytest.raises(NotHandedOver):
        ask(wish(waiting), member)


def test_aft_01_others_orders_and_requests_do_not_exist(chain, member):
    order, other = sold(chain, member), make_member()
    with pytest.raises(OrderUnknown):
        ask(wish(order), other)
    asked = ask(wish(order), member)
    with pytest.raises(RequestUnknown):
        aftersales.request_of_member(request_id=asked.id, member_id=other.id)
    with pytest.raises(RequestUnknown):
        aftersales.withdraw(request_id=asked.id, member_id=other.id, **staff())
    assert aftersales.requests_of_member(member_id=other.id) == []


def test_aft_01_nobody_decides_without_the_permission(chain, member):
    asked = ask(wish(sold(chain, member)), member)
    nobody = Actor(kind=ActorKind.STAFF, id="1")
    for deed in (
        lambda: aftersales.approve(request_id=asked.id, actor=nobody, now=system_clock.now()),
        lambda: aftersales.refuse(request_id=asked.id, answer="no", actor=nobody, now=system_clock.now()),
    ):
        with pytest.raises((Forbidden, RequestUnknown)):
            deed()
    assert aftersales.request(request_id=asked.id).state == "asked"


def test_aft_01_a_refusal_says_why_and_ends_it(chain, member):
    asked = ask(wish(sold(chain, member)), member)
    with pytest.raises(ReturnInvalid):
        aftersales.refuse(request_id=asked.id, answer="", **staff())
    refused = aftersales.refuse(request_id=asked.id, answer="已使用，无法退货", **staff())
    assert (refused.state, refused.answer) == (RequestState.REFUSED, "已使用，无法退货")
    with pytest.raises(RequestMoved):
        aftersales.approve(request_id=asked.id, **staff())


def test_aft_01_a_move_that_is_not_in_the_table_is_refused_by_the_database(chain, member):
    asked = ask(wish(sold(chain, member)), member)
    move = "SELECT aftersales_move_request(%s, ARRAY['asked'], 'done', 'system:test', '', now())"
    with pytest.raises(IntegrityError, match="aftersales_request_event_allowed_move"), transaction.atomic():
        db.execute(move, [asked.id])
    with pytest.raises(IntegrityError), transaction.atomic():
        db.execute("DELETE FROM aftersales_request_event WHERE request_id = %s", [asked.id])
    assert aftersales.request(request_id=asked.id).state == "asked"


def test_the_nightly_check_finds_a_request_that_left_its_history(chain, member):
    asked = ask(wish(sold(chain, member)), member)
    lie = ("UPDATE aftersales_request SET state = 'done' WHERE id = %s", [asked.id])
    assert asked.id in [row["id"] for row in found_by("aftersales_breach_requests_have_history", lie)]
    assert asked.id in [row["id"] for row in found_by("aftersales_breach_requests_are_refunded", lie)]


def test_the_nightly_check_finds_more_asked_than_sold(chain, member):
    order = sold(chain, member, 1)
    asked = ask(wish(order), member)
    lie = ("UPDATE orders_line SET returned_quantity = 1 WHERE order_id = %s", [order.id])
    found = found_by("aftersales_breach_requests_within_sold", lie)
    assert [row["asked_quantity"] for row in found] == [1]
    assert asked.state == "asked"
