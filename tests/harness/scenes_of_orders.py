"""What paying, ending and giving back must do, whoever else does something at the same time."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from quanyu.kernel.ids import uuid7
from tests.harness.path_room import NOW, as_json, asked, one, place, states

MINUTE = timedelta(minutes=1)


def _placed(room, **given):
    order = one(**given)
    with room.connect() as connection:
        assert place(connection, order) == ["placed"]
    return order.id


def _received(connection, order, fen):
    """Book the money that an order is said to have been paid with."""
    payment = uuid7()
    asked(connection, "payments_open", payment, order, "N", "wechat", "jsapi", fen, "", 1, None, None, NOW, NOW)
    asked(connection, "payments_succeed", payment, "T", None, NOW)
    return payment


def _payment(room, *, paid=True):
    order = _placed(room, state="paid" if paid else "placed")
    with room.connect() as connection:
        if not paid:
            asked(connection, "payments_open", uuid7(), order, "N", "wechat", "jsapi", 100, "", 1, None, None, NOW, NOW)
    return room.value("SELECT id FROM payments_payment WHERE order_id = %s", order)


def cancelled_once(room):
    """Cancelled by many at once: once, and its goods come back once."""
    room.stock(1, 5)
    order = _placed(room)
    told = room.together_at_a_held_row(
        8,
        lambda c, _index: asked(c, "checkout_cancel_unpaid", order, "t", "x", NOW),
        "SELECT FROM orders_order FOR NO KEY UPDATE",
    )
    return Counter(told) == {True: 1, False: 7} and room.free() == (5, 0)


def not_while_a_payment_is_open(room):
    """An order whose payment is under way is not cancelled, also when it was opened while we waited."""
    room.stock(1, 5)
    order = _placed(room)

    def opens(connection):
        with connection.transaction():
            prepared = asked(connection, "checkout_prepare_payment", order, "t", NOW)
            asked(connection, "payments_open", uuid7(), order, "N", "wechat", "jsapi", 100, "", 1, None, None, NOW, NOW)
        return prepared["open_fen"]

    told = room.one_after_another_at(
        "SELECT FROM orders_order FOR NO KEY UPDATE",
        [opens, lambda c: asked(c, "checkout_cancel_unpaid", order, "t", "x", NOW)],
    )
    return told == [100, False] and states(room) == {"placed": 1} and room.free() == (5, 1)


def not_after_its_time(room):
    """Nobody starts to pay an order whose time is over."""
    room.stock(1, 5)
    order = _placed(room)
    with room.connect() as connection:
        early = asked(connection, "checkout_prepare_payment", order, "t", NOW + 15 * MINUTE - timedelta(seconds=1))
        late = asked(connection, "checkout_prepare_payment", order, "t", NOW + 15 * MINUTE)
    return (early or {}).get("open_fen") == 100 and late is None


def paid_once_and_whole(room):
    """Never more than is open, and in no other state than it may be paid in."""
    room.stock(1, 5)
    order = _placed(room)
    with room.connect() as connection:
        told = [
            asked(connection, "orders_add_payment", order, fen, ["placed"], "t", NOW) for fen in (101, 60, 60, 40, 1)
        ]
        _received(connection, order, 100)
    return told == ["refused", "part", "refused", "whole", "refused"] and states(room) == {"paid": 1}


def one_way(room):
    """An order moves from where it is, along the allowed ways."""
    room.stock(1, 5)
    order = _placed(room)
    with room.connect() as connection:
        told = [asked(connection, "orders_move", order, ["paid"], "completed", "t", "", NOW)]
        try:
            asked(connection, "orders_move", order, ["placed"], "completed", "t", "", NOW)
        except Exception:  # noqa: BLE001 - the table of moves refuses it
            told.append("refused")
    return told == [False, "refused"] and states(room) == {"placed": 1}


def goods_leave_whole(room):
    """A paid order whose goods are not all held is not completed."""
    room.stock(1, 5)
    order = _placed(room, state="paid")
    with room.connect() as connection:
        asked(connection, "inventory_release", "order", str(order), NOW)
        try:
            asked(connection, "checkout_complete", order, "t", "", NOW)
        except Exception:  # noqa: BLE001 - whatever it is told, nothing left
            held_again = asked(connection, "inventory_pin", "order", str(order), NOW)
            return held_again and states(room) == {"paid": 1} and room.free() == (5, 1)
    return False


def revived_by_its_whole_amount(room):
    """Late money brings back an order that lapsed: the whole amount, once, and not one that was cancelled."""
    room.stock(1, 5)
    lapsed, cancelled = _placed(room), _placed(room)
    late = NOW + 20 * MINUTE
    with room.connect() as connection:
        asked(connection, "checkout_cancel_unpaid", lapsed, "t", "expired", late)
        asked(connection, "checkout_cancel_unpaid", cancelled, "t", "changed_mind", late)
        told = [asked(connection, "checkout_revive", cancelled, 100, "t", late)]
        told += [asked(connection, "checkout_revive", lapsed, fen, "t", late) for fen in (99, 100, 100)]
        _received(connection, lapsed, 100)
    return told == [False, False, True, False] and room.free() == (5, 1)


def not_revived_to_a_code_that_waits(room):
    """Late money of an order whose pickup code waits for another order by now goes back, it is not stuck."""
    room.stock(1, 5)
    order = _placed(room, pickup_code="1")
    with room.connect() as connection:
        asked(connection, "checkout_cancel_unpaid", order, "t", "expired", NOW)
        place(connection, one(pickup_code="1"))
        told = asked(connection, "checkout_revive", order, 100, "t", NOW)
    return told is False and room.free() == (5, 1)


def revived_whole_or_not_at_all(room):
    """Rights without goods are let go: whose goods are sold does not take the coupon again."""
    room.stock(1, 1)
    member = uuid7()
    coupon = room.coupon(room.offer(), member)
    order = _placed(room, member=member, coupons=[coupon])
    with room.connect() as connection:
        asked(connection, "checkout_cancel_unpaid", order, "t", "expired", NOW)
        place(connection, one())
        told = asked(connection, "checkout_revive", order, 100, "t", NOW)
    return told is False and room.value("SELECT state FROM coupons_coupon") == "available"


def refunded_within_what_was_paid(room):
    """Parts of 30 of 100 from many sides at once: three."""
    room.stock(1, 5)
    payment = _payment(room)
    told = room.together_at_a_held_row(
        8,
        lambda c, index: "id" in asked(
            c, "payments_open_refund", uuid7(), payment, "duplicate", str(index), 30, None, NOW
        ),
        "SELECT FROM payments_payment FOR NO KEY UPDATE",
    )  # fmt: skip
    # Nobody meets an error: who comes too late is told what is left.
    return Counter(told) == {True: 3, False: 5}


def one_refund_once(room):
    """One refund, told many times at once."""
    room.stock(1, 5)
    payment = _payment(room)
    told = room.together_at_a_held_row(
        8,
        lambda c, _index: asked(c, "payments_open_refund", uuid7(), payment, "x", "1", 30, None, NOW)["created"],
        "SELECT FROM payments_payment FOR NO KEY UPDATE",
    )
    return Counter(told) == {True: 1, False: 7} and room.value("SELECT refunded_fen FROM payments_payment") == 30


def not_of_what_was_not_paid(room):
    """Nothing is given back of a payment that is open."""
    room.stock(1, 5)
    payment = _payment(room, paid=False)
    with room.connect() as connection:
        told = asked(connection, "payments_open_refund", uuid7(), payment, "x", "1", 30, None, NOW)
    return told == {"left_fen": 0}


def a_payment_ends_once(room):
    """Money is booked once, and what has ended is not ended again; a success beats a closure."""
    room.stock(1, 5)
    payment = _payment(room, paid=False)
    with room.connect() as connection:
        ended = [asked(connection, "payments_end", payment, "closed", NOW) for _ in range(2)]
        booked = [asked(connection, "payments_succeed", payment, "T", None, NOW) for _ in range(2)]
        order = connection.execute("UPDATE orders_order SET paid_fen = 0 RETURNING id").fetchone()
        asked(connection, "orders_add_payment", order[0], 100, ["placed"], "t", NOW)
        after = asked(connection, "payments_end", payment, "failed", NOW)
    return (ended, booked, after) == ([True, False], [True, False], False)


def returned_within_what_was_sold(room):
    """Not more pieces, not more money, not more points than there are; a line that is not there is not returned."""
    room.stock(1, 9)
    order = _placed(room, quantity=3, state="paid")

    def back(connection, *, number=1, quantity=1, fen=30, points=0):
        line = {"number": number, "quantity": quantity, "amount_fen": fen, "points": points}
        try:
            with connection.transaction():
                return asked(connection, "orders_add_return", order, as_json(line), 0, 0)
        except Exception as failure:  # noqa: BLE001 - the tables refuse what the function forgets
            return type(failure).__name__

    with room.connect() as connection:
        told = [back(connection, quantity=4), back(connection, fen=101), back(connection, points=1)]
        told += [back(connection, number=2), back(connection, quantity=3, fen=100), back(connection)]
        payment = connection.execute("SELECT id FROM payments_payment").fetchone()[0]
        asked(connection, "payments_open_refund", uuid7(), payment, "return", "1", 100, None, NOW)
    return told == [False, False, False, False, True, False]
