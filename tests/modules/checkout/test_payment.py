"""Paying, lapsing, cancelling: what becomes of the goods and the money."""

from __future__ import annotations

from datetime import timedelta

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import (
    NotPayable,
    PickupCodeWrong,
    SoldOutBeforePayment,
    TenderGiven,
)
from quanyu.modules.inventory.contracts import StockShort
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Channel, Delivery, Order, State, StateConflict
from quanyu.modules.payments import api as payments
from quanyu.modules.payments.contracts import (
    PaymentInProgress,
    PaymentState,
    ProviderUnavailable,
    RefundState,
)
from quanyu.platform import db, settings_tree
from tests.harness.chain import MILK_FEN, STOCK, Chain, make_chain
from tests.harness.checkout import (
    available,
    command,
    number_of,
    paid_order,
    place,
    start_payment,
    stock_of,
    take_late_money,
    till_command,
)
from tests.harness.gateway import MemoryGateway, no_gateway

PAST_DEADLINE = timedelta(minutes=16)


@pytest.fixture
def chain() -> Chain:
    return make_chain()


def refunds(order: Order) -> list[tuple[str, int, str]]:
    found = payments.of_orders(order_ids=[order.id])[order.id]
    of_payment = payments.refunds_of(payment_ids=[payment.id for payment in found])
    return [(one.reason, one.amount_fen, one.state.value) for ones in of_payment.values() for one in ones]


def test_a_payment_is_stored_before_the_provider_is_asked_and_pins_the_goods(chain, gateway):
    order = place(command(chain.store, (chain.milk, 3)))
    started = start_payment(order)
    assert (started.state, started.amount_fen) == ("asking", 3 * MILK_FEN)
    assert gateway.prepaid == {f"{order.number}01": 3 * MILK_FEN}
    pinned = db.value(
        "SELECT count(*) FROM inventory_reservation WHERE cause_id = %s AND expires_at IS NULL", [str(order.id)]
    )
    assert pinned == 1


def test_i7_a_payment_told_twice_is_booked_once(chain, gateway):
    order = paid_order(chain.store, chain.milk, gateway)
    payment = payments.of_orders(order_ids=[order.id])[order.id][0]
    checkout.poll_payment(payment_id=payment.id, now=system_clock.now())
    assert (order.state, order.paid_fen) == (State.PAID, 3 * MILK_FEN)
    assert [step.to_state for step in orders.order(id=order.id).history] == ["placed", "paid"]
    assert (
        db.value(
            "SELECT count(*) FROM platform_outbox WHERE topic = 'orders.paid.1' AND aggregate = %s",
            [f"order:{order.id}"],
        )
        == 1
    )


def test_the_same_way_again_gives_the_open_payment(chain, gateway):
    order = place(command(chain.store, (chain.milk, 1)))
    assert start_payment(order) == start_payment(order)
    assert gateway.calls == ["prepay"]


def test_another_way_closes_the_open_payment_first(chain, gateway):
    order = place(command(chain.store, (chain.milk, 1)))
    first = start_payment(order)
    second = start_payment(order, way="h5")
    assert gateway.calls == ["prepay", "close", "prepay"]
    assert payments.payment(id=first.payment_id).state is PaymentState.CLOSED
    assert number_of(second) == f"{order.number}02"


def test_an_unknown_outcome_keeps_the_payment_open_and_admits_no_second_one(chain, gateway):
    gateway.silent = True
    order = place(command(chain.store, (chain.milk, 1)))
    start_payment(order)
    with pytest.raises(PaymentInProgress):
        start_payment(order, way="h5")
    assert len(payments.of_orders(order_ids=[order.id])[order.id]) == 1


def test_a_provider_that_is_not_configured_refuses_before_anything_is_stored(chain):
    order = place(command(chain.store, (chain.milk, 1)))
    with no_gateway(), pytest.raises(ProviderUnavailable):
        start_payment(order)
    assert payments.of_orders(order_ids=[order.id]) == {}


def test_an_unpaid_order_lapses_and_its_goods_are_for_sale_again(chain):
    now = system_clock.now()
    order = place(command(chain.store, (chain.milk, STOCK)), now=now)
    later = now + PAST_DEADLINE
    # No sweeper has run: the promise has lapsed by itself.
    assert available(chain.store, chain.milk, now=later) == STOCK
    checkout.expire_due(now=later)
    lapsed = orders.order(id=order.id)
    assert (lapsed.state, lapsed.cancel_reason) == (State.CANCELLED, "expired")
    assert stock_of(chain.store, chain.milk) == (STOCK, 0)


def test_goods_of_an_open_payment_are_kept_until_the_provider_says_that_it_is_closed(chain, gateway):
    now = system_clock.now()
    order = place(command(chain.store, (chain.milk, STOCK)), now=now)
    started = start_payment(order, now=now)
    gateway.silent = True
    later = now + PAST_DEADLINE
    checkout.expire_due(now=later)
    assert orders.order(id=order.id).state is State.PLACED
    with pytest.raises(StockShort):
        place(command(chain.store, (chain.milk, 1)), now=later)
    gateway.silent = False
    checkout.expire_due(now=later)
    assert orders.order(id=order.id).state is State.CANCELLED
    assert payments.payment(id=started.payment_id).state is PaymentState.CLOSED
    assert stock_of(chain.store, chain.milk) == (STOCK, 0)


def test_a_payment_made_in_the_last_second_wins_against_the_expiry(chain, gateway):
    now = system_clock.now()
    order = place(command(chain.store, (chain.milk, 2)), now=now)
    started = start_payment(order, now=now)
    gateway.on_close = gateway.pay
    checkout.expire_due(now=now + PAST_DEADLINE)
    checkout.poll_payment(payment_id=started.payment_id, now=now + PAST_DEADLINE)
    assert orders.order(id=order.id).state is State.PAID
    assert stock_of(chain.store, chain.milk) == (STOCK, 2)


def test_who_pays_after_his_promise_lapsed_and_the_goods_went_is_told_before_paying(chain, gateway):
    now = system_clock.now()
    first = place(command(chain.store, (chain.milk, STOCK)), now=now)
    settings_tree.set_value(SYSTEM, f"unit:{chain.store.unit.id}", "checkout.pay_within_minutes", 60, now)
    # The reservation of the first order is made to lapse early; its time to pay is not over.
    db.execute("UPDATE inventory_reservation SET expires_at = %s WHERE cause_id = %s", [now, str(first.id)])
    place(till_command(chain.store, (chain.milk, STOCK), cash_fen=STOCK * MILK_FEN), now=now + timedelta(minutes=1))
    with pytest.raises(SoldOutBeforePayment):
        start_payment(first, now=now + timedelta(minutes=2))
    assert gateway.calls == []
    told = orders.order(id=first.id)
    assert (told.state, told.cancel_reason) == (State.CANCELLED, "sold_out")


def lapsed_with_open_payment(chain: Chain, gateway: MemoryGateway, now) -> tuple[Order, str]:
    """An order that lapsed, and the number under which money arrives although the payment was closed."""
    order = place(command(chain.store, (chain.milk, STOCK)), now=now)
    number = number_of(start_payment(order, now=now))
    checkout.expire_due(now=now + PAST_DEADLINE)
    assert orders.order(id=order.id).state is State.CANCELLED
    gateway.closed.discard(number)
    return order, number


def test_i8_a_late_payment_revives_the_order_while_its_goods_are_there(chain, gateway):
    now = system_clock.now()
    order, number = lapsed_with_open_payment(chain, gateway, now)
    take_late_money(gateway, number, now + timedelta(minutes=20))
    revived = orders.order(id=order.id)
    assert (revived.state, revived.paid_fen) == (State.PAID, STOCK * MILK_FEN)
    assert stock_of(chain.store, chain.milk) == (STOCK, STOCK)
    assert refunds(order) == []


def test_i8_a_late_payment_is_refunded_once_when_the_goods_are_gone(chain, gateway):
    now = system_clock.now()
    order, number = lapsed_with_open_payment(chain, gateway, now)
    place(till_command(chain.store, (chain.milk, 1), cash_fen=MILK_FEN), now=now + timedelta(minutes=17))
    for _ in range(3):
        take_late_money(gateway, number, now + timedelta(minutes=20))
    assert orders.order(id=order.id).state is State.CANCELLED
    payments.send_due_refunds(now=now + timedelta(minutes=21), limit=1000)
    assert refunds(order) == [("late_payment", STOCK * MILK_FEN, "done")]
    assert gateway.refunds[f"{number}R01"] == STOCK * MILK_FEN


def test_i8_an_order_that_a_person_cancelled_is_not_revived(chain, gateway):
    order = place(command(chain.store, (chain.milk, 1)))
    number = number_of(start_payment(order))
    checkout.cancel_order(order_id=order.id, reason="changed_mind", actor=SYSTEM, now=system_clock.now())
    gateway.closed.clear()
    take_late_money(gateway, number, system_clock.now())
    assert orders.order(id=order.id).state is State.CANCELLED
    assert [one[:2] for one in refunds(order)] == [("late_payment", MILK_FEN)]


def test_cancelling_a_paid_order_gives_goods_and_money_back_once(chain, gateway):
    order = paid_order(chain.store, chain.milk, gateway)
    for _ in range(2):
        checkout.cancel_order(order_id=order.id, reason="store_closed", actor=SYSTEM, now=system_clock.now())
    cancelled = orders.order(id=order.id)
    assert (cancelled.state, cancelled.refunded_fen) == (State.CANCELLED, 3 * MILK_FEN)
    assert stock_of(chain.store, chain.milk) == (STOCK, 0)
    assert [one[:2] for one in refunds(order)] == [("cancelled", 3 * MILK_FEN)]


def test_a_completed_order_is_not_cancelled(chain):
    order = place(till_command(chain.store, (chain.milk, 1), cash_fen=MILK_FEN))
    with pytest.raises(StateConflict):
        checkout.cancel_order(order_id=order.id, reason="x", actor=SYSTEM, now=system_clock.now())
    assert orders.order(id=order.id) == order


def test_ful01_an_order_is_handed_over_by_its_code_at_its_store_once(chain, gateway):
    order = paid_order(chain.store, chain.milk, gateway)
    store_id, now = chain.store.unit.id, system_clock.now()
    assert checkout.find_pickup(code=order.pickup_code, store_id=store_id, now=now).id == order.id
    wrong = [(order.pickup_code, chain.other_store.unit.id), ("00000000", store_id), ("", store_id)]
    for code, where in wrong:
        with pytest.raises(PickupCodeWrong):
            checkout.hand_over(order_id=order.id, code=code, store_id=where, actor=SYSTEM, now=now)
    assert stock_of(chain.store, chain.milk) == (STOCK, 3)
    for _ in range(2):
        handed = checkout.hand_over(order_id=order.id, code=order.pickup_code, store_id=store_id, actor=SYSTEM, now=now)
        assert handed.state is State.COMPLETED
    assert stock_of(chain.store, chain.milk) == (STOCK - 3, 0)


def test_an_unpaid_order_is_not_handed_over(chain):
    order = place(command(chain.store, (chain.milk, 1)))
    with pytest.raises(StateConflict):
        checkout.hand_over(
            order_id=order.id,
            code=order.pickup_code,
            store_id=chain.store.unit.id,
            actor=SYSTEM,
            now=system_clock.now(),
        )
    assert stock_of(chain.store, chain.milk) == (STOCK, 1)


def test_a_refund_whose_answer_was_lost_is_asked_again_under_the_same_number(chain, gateway):
    order = paid_order(chain.store, chain.milk, gateway)
    checkout.cancel_order(order_id=order.id, reason="x", actor=SYSTEM, now=system_clock.now())
    (number,) = gateway.paid
    gateway.lost_refunds.add(number)
    now = system_clock.now()
    payments.send_due_refunds(now=now, limit=1000)
    assert refunds(order) == [("cancelled", 3 * MILK_FEN, RefundState.ASKING.value)]
    payments.send_due_refunds(now=now + timedelta(minutes=5), limit=1000)
    assert refunds(order) == [("cancelled", 3 * MILK_FEN, RefundState.DONE.value)]
    assert gateway.refunds[f"{number}R01"] == 3 * MILK_FEN
    assert not any(other.startswith(number) and other != f"{number}R01" for other in gateway.refunds)


def test_pos_a_customers_code_completes_the_sale_when_the_provider_has_the_money(chain, gateway):
    order = place(command(chain.store, (chain.milk, 1), channel=Channel.POS, delivery=Delivery.CARRY_OUT))
    started = checkout.charge_code(
        order_id=order.id,
        auth_code="134567890123456789",
        terminal_id=None,
        shift_id=None,
        actor=SYSTEM,
        now=system_clock.now(),
    )
    assert (started.state, started.way) == ("asking", "code")
    gateway.pay(number_of(started))
    assert checkout.poll_payment(payment_id=started.payment_id, now=system_clock.now()).state == "paid"
    assert orders.order(id=order.id).state is State.COMPLETED
    assert stock_of(chain.store, chain.milk) == (STOCK - 1, 0)


def test_pos_cash_for_an_order_that_waits_pays_exactly_the_open_amount(chain):
    order = place(command(chain.store, (chain.milk, 2)))
    given = (TenderGiven(tender="cash", amount_fen=2 * MILK_FEN, tendered_fen=2000),)
    for _ in range(2):
        paid = checkout.add_tenders(order_id=order.id, tenders=given, till=None, actor=SYSTEM, now=system_clock.now())
        assert (paid.state, paid.paid_fen) == (State.PAID, 2 * MILK_FEN)


def test_an_order_past_its_time_is_not_payable(chain, gateway):
    now = system_clock.now()
    order = place(command(chain.store, (chain.milk, 1)), now=now)
    with pytest.raises(NotPayable):
        start_payment(order, now=now + PAST_DEADLINE)
    assert gateway.calls == []


def test_a_refund_that_cannot_be_sent_is_put_off_and_starves_no_other(chain, gateway):
    order = paid_order(chain.store, chain.milk, gateway)
    checkout.cancel_order(order_id=order.id, reason="store_closed", actor=SYSTEM, now=system_clock.now())
    now = system_clock.now()
    with no_gateway():
        payments.send_due_refunds(now=now, limit=1000)
    waits_until = db.value(
        "SELECT r.next_poll_at FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id "
        "WHERE p.order_id = %s",
        [order.id],
    )
    assert waits_until == now + timedelta(minutes=1)
    payments.send_due_refunds(now=waits_until, limit=1000)
    assert refunds(order) == [("cancelled", 3 * MILK_FEN, "done")]
