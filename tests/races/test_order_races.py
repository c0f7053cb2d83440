"""Many hands at one order book: buyers, cancellers, payers and clocks at once, always one consistent outcome."""

from __future__ import annotations

import random
import threading
from collections import Counter
from datetime import timedelta

import pytest

from quanyu.entrypoints import reconcile
from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Problem
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales.contracts import ReturnCommand, ReturnedLine, ReturnResult
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import KeyReused, TillFacts
from quanyu.modules.inventory.contracts import StockShort
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order, OrderUnknown, State
from quanyu.modules.payments import api as payments
from quanyu.modules.payments.contracts import PaymentState, Tender
from quanyu.modules.payments.ops import book_outcome
from quanyu.modules.payments.queries import payments as payment_query
from quanyu.platform import db
from tests.harness.chain import MILK_FEN, Chain, make_chain, put
from tests.harness.checkout import NOTHING, command, footprint, place, stock_of, till_command
from tests.harness.gateway import MemoryGateway, memory_gateway
from tests.harness.parallel import deadlocks_seen, parallel, until_waiting

pytestmark = pytest.mark.race

BUYERS = 64


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=0)


@pytest.fixture
def gateway():
    with memory_gateway() as provider:
        yield provider


def emptied(chain: Chain, units: int):
    """The shelf of milk with exactly so many units free."""
    on_hand, reserved = stock_of(chain.store, chain.milk)
    left = on_hand - reserved
    if left:
        place(till_command(chain.store, (chain.milk, left), cash_fen=left * MILK_FEN))
    if units:
        put(chain.store, chain.milk, units)
    return stock_of(chain.store, chain.milk)


def kinds(results: list[object]) -> Counter[str]:
    return Counter(
        one.code if isinstance(one, Problem) else repr(one) if isinstance(one, Exception) else type(one).__name__
        for one in results
    )


def breaches() -> list[str]:
    return [check.name for check in reconcile.run() if check.breaches]


# --- buyers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("units", [1, 10, 50])
def test_control_who_looks_first_and_decides_then_oversells(chain, units):
    emptied(chain, units)
    all_have_looked = threading.Barrier(BUYERS)

    def buy_unguarded(_index: int) -> bool:
        on_hand, reserved = stock_of(chain.store, chain.milk)
        all_have_looked.wait(timeout=60)
        return on_hand - reserved >= 1

    assert parallel(BUYERS, buy_unguarded).count(True) == BUYERS > units


@pytest.mark.parametrize("units", [1, 10, 50])
def test_inv02_of_64_buyers_exactly_as_many_succeed_as_there_are_units(chain, units):
    on_hand, reserved = emptied(chain, units)
    commands = [command(chain.store, (chain.milk, 1)) for _ in range(BUYERS)]
    results = parallel(BUYERS, lambda index: place(commands[index]))
    assert kinds(results) == {"Order": units, StockShort.code: BUYERS - units}
    assert stock_of(chain.store, chain.milk) == (on_hand, reserved + units)
    losers = [one.id for one, result in zip(commands, results, strict=True) if isinstance(result, Problem)]
    assert footprint(*losers) == NOTHING


def test_one_command_64_times_is_one_order(chain):
    on_hand, reserved = emptied(chain, 64)
    placed = command(chain.store, (chain.milk, 1))
    results = parallel(BUYERS, lambda _index: place(placed))
    assert kinds(results) == {"Order": BUYERS}
    assert {one.number for one in results if isinstance(one, Order)} == {orders.order(id=placed.id).number}
    assert footprint(placed.id)["orders"] == 1
    assert stock_of(chain.store, chain.milk) == (on_hand, reserved + 1)


def test_pos_one_till_number_is_one_sale_whoever_comes_first(chain):
    emptied(chain, 64)
    till = TillFacts(terminal_id=uuid7(), shift_id=None, seq=1)
    commands = [till_command(chain.store, (chain.milk, 1), cash_fen=MILK_FEN, till=till) for _ in range(8)]
    results = parallel(8, lambda index: place(commands[index]))
    assert kinds(results) == {"Order": 1, KeyReused.code: 7}
    assert footprint(*[one.id for one in commands])["payments"] == 1


def test_batches_with_skus_in_opposite_order_never_deadlock(chain):
    for sku in (chain.milk, chain.bread):
        put(chain.store, sku, 1000)

    def submit(index: int) -> int:
        skus = (chain.milk, chain.bread) if index % 2 else (chain.bread, chain.milk)
        batch = [command(chain.store, (sku, 1)) for sku in skus * 4]
        outcomes = checkout.place_orders(commands=batch, actor=SYSTEM, now=system_clock.now())
        return sum(not isinstance(outcome, Problem) for outcome in outcomes)

    with deadlocks_seen():
        assert parallel(16, submit) == [8] * 16


def test_one_id_for_two_orders_in_one_batch_is_one_order_and_one_refusal(chain):
    emptied(chain, 5)
    first = command(chain.store, (chain.milk, 1))
    second = command(chain.store, (chain.milk, 2), id=first.id)
    outcomes = checkout.place_orders(commands=[first, second, first], actor=SYSTEM, now=system_clock.now())
    assert [getattr(one, "code", one) for one in outcomes] == [first.id, KeyReused.code, first.id]
    assert orders.order(id=first.id).lines[0].quantity == 1


def returning(order: Order, quantity: int, **given) -> ReturnCommand:
    fields = {
        "id": uuid7(),
        "order_id": order.id,
        "lines": (ReturnedLine(line_number=1, quantity=quantity),),
        "reason": "unwanted",
    } | given
    return ReturnCommand(**fields)


def take_back(returned: ReturnCommand) -> ReturnResult:
    return aftersales.return_lines(command=returned, actor=SYSTEM, now=system_clock.now())


# --- one order, everybody at once -------------------------------------------------------------------------------


def late_or_not(number: str, now) -> None:
    """What a genuine notification does after its signature was believed."""

    def book() -> bool:
        payment = payment_query.by_number(tender="wechat", out_trade_no=number, lock=True)
        assert payment is not None
        return book_outcome.succeed(payment, transaction_id=f"T{number}", paid_at=None, now=now)

    db.in_transaction(book)


def test_webhook_poll_expiry_cancel_and_a_new_payment_at_once_end_in_one_outcome(chain, gateway: MemoryGateway):
    chance = random.Random(20261122)
    ends = Counter()
    for attempt in range(12):
        put(chain.store, chain.milk, 2)
        before = system_clock.now()
        order = place(command(chain.store, (chain.milk, 2)), now=before)
        started = checkout.start_payment(
            order_id=order.id, tender=Tender.WECHAT, way="jsapi", payer_id="o", actor=SYSTEM, now=before
        )
        number = payments.payment(id=started.payment_id).out_trade_no
        now = before + timedelta(minutes=16)
        deeds = [
            lambda number=number, now=now: (gateway.paid.add(number), late_or_not(number, now)),
            lambda p=started.payment_id, now=now: checkout.poll_payment(payment_id=p, now=now),
            lambda now=now: checkout.expire_due(now=now),
            lambda order=order, now=now: checkout.cancel_order(
                order_id=order.id, reason="changed_mind", actor=SYSTEM, now=now
            ),
            lambda order=order, before=before: checkout.start_payment(
                order_id=order.id, tender=Tender.WECHAT, way="h5", actor=SYSTEM, now=before
            ),
        ]
        chance.shuffle(deeds)
        results = parallel(len(deeds), lambda index, deeds=deeds: deeds[index]())
        unexpected = [one for one in results if isinstance(one, Exception) and not isinstance(one, Problem)]
        assert unexpected == [], attempt
        settle(order, gateway, now=now)
        end = orders.order(id=order.id)
        ends[end.state.value] += 1
        money = payments.of_orders(order_ids=[order.id])[order.id]
        received = sum(one.amount_fen for one in money if one.state is PaymentState.PAID)
        given_back = sum(one.refunded_fen for one in money)
        assert end.state in (State.PAID, State.CANCELLED)
        assert received - given_back == (order.payable_fen if end.state is State.PAID else 0)
        assert breaches() == [], attempt
    assert sum(ends.values()) == 12


def settle(order: Order, gateway: MemoryGateway, *, now) -> None:
    """Let the duties by the clock run until nothing of the order is open."""
    for minutes in range(1, 60, 12):
        moment = now + timedelta(minutes=minutes)
        checkout.expire_due(now=moment)
        payments.ask_about_due(now=moment, limit=1000)
        payments.send_due_refunds(now=moment, limit=1000)
    assert payments.live_of(order_id=order.id) is None


def test_hand_over_cancel_and_return_at_once_never_give_goods_and_money_both(chain, gateway):
    for _ in range(8):
        put(chain.store, chain.milk, 1)
        now = system_clock.now()
        order = place(command(chain.store, (chain.milk, 1)), now=now)
        started = checkout.start_payment(
            order_id=order.id, tender=Tender.WECHAT, way="jsapi", payer_id="o", actor=SYSTEM, now=now
        )
        gateway.pay(payments.payment(id=started.payment_id).out_trade_no)
        checkout.poll_payment(payment_id=started.payment_id, now=now)
        on_hand, reserved = stock_of(chain.store, chain.milk)

        def deed(index: int, order=order, now=now) -> object:
            if index % 3 == 0:
                return checkout.cancel_order(order_id=order.id, reason="x", actor=SYSTEM, now=now)
            if index % 3 == 1:
                return checkout.hand_over(
                    order_id=order.id, code=order.pickup_code, store_id=chain.store.unit.id, actor=SYSTEM, now=now
                )
            return take_back(returning(order, 1, lines=(ReturnedLine(1, 1, restock="none"),)))

        results = parallel(6, deed)
        assert all(isinstance(one, Problem) for one in results if isinstance(one, Exception)), results
        end = orders.order(id=order.id)
        if end.state is State.CANCELLED:
            assert (end.refunded_fen, stock_of(chain.store, chain.milk)) == (MILK_FEN, (on_hand, reserved - 1))
        else:
            assert end.state is State.COMPLETED
            assert stock_of(chain.store, chain.milk) == (on_hand - 1, reserved - 1)
        payments.send_due_refunds(now=now, limit=1000)
    assert breaches() == []


def test_an_expiry_that_waited_for_a_starting_payment_sees_it(chain, gateway):
    """The look for an open payment must be made after the lock, by a statement of its own."""
    put(chain.store, chain.milk, 1)
    now = system_clock.now()
    order = place(command(chain.store, (chain.milk, 1)), now=now)
    holds, cancels = threading.Event(), threading.Event()

    def deed(index: int) -> object:
        if index:
            holds.wait(timeout=30)
            cancels.set()
            return db.in_transaction(
                lambda: db.value("SELECT checkout_cancel_unpaid(%s, 'x', 'x', %s)", [order.id, now])
            )

        def start() -> None:
            db.value("SELECT checkout_prepare_payment(%s, 'x', %s)", [order.id, now])
            holds.set()
            cancels.wait(timeout=30)
            until_waiting()
            payments.store_attempt(
                opening=payments.Opening(
                    order_id=order.id,
                    order_number=order.number,
                    tender=Tender.WECHAT,
                    way="jsapi",
                    amount_fen=MILK_FEN,
                    subject="x",
                    expires_at=now + timedelta(minutes=15),
                ),
                now=now,
            )

        return db.in_transaction(start)

    assert parallel(2, deed) == [None, False]
    assert orders.order(id=order.id).state is State.PLACED
    settle(order, gateway, now=now + timedelta(minutes=16))


def test_two_late_payments_at_once_revive_once_and_give_the_other_back(chain, gateway):
    for _ in range(6):
        put(chain.store, chain.milk, 2)
        now = system_clock.now()
        order = place(command(chain.store, (chain.milk, 1)), now=now)
        numbers = []
        for way in ("jsapi", "h5"):
            started = checkout.start_payment(
                order_id=order.id, tender=Tender.WECHAT, way=way, payer_id="o", actor=SYSTEM, now=now
            )
            numbers.append(payments.payment(id=started.payment_id).out_trade_no)
        late = now + timedelta(minutes=16)
        checkout.expire_due(now=late)
        assert orders.order(id=order.id).state is State.CANCELLED
        on_hand, reserved = stock_of(chain.store, chain.milk)
        results = parallel(4, lambda index, numbers=numbers, late=late: late_or_not(numbers[index % 2], late))
        assert results == [None] * 4
        end = orders.order(id=order.id)
        assert (end.state, end.paid_fen) == (State.PAID, MILK_FEN)
        assert stock_of(chain.store, chain.milk) == (on_hand, reserved + 1)
        money = payments.of_orders(order_ids=[order.id])[order.id]
        assert sorted(one.refunded_fen for one in money) == [0, MILK_FEN]
        gateway.paid.update(numbers)
        payments.send_due_refunds(now=late, limit=1000)
    assert breaches() == []


def test_an_order_that_is_not_there_is_unknown_to_every_deed(chain):
    nobody, now = uuid7(), system_clock.now()
    deeds = [
        lambda: checkout.cancel_order(order_id=nobody, reason="x", actor=SYSTEM, now=now),
        lambda: checkout.hand_over(order_id=nobody, code="1", store_id=1, actor=SYSTEM, now=now),
        lambda: checkout.ship(order_id=nobody, carrier="", tracking="", actor=SYSTEM, now=now),
        lambda: checkout.start_payment(order_id=nobody, tender=Tender.WECHAT, way="jsapi", actor=SYSTEM, now=now),
        lambda: checkout.add_tenders(order_id=nobody, tenders=(), till=None, actor=SYSTEM, now=now),
    ]
    for deed in deeds:
        with pytest.raises(OrderUnknown):
            deed()
