"""Attempts at a provider that hang, are refused or outlive their order; and checkout's breaches, planted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import CancelReasonInvalid, PickupCodeWrong
from quanyu.modules.checkout.ops import cancel_order
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import State
from quanyu.modules.payments import api as payments
from quanyu.modules.payments.contracts import PaymentState, ProviderUnavailable
from quanyu.platform import db
from tests.harness.breaches import found_by
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.checkout import (
    command,
    coupon_for,
    give_points,
    number_of,
    paid_order,
    place,
    start_payment,
    take_late_money,
)
from tests.harness.members import make_member

PAST_DEADLINE = timedelta(minutes=16)


@pytest.fixture
def chain() -> Chain:
    return make_chain()


def test_a_lost_answer_is_asked_for_again_under_the_same_number(chain, gateway):
    order = place(command(chain.store, (chain.milk, 1)))
    gateway.lost_prepays = True
    first = start_payment(order)
    assert (first.state, first.invoke) == ("asking", {})
    gateway.lost_prepays = False
    second = start_payment(order)
    assert (second.payment_id, second.invoke) == (first.payment_id, {"package": "prepay_id=x"})
    assert gateway.prepaid == {f"{order.number}01": MILK_FEN}
    assert start_payment(order) == second
    assert gateway.calls == ["prepay", "prepay"]


def test_a_refusal_of_the_second_asking_proves_nothing(chain, gateway):
    order = place(command(chain.store, (chain.milk, 1)))
    gateway.lost_prepays = True
    first = start_payment(order)
    gateway.lost_prepays = False
    gateway.refuses_prepays = True
    assert start_payment(order).state == "asking"
    gateway.pay(number_of(first))
    checkout.poll_payment(payment_id=first.payment_id, now=system_clock.now())
    assert orders.order(id=order.id).state is State.PAID


def test_a_definite_refusal_ends_the_attempt_and_another_may_be_made(chain, gateway):
    order = place(command(chain.store, (chain.milk, 1)))
    gateway.refuses_prepays = True
    with pytest.raises(ProviderUnavailable):
        start_payment(order)
    gateway.refuses_prepays = False
    assert number_of(start_payment(order)) == f"{order.number}02"


def test_a_payment_left_open_after_its_order_was_paid_otherwise_is_ended_by_the_clock(chain, gateway):
    now = system_clock.now()
    order = place(command(chain.store, (chain.milk, 1)), now=now)
    first = number_of(start_payment(order, now=now))
    second = start_payment(order, way="h5", now=now)
    gateway.closed.discard(first)
    take_late_money(gateway, first, now)
    assert orders.order(id=order.id).state is State.PAID
    payments.ask_about_due(now=now + PAST_DEADLINE, limit=1000)
    assert payments.payment(id=second.payment_id).state is PaymentState.CLOSED
    assert orders.order(id=order.id).paid_fen == MILK_FEN


def test_one_order_that_cannot_expire_stops_no_other(chain, monkeypatch):
    now = system_clock.now()
    first, second = (place(command(chain.store, (chain.milk, 1)), now=now) for _ in range(2))
    expire = cancel_order.expire

    def failing(order_id, **given):
        if order_id == first.id:
            raise OSError("the line is cut")
        return expire(order_id, **given)

    monkeypatch.setattr(cancel_order, "expire", failing)
    checkout.expire_due(now=now + PAST_DEADLINE, limit=1)
    assert [orders.order(id=one.id).state for one in (first, second)] == [State.PLACED, State.CANCELLED]
    monkeypatch.undo()
    checkout.expire_due(now=now + PAST_DEADLINE)
    assert orders.order(id=first.id).state is State.CANCELLED


def test_a_code_with_letters_of_another_script_is_a_wrong_code(chain, gateway):
    order = paid_order(chain.store, chain.milk, gateway)
    with pytest.raises(PickupCodeWrong):
        checkout.hand_over(
            order_id=order.id, code="１２３", store_id=chain.store.unit.id, actor=SYSTEM, now=system_clock.now()
        )


def test_i8_a_member_cannot_make_his_cancellation_look_like_the_clocks(chain, gateway):
    order = place(command(chain.store, (chain.milk, 1)))
    with pytest.raises(CancelReasonInvalid):
        checkout.cancel_order(order_id=order.id, reason="expired", actor=SYSTEM, now=system_clock.now())


BREACHES = {
    "checkout_breach_i7_order_is_paid_by_payments": ("UPDATE payments_payment SET amount_fen = 1 WHERE order_id = %s",),
    "checkout_breach_i7_payment_has_order": (
        "DELETE FROM inventory_reservation WHERE cause_id = %s::text",
        "DELETE FROM orders_order WHERE id = %s",
    ),
    "checkout_breach_i8_cancelled_is_refunded": ("UPDATE orders_order SET state = 'cancelled' WHERE id = %s",),
    "checkout_breach_i1_orders_hold_their_stock": ("DELETE FROM inventory_reservation WHERE cause_id = %s::text",),
    "checkout_breach_i1_lines_are_held_where_they_are_fulfilled": (
        "UPDATE inventory_reservation SET location_id = location_id + 1 WHERE cause_id = %s::text",
    ),
    "checkout_breach_i4_orders_hold_their_coupons": (
        "UPDATE coupons_coupon SET amount_fen = amount_fen + 1 WHERE order_id = %s",
    ),
    "checkout_breach_i5_orders_spend_their_points": ("DELETE FROM points_spending WHERE cause_id = %s::text",),
}
# Other ways in which an order and its coupons may fall apart.
COUPON_BREACHES = (
    "UPDATE coupons_coupon SET state = 'reserved' WHERE order_id = %s",
    "UPDATE coupons_coupon SET state = 'available', order_id = NULL, amount_fen = 0, sales_fen = 0 WHERE order_id = %s",
    "UPDATE orders_order SET state = 'cancelled' WHERE id = %s",
    "UPDATE orders_order SET coupons = '[]' WHERE id = %s",
)


@pytest.mark.parametrize("view", BREACHES)
def test_reconciliation_finds_a_planted_breach(chain, gateway, view):
    order = with_rights(chain, gateway)
    assert db.rows(f'SELECT * FROM "{view}"') == []
    assert len(found_by(view, *[(statement, [order.id]) for statement in BREACHES[view]])) == 1


@pytest.mark.parametrize("statement", COUPON_BREACHES)
def test_reconciliation_finds_an_order_and_coupons_that_fell_apart(chain, gateway, statement):
    order = with_rights(chain, gateway)
    assert len(found_by("checkout_breach_i4_orders_hold_their_coupons", (statement, [order.id]))) == 1


def with_rights(chain, gateway):
    """A paid order with a coupon and points."""
    member = make_member()
    give_points(member, 100)
    given = {"member_id": member.id, "coupon_ids": (coupon_for(member).id,), "points": 100}
    return paid_order(chain.store, chain.milk, gateway, **given)


def test_every_view_of_checkout_was_planted():
    views = db.rows("SELECT viewname FROM pg_views WHERE viewname ~ '^checkout_breach_'")
    # Pieces of flash sales are planted by test_flash_items.
    assert {row["viewname"] for row in views} == {*BREACHES, "checkout_breach_i4_flash_follows_orders"}
