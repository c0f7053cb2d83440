"""Points under parallel orders: first the race with the guard taken away, then the guarded run (habit 12)."""

from __future__ import annotations

from collections import Counter

import pytest
from psycopg import errors
from psycopg.types.json import Jsonb

from quanyu.kernel.ids import uuid7
from tests.harness.inventory_room import Cut
from tests.harness.points_room import NOW, PointsRoom, asked, open_lot

pytestmark = pytest.mark.race

BUYERS = 64
ACCOUNTS = "UPDATE points_account SET changed_at = changed_at"
GATE = 20_261_122
NO_ACCOUNT_CHECK = Cut(constraint=("points_account", "points_account_never_negative"))
NO_LOT_CHECKS = (
    Cut(constraint=("points_lot", "points_lot_remaining_in_bounds")),
    Cut(constraint=("points_lot", "points_lot_open_has_points")),
)
UNLOCKED_SPEND = Cut(
    "20_spend.sql",
    "    PERFORM points_lock(ARRAY[p_member]);\n\n    SELECT * INTO v_before",
    "    SELECT * INTO v_before",
)
UNLOCKED_RETURN = Cut(
    "30_earn.sql",
    "    PERFORM points_lock(ARRAY[v_member]);\n    SELECT sum(taken.points)",
    "    SELECT sum(taken.points)",
)


def spend(connection, room, *, order=None, amount=10):
    """Spend as checkout does."""
    return asked(connection, "points_spend", room.member, order or uuid7(), amount, NOW)


def many_orders(room):
    """64 orders of 10 points each against 100 points in lots of 15: exactly ten are told yes."""
    for _ in range(6):
        room.give(15)
    room.give(10)
    told = Counter(room.together_at_a_held_row(BUYERS, lambda connection, index: spend(connection, room)))
    return told == {True: 10, False: BUYERS - 10} and room.figures() == (0, 0, 0) and room.breaches() == []


def one_order_many_times(room):
    """One order sent 16 times at once spends once, and every call is told so."""
    room.give(100)
    order = uuid7()
    told = room.together_at_a_held_row(16, lambda connection, index: spend(connection, room, order=order, amount=30))
    return told == [True] * 16 and room.figures() == (70, 0, 0) and room.breaches() == []


def one_return_many_times(room):
    """One return handled 16 times at once gives back once."""
    room.give(100)
    order = uuid7()
    with room.connect() as connection:
        spend(connection, room, order=order, amount=90)
    told = room.together_at_a_held_row(
        16, lambda connection, index: asked(connection, "points_restore", order, 30, "return 1", NOW)
    )
    return told == [30] * 16 and room.figures() == (40, 0, 0) and room.breaches() == []


def one_order_earns_many_times(room):
    """One order that earns 16 times at once earns once."""
    room.give(1)
    order = str(uuid7())
    told = Counter(
        room.together_at_a_held_row(16, lambda connection, index: open_lot(connection, room.member, 50, cause=order))
    )
    return told == {True: 1, False: 15} and room.figures() == (51, 0, 0) and room.breaches() == []


def taken_back_while_spent(room):
    """A return takes 100 back while 32 orders spend 10 of the 200 each: what is missing is owed, to the point."""
    order = str(uuid7())
    with room.connect() as connection:
        open_lot(connection, room.member, 100, cause=order)
    room.give(100)

    def take_back(connection):
        return asked(connection, "points_take_back", "order", order, 0, "return", NOW)

    # The return comes last: what it would see before its turn is not true any more when its turn comes.
    queue = [*[lambda connection: spend(connection, room)] * 32, take_back]
    *told, taken = room.one_after_another_at(ACCOUNTS, queue)
    spent = 10 * told.count(True)
    available, _, debt = room.figures()
    answered = taken == 100 and set(told) <= {True, False}
    return answered and available - debt == 100 - spent and room.breaches() == []


def limited_offer(room):
    """64 buyers of an offer of ten: exactly ten get it."""
    offer = room.offer(total_limit=10)
    buyers = [uuid7() for _ in range(BUYERS)]
    for buyer in buyers:
        room.give(10, member=buyer)
    line = Jsonb([{"offer_id": offer, "quantity": 1}])
    refusals = room.together_at_a_held_row(
        BUYERS,
        lambda connection, index: asked(connection, "points_take_offers", uuid7(), buyers[index], line, NOW),
        "UPDATE points_offer SET taken = taken",
    )
    told = Counter(refusal and refusal["reason"] for refusal in refusals)
    return told == {None: 10, "sold_out": BUYERS - 10} and room.breaches() == []


def rationed_offer(room):
    """One member with 16 orders of an offer of two per member: exactly two get it."""
    offer = room.offer(per_member_limit=2)
    room.give(10)
    line = Jsonb([{"offer_id": offer, "quantity": 1}])
    refusals = room.together_at_a_held_row(
        16,
        lambda connection, index: asked(connection, "points_take_offers", uuid7(), room.member, line, NOW),
        ACCOUNTS,
        f"SELECT pg_advisory_xact_lock({GATE})",
    )
    return Counter(refusal and refusal["reason"] for refusal in refusals) == {None: 2, "limit_reached": 14}


def merge_while_spent(room):
    """Orders and returns of both files while they are merged and parted again: no point is lost or made."""
    other = uuid7()
    room.give(500)
    room.give(500, member=other)
    orders = [uuid7() for _ in range(16)]
    with room.connect() as connection:
        for order in orders:
            asked(connection, "points_spend", other, order, 10, NOW)

    def deed(connection, index):
        if index % 8 == 0:
            merge = uuid7()
            first, second = (other, room.member) if index % 16 else (room.member, other)
            asked(connection, "points_follow", merge, first, second, NOW)
            asked(connection, "points_unfollow", merge, first, second, NOW)
            return "merged"
        for _ in range(20):
            try:
                return asked(connection, "points_restore", orders[index % 16], 10, f"return {index}", NOW)
            except errors.SerializationFailure:
                continue  # the file changed hands: the door tries again
        return "never"

    told = room.together_at_a_held_row(16, deed)
    sums = [sum(figures) for figures in zip(room.figures(), room.figures(other), strict=True)]
    return told.count(10) == 14 and sums == [980, 0, 0] and room.breaches() == []


CUTS = {
    "no lock on the account": (many_orders, (UNLOCKED_SPEND, NO_ACCOUNT_CHECK, *NO_LOT_CHECKS)),
    "no lock, but the CHECKs": (many_orders, (UNLOCKED_SPEND,)),
    "an order may spend twice": (
        one_order_many_times,
        (Cut("20_spend.sql", "IF v_before.points > v_before.restored THEN", "IF false THEN"),),
    ),
    "the order is looked up before the lock": (
        one_order_many_times,
        (UNLOCKED_SPEND, NO_ACCOUNT_CHECK, *NO_LOT_CHECKS),
    ),
    "a return is not remembered": (
        one_return_many_times,
        (Cut("20_spend.sql", "IF v_done IS NOT NULL THEN", "IF false THEN"),),
    ),
    "a cause may open two lots": (
        one_order_earns_many_times,
        (
            Cut("30_earn.sql", "ON CONFLICT (cause_kind, cause_id) DO NOTHING\n", ""),
            Cut(constraint=("points_lot", "points_lot_cause_kind_cause_id_key")),
        ),
    ),
    "a return does not queue": (taken_back_while_spent, (UNLOCKED_RETURN,)),
    "limited offers are not locked": (
        limited_offer,
        (
            Cut("50_offers.sql", "FOR NO KEY UPDATE OF offer", ""),
            Cut(constraint=("points_offer", "points_offer_within_limit")),
        ),
    ),
    "a member's offers do not queue": (
        rationed_offer,
        (
            Cut("50_offers.sql", "PERFORM points_open(ARRAY[p_member], p_at);", "PERFORM 1;"),
            Cut(
                "50_offers.sql",
                "    INSERT INTO points_offer_use",
                # Without the queue at the account all look before one of them writes: they meet here instead.
                f"    PERFORM pg_advisory_xact_lock_shared({GATE});\n    INSERT INTO points_offer_use",
            ),
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CUTS)
def test_without_its_guard_the_race_is_lost(name: str) -> None:
    """Each guard of the SQL room is taken away in a copy, and is missed."""
    scene, cuts = CUTS[name]
    with PointsRoom(cuts=cuts) as room:
        assert not scene(room)


@pytest.mark.parametrize(
    "scene",
    [
        many_orders,
        one_order_many_times,
        one_return_many_times,
        one_order_earns_many_times,
        taken_back_while_spent,
        limited_offer,
        rationed_offer,
        merge_while_spent,
    ],
    ids=lambda scene: scene.__name__,
)
def test_with_its_guards_every_race_is_won(scene) -> None:
    """Nobody spends what is not there, nothing happens twice, and the books agree."""
    with PointsRoom() as room:
        assert scene(room)
