"""Do the tests bite? Each guard of paying and ending orders is taken away in a copy, and must be missed (habit 12)."""

from __future__ import annotations

import pytest

from tests.harness import scenes_of_orders as scenes
from tests.harness.mutations import Cut, Mutation, holds, share, without
from tests.harness.path_room import PathRoom

pytestmark = pytest.mark.race

PLACE, PAY = "checkout/10_place_orders.sql", "checkout/20_payment.sql"
ORDERS, MONEY = "orders/10_orders.sql", "payments/10_payments.sql"


def room_for(scenario, cuts=()):
    """Make the copy, without some guards."""
    return PathRoom(cuts)


_ADD = "WHERE id = p_order AND state = ANY (p_from) AND paid_fen + p_amount <= payable_fen"
_GONE = """        WHEN SQLSTATE 'QY001' OR unique_violation THEN
            RETURN false;
"""
# As if the rights had been taken outside of the savepoint.
_RIGHTS_AGAIN = """        WHEN SQLSTATE 'QY001' OR unique_violation THEN
            PERFORM checkout_take_rights(
                p_order, (v_order->>'member_id')::uuid, checkout_rights_of(p_order, v_order), p_at
            );
            RETURN false;
"""
MUTATIONS = [
    without(
        "a code that waits for another",
        scenes.not_revived_to_a_code_that_waits,
        PAY,
        "WHEN SQLSTATE 'QY001' OR unique_violation THEN",
        "WHEN SQLSTATE 'QY001' THEN",
    ),
    Mutation(
        "an order is held before it is ended",
        scenes.cancelled_once,
        [
            Cut(
                ORDERS,
                "WHERE id = p_order AND state = ANY (p_states) FOR NO KEY UPDATE",
                "WHERE id = p_order AND state = ANY (p_states)",
            ),
            Cut(ORDERS, "AND state = ANY (p_from) FOR NO KEY UPDATE;", "AND state = ANY (p_from);"),
        ],
    ),
    without(
        "the state in which an order is held",
        scenes.cancelled_once,
        ORDERS,
        "WHERE id = p_order AND state = ANY (p_states) FOR",
        "WHERE id = p_order FOR",
    ),
    without(
        "the look for an open payment",
        scenes.not_while_a_payment_is_open,
        PAY,
        "IF v_order IS NULL OR payments_live_of(p_order) IS NOT NULL THEN",
        "IF v_order IS NULL THEN",
    ),
    without(
        "the time to pay",
        scenes.not_after_its_time,
        PAY,
        "IF v_order IS NULL OR (v_order->>'pay_before')::timestamptz <= p_at THEN",
        "IF v_order IS NULL THEN",
    ),
    without(
        "no more than is open", scenes.paid_once_and_whole, ORDERS, _ADD, "WHERE id = p_order AND state = ANY (p_from)"
    ),
    without(
        "the state in which money is added",
        scenes.paid_once_and_whole,
        ORDERS,
        _ADD,
        "WHERE id = p_order AND paid_fen + p_amount <= payable_fen + 1",
    ),
    without(
        "the state from which an order moves",
        scenes.one_way,
        ORDERS,
        "WHERE id = p_order AND state = ANY (p_from) FOR",
        "WHERE id = p_order FOR",
    ),
    Mutation(
        "the table of moves",
        scenes.one_way,
        [
            Cut(constraint=("orders_event", "orders_event_allowed_move")),
            Cut(constraint=("orders_order", "orders_order_paid_is_whole")),
        ],
    ),
    without(
        "all goods of a paid order leave",
        scenes.goods_leave_whole,
        PLACE,
        "<> orders_line_count(p_order) THEN",
        "< 0 THEN",
    ),
    without(
        "only what lapsed is revived",
        scenes.revived_by_its_whole_amount,
        PAY,
        "v_order->>'cancel_reason' <> 'expired'",
        "false",
    ),
    without(
        "revived by its whole amount",
        scenes.revived_by_its_whole_amount,
        PAY,
        " OR (v_order->>'payable_fen')::bigint <> p_amount",
        "",
    ),
    without(
        "revived whole",
        scenes.revived_whole_or_not_at_all,
        PAY,
        _GONE,
        _RIGHTS_AGAIN,
    ),
    without(
        "a payment is held before it gives back",
        scenes.one_refund_once,
        MONEY,
        "WHERE id = p_payment FOR NO KEY UPDATE;",
        "WHERE id = p_payment;",
    ),
    without(
        "a refund is looked for",
        scenes.one_refund_once,
        MONEY,
        "    IF v_standing IS NOT NULL THEN",
        "    IF false THEN",
    ),
    without(
        "no more than was paid goes back",
        scenes.refunded_within_what_was_paid,
        MONEY,
        " AND refunded_fen + p_amount <= amount_fen;",
        ";",
    ),
    without(
        "only what was paid goes back",
        scenes.not_of_what_was_not_paid,
        MONEY,
        "WHERE id = p_payment AND state = 'paid' AND",
        "WHERE id = p_payment AND",
    ),
    without(
        "booked once", scenes.a_payment_ends_once, MONEY, "WHERE id = p_id AND state <> 'paid';", "WHERE id = p_id;"
    ),
    without(
        "ended once",
        scenes.a_payment_ends_once,
        MONEY,
        "WHERE id = p_id AND state IN ('created', 'asking');",
        "WHERE id = p_id;",
    ),
    without(
        "no more pieces than were sold",
        scenes.returned_within_what_was_sold,
        ORDERS,
        "        AND line.returned_quantity + back.quantity <= line.quantity\n",
        "",
    ),
    without(
        "no more money than was paid",
        scenes.returned_within_what_was_sold,
        ORDERS,
        "        AND line.refunded_fen + back.amount_fen <= line.net_fen + line.freight_fen\n",
        "",
    ),
    without(
        "no more points than were spent",
        scenes.returned_within_what_was_sold,
        ORDERS,
        "\n        AND line.points_restored + back.points <= line.points_spent;",
        ";",
    ),
    without(
        "all lines of a return",
        scenes.returned_within_what_was_sold,
        ORDERS,
        "    IF v_changed <> v_wanted THEN",
        "    IF false THEN",
    ),
]


SCENARIOS = sorted({mutation.scenario for mutation in MUTATIONS}, key=lambda scenario: scenario.__name__)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_with_all_guards_it_holds(scenario):
    with room_for(scenario) as room:
        assert holds(scenario, room) == "as it must"


@pytest.mark.parametrize("mutation", share(MUTATIONS), ids=lambda mutation: mutation.guard)
def test_without_a_guard_it_is_noticed(mutation):
    assert mutation.killed(room_for)
