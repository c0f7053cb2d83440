"""Many hands at one coupon, one points account, one offer: the rows decide, and nothing is left half taken."""

from __future__ import annotations

import random
import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction

from quanyu.entrypoints import reconcile
from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Problem
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales.contracts import ReturnCommand, ReturnedLine
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import CouponRefused, PlaceOrder, PointsRefused, SoldOutBeforePayment, WantedLine
from quanyu.modules.inventory.contracts import StockShort
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order, State
from quanyu.modules.payments import api as payments
from quanyu.modules.payments.contracts import PaymentState, Tender
from quanyu.modules.payments.ops import book_outcome
from quanyu.modules.payments.queries import payments as payment_query
from quanyu.modules.points import api as points
from quanyu.platform import db
from tests.harness.chain import TEA_FEN, Chain, make_chain
from tests.harness.checkout import (
    AVAILABLE,
    NOTHING,
    command,
    coupon_for,
    coupon_state,
    footprint,
    give_points,
    number_of,
    paid_order,
    place,
    points_of,
    start_payment,
    stock_of,
    till_command,
)
from tests.harness.gateway import MemoryGateway, memory_gateway
from tests.harness.members import make_member
from tests.harness.parallel import deadlocks_seen, parallel, until_waiting

pytestmark = pytest.mark.race

BUYERS = 64


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=5000)


@pytest.fixture
def gateway():
    with memory_gateway() as provider:
        yield provider


def breaches() -> list[str]:
    return [check.name for check in reconcile.run() if check.breaches]


def kinds(results: list[object]) -> Counter[str]:
    return Counter(one.code if isinstance(one, Problem) else type(one).__name__ for one in results)


def refused(commands: list[PlaceOrder], results: list[object]) -> list[object]:
    return [one.id for one, result in zip(commands, results, strict=True) if isinstance(result, Problem)]


# --- one right, many orders ---------------------------------------------------------------------------------------


def test_control_who_looks_first_and_decides_then_uses_a_coupon_64_times(chain):
    coupon = coupon_for(make_member())
    all_have_looked = threading.Barrier(BUYERS)

    def use_unguarded(_index: int) -> bool:
        state = coupon_state(coupon)[0]
        all_have_looked.wait(timeout=60)
        return state == "available"

    assert parallel(BUYERS, use_unguarded).count(True) == BUYERS


def test_i4_of_64_orders_with_one_coupon_one_is_placed_with_it(chain):
    member = make_member()
    coupon = coupon_for(member)
    before = stock_of(chain.store, chain.tea)
    commands = [
        command(chain.store, (chain.tea, 1), member_id=member.id, coupon_ids=(coupon.id,)) for _ in range(BUYERS)
    ]
    results = parallel(BUYERS, lambda index: place(commands[index]))
    assert kinds(results) == {"Order": 1, CouponRefused.code: BUYERS - 1}
    (winner,) = [one for one in results if isinstance(one, Order)]
    assert coupon_state(coupon) == ("reserved", winner.id, 1000)
    assert footprint(*refused(commands, results)) == NOTHING
    assert stock_of(chain.store, chain.tea) == (before[0], before[1] + 1)
    assert breaches() == []


def test_i5_points_under_parallel_orders_are_never_negative(chain):
    member = make_member()
    give_points(member, 10_500)
    commands = [command(chain.store, (chain.tea, 1), member_id=member.id, points=1000) for _ in range(BUYERS)]
    results = parallel(BUYERS, lambda index: place(commands[index]))
    assert kinds(results) == {"Order": 10, PointsRefused.code: BUYERS - 10}
    assert points_of(member) == 500
    assert footprint(*refused(commands, results)) == NOTHING
    assert breaches() == []


def test_the_total_limit_of_an_offer_is_exact_under_64_buyers(chain):
    now = system_clock.now()
    offer = points.create_offer(
        sku_id=chain.milk.id, points=100, total_limit=10, unit_ids=[chain.region.id], actor=SYSTEM, now=now
    )
    line = WantedLine(sku_id=chain.milk.id, quantity=1, points_offer_id=offer.id)
    members = [make_member() for _ in range(BUYERS)]
    for member in members:
        give_points(member, 100)
    commands = [command(chain.store, lines=(line,), member_id=member.id) for member in members]
    results = parallel(BUYERS, lambda index: place(commands[index]))
    assert kinds(results) == {"Order": 10, PointsRefused.code: BUYERS - 10}
    assert sum(points_of(member) for member in members) == (BUYERS - 10) * 100
    assert footprint(*refused(commands, results)) == NOTHING
    assert breaches() == []


def test_one_command_with_rights_16_times_is_one_order(chain):
    member = make_member()
    give_points(member, 1000)
    coupon = coupon_for(member)
    wanted = command(chain.store, (chain.tea, 1), member_id=member.id, coupon_ids=(coupon.id,), points=1000)
    results = parallel(16, lambda _index: place(wanted))
    assert kinds(results) == {"Order": 16}
    assert len({one.number for one in results}) == 1
    assert (points_of(member), coupon_state(coupon)) == (0, ("reserved", wanted.id, 1000))


def test_batches_with_members_in_opposite_order_never_deadlock(chain):
    pair = [make_member(), make_member()]
    coupons = [[coupon_for(member) for _ in range(16)] for member in pair]
    for member in pair:
        give_points(member, 100_000)

    def submit(index: int) -> int:
        # Each way round at a store of its own: what is common to all batches is the members' points alone.
        store, turns = ((chain.store, (0, 1)), (chain.other_store, (1, 0)))[index % 2]
        batch = [
            command(store, (chain.tea, 1), member_id=pair[turn].id, coupon_ids=(coupons[turn][index].id,), points=100)
            for turn in turns
        ]
        outcomes = checkout.place_orders(commands=batch, actor=SYSTEM, now=system_clock.now())
        return sum(not isinstance(outcome, Problem) for outcome in outcomes)

    with deadlocks_seen():
        assert parallel(16, submit) == [2] * 16
    assert [points_of(member) for member in pair] == [100_000 - 1600] * 2


def test_an_order_that_finds_its_goods_gone_locks_its_rights_before_the_stock(chain):
    """In the common order, or it would meet a buyer of the same member who holds the points and wants the stock."""
    member = make_member()
    give_points(member, 1000)
    lone = make_chain(stock=1)
    now = system_clock.now()
    order = place(command(lone.store, (lone.tea, 1), member_id=member.id, points=1000), now=now)
    db.execute("UPDATE inventory_reservation SET expires_at = %s WHERE cause_id = %s", [now, str(order.id)])
    place(till_command(lone.store, (lone.tea, 1), cash_fen=TEA_FEN), now=now + timedelta(seconds=1))
    holds = threading.Event()

    def deed(index: int) -> object:
        if index:
            holds.wait(timeout=30)
            return checkout.start_payment(
                order_id=order.id, tender=Tender.WECHAT, way="jsapi", actor=SYSTEM, now=now + timedelta(seconds=2)
            )

        def buy() -> None:
            db.value("SELECT points_lock(ARRAY[%s]::uuid[])", [member.id])
            holds.set()
            until_waiting()
            db.value(
                "SELECT inventory_lock(ARRAY[%s]::bigint[], ARRAY[%s]::bigint[])", [lone.store.unit.id, lone.tea.id]
            )

        return db.in_transaction(buy)

    with deadlocks_seen():
        bought, paying = parallel(2, deed)
    assert bought is None
    assert isinstance(paying, SoldOutBeforePayment)
    assert points_of(member) == 1000


# --- nothing stays half taken -------------------------------------------------------------------------------------


def test_a_refused_order_leaves_no_right_taken(chain):
    member = make_member()
    give_points(member, 1000)
    coupon = coupon_for(member)
    rights = {"member_id": member.id, "coupon_ids": (coupon.id,), "points": 1000}
    short = command(chain.store, (chain.tea, 100_000), **rights)
    with pytest.raises(StockShort):
        place(short)
    poor = command(chain.store, (chain.tea, 1), **(rights | {"points": 1001}))
    with pytest.raises(PointsRefused):
        place(poor)
    assert footprint(short.id, poor.id) == NOTHING
    assert (points_of(member), coupon_state(coupon)) == (1000, AVAILABLE)


def test_a_connection_that_dies_before_the_commit_leaves_nothing(chain, monkeypatch):
    member = make_member()
    give_points(member, 1000)
    coupon = coupon_for(member)
    wanted = command(chain.store, (chain.tea, 1), member_id=member.id, coupon_ids=(coupon.id,), points=1000)

    def deed(_index: int) -> object:
        real = db.call_json

        def placed_then_dead(function: str, argument: object) -> object:
            answer = real(function, argument)
            if function == "checkout_place_orders":
                assert answer["0"]["outcome"] == "placed"
                db.value("SELECT pg_terminate_backend(pg_backend_pid())")
            return answer

        monkeypatch.setattr(db, "call_json", placed_then_dead)
        try:
            return place(wanted)
        finally:
            monkeypatch.undo()

    (failure,) = parallel(1, deed)
    assert isinstance(failure, Exception)
    assert footprint(wanted.id) == NOTHING
    assert (points_of(member), coupon_state(coupon)) == (1000, AVAILABLE)
    assert place(wanted).state is State.PLACED


# --- one order, everybody at once ---------------------------------------------------------------------------------


def test_pay_cancel_and_expire_at_once_end_in_one_outcome_for_money_coupon_and_points(chain, gateway: MemoryGateway):
    chance = random.Random(20261123)
    ends = Counter()
    for attempt in range(10):
        member = make_member()
        give_points(member, 1000)
        coupon = coupon_for(member)
        before = system_clock.now()
        order = place(
            command(chain.store, (chain.tea, 1), member_id=member.id, coupon_ids=(coupon.id,), points=1000), now=before
        )
        started = start_payment(order, now=before)
        number, now = number_of(started), before + timedelta(minutes=16)
        deeds = [
            lambda number=number, now=now: (gateway.paid.add(number), told(number, now)),
            lambda number=number, now=now: told(number, now),
            lambda now=now: checkout.expire_due(now=now),
            lambda order=order, now=now: checkout.cancel_order(
                order_id=order.id, reason="changed_mind", actor=SYSTEM, now=now
            ),
        ]
        chance.shuffle(deeds)
        results = parallel(len(deeds), lambda index, deeds=deeds: deeds[index]())
        assert [one for one in results if isinstance(one, Exception) and not isinstance(one, Problem)] == [], attempt
        for minutes in (1, 13, 25):
            moment = now + timedelta(minutes=minutes)
            checkout.expire_due(now=moment)
            payments.ask_about_due(now=moment, limit=1000)
            payments.send_due_refunds(now=moment, limit=1000)
        end = orders.order(id=order.id)
        ends[end.state.value] += 1
        money = payments.of_orders(order_ids=[order.id])[order.id]
        kept = sum(one.amount_fen for one in money if one.state is PaymentState.PAID) - sum(
            one.refunded_fen for one in money
        )
        if end.state is State.PAID:
            assert (kept, points_of(member), coupon_state(coupon)[0]) == (TEA_FEN - 2000, 0, "redeemed")
        else:
            assert end.state is State.CANCELLED
            assert (kept, points_of(member), coupon_state(coupon)) == (0, 1000, AVAILABLE)
        assert breaches() == [], attempt
    assert sum(ends.values()) == 10


def told(number: str, now) -> None:
    """What a genuine notification does after its signature was believed."""

    def book() -> bool:
        payment = payment_query.by_number(tender="wechat", out_trade_no=number, lock=True)
        assert payment is not None
        return book_outcome.succeed(payment, transaction_id=f"T{number}", paid_at=None, now=now)

    db.in_transaction(book)


def test_returns_of_one_order_at_once_restore_each_point_once(chain):
    for _ in range(4):
        member = make_member()
        give_points(member, 1000)
        coupon = coupon_for(member)
        order = place(
            till_command(
                chain.store,
                (chain.tea, 3),
                cash_fen=3 * TEA_FEN - 2000,
                member_id=member.id,
                coupon_ids=(coupon.id,),
                points=1000,
            )
        )
        commands = [
            ReturnCommand(id=uuid7(), order_id=order.id, lines=(ReturnedLine(1, 1),), reason="unwanted")
            for _ in range(4)
        ]
        results = parallel(
            16,
            lambda index, commands=commands: aftersales.return_lines(
                command=commands[index % 4], actor=SYSTEM, now=system_clock.now()
            ),
        )
        assert all(isinstance(one, Problem) for one in results if isinstance(one, Exception)), results
        done = aftersales.returns_of(order_id=order.id)
        assert len(done) == 3
        assert sum(one.amount_fen for one in done) == order.paid_fen
        assert sum(one.points_restored for one in done) == 1000
        assert sorted(one.coupons_returned for one in done) == [0, 0, 1]
        assert (points_of(member), coupon_state(coupon)) == (1000, AVAILABLE)
    assert breaches() == []


# --- the guards, taken away ---------------------------------------------------------------------------------------

NO_OP = "CREATE OR REPLACE FUNCTION {} LANGUAGE plpgsql AS $$ BEGIN RETURN {}; END $$"
GUARDS = {
    "release": ("checkout_release_rights(p_order uuid, p_order_facts jsonb, p_at timestamptz) RETURNS void", ""),
    "return": ("checkout_return_rights(p_order uuid, p_order_facts jsonb, p_at timestamptz) RETURNS void", ""),
    "use": ("checkout_use_rights(p_order uuid, p_coupons jsonb, p_at timestamptz) RETURNS void", ""),
    "take": (
        "checkout_take_rights(p_order uuid, p_member uuid, p_rights jsonb, p_at timestamptz) RETURNS jsonb",
        "NULL",
    ),
}


@pytest.mark.parametrize("guard", GUARDS)
def test_without_its_step_an_order_and_its_rights_fall_apart_and_reconciliation_says_so(chain, gateway, guard):
    member = make_member()
    give_points(member, 1000)
    given = {"member_id": member.id, "coupon_ids": (coupon_for(member).id,), "points": 1000}
    paid = paid_order(chain.store, chain.tea, gateway, 1, **given) if guard == "return" else None
    given["coupon_ids"] = (coupon_for(member).id,)
    give_points(member, 1000)
    with transaction.atomic(), db.joined():
        db.execute(NO_OP.format(*GUARDS[guard]))
        if guard == "use":
            place(till_command(chain.store, (chain.tea, 1), cash_fen=TEA_FEN - 2000, **given))
        elif paid is None:
            order = place(command(chain.store, (chain.tea, 1), **given))
        if guard in ("release", "return"):
            ended = order if paid is None else paid
            checkout.cancel_order(order_id=ended.id, reason="unwanted", actor=SYSTEM, now=system_clock.now())
        assert db.rows("SELECT 1 FROM checkout_breach_i4_orders_hold_their_coupons") != []
        connection.set_rollback(True)
    assert breaches() == []
