"""What setting goods aside for tills must do, whoever else wants them at the same time."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta

import psycopg

from tests.harness.inventory_room import OWNER, move
from tests.harness.path_room import NOW, answer, asked, one, place

HOUR = timedelta(hours=1)
UNTIL = NOW + 24 * HOUR
HERE, BESIDE = "till-a", "till-b"
SHARED, ALONE = "till", "till_only"


def aside(connection, till, *wants, kind=SHARED, share_bp=10_000, location=1, until=UNTIL, now=NOW):
    """Ask for ``(sku, units)``; return what the till holds then, by SKU."""
    given = json.dumps([{"sku_id": sku, "quantity": units} for sku, units in wants])
    held = asked(connection, "inventory_set_aside", till, kind, location, OWNER, given, share_bp, until, now)
    return {row["sku_id"]: row["quantity"] for row in held}


def waiting(connection, till, *, now=NOW):
    """What waits for a till, by SKU."""
    return {row["sku_id"]: row["quantity"] for row in asked(connection, "inventory_aside_for", till, 1, now)}


def sold(sku=1, quantity=1, *, at=HERE):
    """An order of goods that are in hands at a till, and leave."""
    return one(sku, quantity, state="completed", hands=at)


def others_leave_it(room):
    """Five units, two of them set aside: the mall is short of four, told of three, and gets three."""
    room.stock(1, 5)
    with room.connect() as connection:
        aside(connection, HERE, (1, 2))
        refused = answer(connection, one(1, 4))[0]
        told = place(connection, one(1, 3))
        return refused["short"][0]["available"] == 3 and told == ["placed"] and waiting(connection, HERE) == {1: 2}


def the_till_has_it(room):
    """All that is free is promised: the till sells what waits for it, part of it first, and no unit more."""
    room.stock(1, 5)
    with room.connect() as connection:
        aside(connection, HERE, (1, 3))
        place(connection, one(1, 2))
        told = [place(connection, sold())[0], waiting(connection, HERE), place(connection, sold(1, 2))[0]]
        more = answer(connection, sold())[0]
        end = [waiting(connection, HERE), more["short"][0]["available"]]
    return told == ["placed", {1: 2}, "placed"] and end == [{}, 0] and room.free() == (2, 2)


def free_units_first(room):
    """While units are free nothing that is set aside is touched."""
    room.stock(1, 5)
    with room.connect() as connection:
        aside(connection, HERE, (1, 2))
        return place(connection, sold(1, 3)) == ["placed"] and waiting(connection, HERE) == {1: 2}


def ones_own_first(room):
    """Where tills share, a till's own units go before its neighbour's, whoever asked first."""
    room.stock(1, 4)
    with room.connect() as connection:
        aside(connection, BESIDE, (1, 1), now=NOW - HOUR)
        aside(connection, HERE, (1, 1))
        told = place(connection, sold(1, 3))
        left = [waiting(connection, HERE), waiting(connection, BESIDE)]
        return told == ["placed"] and left == [{}, {1: 1}] and place(connection, sold()) == ["placed"]


def not_the_neighbours(room):
    """Where each till sells alone, another's units are not had by whoever has them in his hands either."""
    room.stock(1, 3)
    with room.connect() as connection:
        aside(connection, HERE, (1, 2), kind=ALONE)
        told = place(connection, sold(1, 2, at=BESIDE)) + place(connection, sold(1, 3))
        return told == ["short", "placed"]


def two_in_one_batch(room):
    """Two sales and an order of the mall in one batch want what is set aside: the second sale sees what is left."""
    room.stock(1, 3)
    with room.connect() as connection:
        aside(connection, HERE, (1, 2))
        told = place(connection, sold(1, 2), sold(1, 2), one(), sold())
        return told == ["placed", "short", "short", "placed"] and waiting(connection, HERE) == {}


def no_more_than_the_share(room):
    """Ten units, a fifth for all tills together: the second till gets what the first left of it."""
    room.stock(1, 10)
    with room.connect() as connection:
        got = [aside(connection, till, (1, units), share_bp=3_000) for till, units in ((HERE, 2), (BESIDE, 9))]
        return got == [{1: 2}, {1: 1}] and room.free() == (10, 3)


def only_what_is_free(room):
    """What is promised already is not set aside; what was set aside before counts as the till's own."""
    room.stock(1, 4)
    with room.connect() as connection:
        place(connection, one(1, 3))
        got = [aside(connection, HERE, (1, 9)), aside(connection, HERE, (1, 9))]
        return got == [{1: 1}, {1: 1}] and room.free() == (4, 4)


def the_last_word_counts(room):
    """Asked for less, for something else, for nothing; twice in one breath: what it holds is what was asked last."""
    room.stock(1, 5)
    room.stock(2, 5)
    with room.connect() as connection:
        got = [aside(connection, HERE, *wants) for wants in ([(1, 3)], [(1, 2), (2, 1)], [(1, 1), (1, 4)], [])]
        return got == [{1: 3}, {1: 2, 2: 1}, {1: 4}, {}] and room.free(1) == room.free(2) == (5, 0)


def another_way_of_keeping(room):
    """Kept for all tills, then for itself, then as before: held once."""
    room.stock(1, 5)
    with room.connect() as connection:
        got = [aside(connection, HERE, (1, 3), kind=kind) for kind in (SHARED, ALONE, SHARED)]
        return got == [{1: 3}] * 3 and room.free() == (5, 3)


def it_lapses(room):
    """A till that is never heard again keeps nothing for ever; one that asks in time goes on."""
    room.stock(1, 5)
    later = UNTIL + HOUR
    with room.connect() as connection:
        aside(connection, HERE, (1, 3))
        aside(connection, BESIDE, (1, 2))
        aside(connection, BESIDE, (1, 2), now=NOW + 20 * HOUR, until=UNTIL + 20 * HOUR)
        told = place(connection, one(1, 4), now=later) + place(connection, one(1, 3), now=later)
        return told == ["short", "placed"] and waiting(connection, BESIDE, now=later) == {1: 2}


def a_count_knows_better(room):
    """Four of five are not there: the count is booked, and what was set aside is given back; promises stay."""
    room.stock(1, 5)
    lost = {"line": "1", "location_id": 1, "sku_id": 1, "owner_id": OWNER, "on_hand": -4}
    with room.connect() as connection:
        aside(connection, HERE, (1, 3))
        first = move(connection, "count", [lost])
        place(connection, one())
        second = move(connection, "count again", [lost | {"on_hand": -1}])
        return (first, second, waiting(connection, HERE)) == (True, False, {}) and room.free() == (1, 1)


def tills_and_buyers(room):
    """Twelve units; tills ask and sell, buyers buy, all at once: no unit twice, nobody meets an error."""
    room.stock(1, 12)

    def deed(connection, index):
        till = f"till-{index % 4}"
        if index % 2:
            return place(connection, one())[0]
        aside(connection, till, (1, 3), share_bp=5_000)
        return place(connection, sold(at=till))[0]

    told = Counter(room.together_at_a_held_row(16, deed))
    return told == {"placed": 12, "short": 4} and room.value("SELECT on_hand - reserved FROM inventory_stock") == 0


def one_till_asks_twice(room):
    """Two calls of one till at once, for different goods: they take turns, so that nothing is held by both."""
    room.stock(1, 5)
    room.stock(2, 5)
    told = []

    def another_call():
        with room.connect() as connection:
            connection.execute("SET lock_timeout = '100ms'")
            try:
                told.append(aside(connection, HERE, (2, 3)))
            except psycopg.errors.LockNotAvailable:
                told.append("waits")

    told += room.one_after_another_at(
        "SELECT FROM inventory_stock WHERE sku_id = 1 FOR NO KEY UPDATE",
        [lambda c: aside(c, HERE, (1, 2))],
        then=another_call,
    )
    return told == ["waits", {1: 2}]


def a_buyer_was_first(room):
    """A till asks while an order takes all there is: it gets nothing, and nobody meets an error."""
    room.stock(1, 5)
    told = room.one_after_another_at(
        "SELECT FROM inventory_stock WHERE sku_id = 1 FOR NO KEY UPDATE",
        [lambda c: place(c, one(1, 5))[0], lambda c: aside(c, HERE, (1, 2))],
    )
    return told == ["placed", {}] and room.free() == (5, 5)
