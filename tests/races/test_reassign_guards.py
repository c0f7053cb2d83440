"""An order goes to another store whole, once, and only while it is here; each guard of it is taken away and missed."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from psycopg.errors import CheckViolation

from tests.harness.inventory_room import OWNER, line, move
from tests.harness.mutations import holds, without
from tests.harness.path_room import NOW, PathRoom, asked, one, place

pytestmark = pytest.mark.race

HERE, THERE = 1, 2
HOLD, ORDERS, REASSIGN = "inventory/28_move_hold.sql", "orders/25_reassign.sql", "checkout/30_reassign.sql"


def room_for(scenario, cuts=()):
    """Make the copy, without some guards."""
    return PathRoom(cuts)


def _paid(room, *, quantity=1):
    order = one(quantity=quantity, state="paid")
    with room.connect() as connection:
        assert place(connection, order) == ["placed"]
    return order.id


def _put(room, location, quantity):
    with room.connect() as connection:
        lines = [{"line": "1", "location_id": location, "sku_id": 1, "owner_id": OWNER, "on_hand": quantity}]
        assert move(connection, f"opening at {location}", lines)


def _reassign(connection, order, location=THERE, *, quantity=1):
    lines = [{**line(1, 1, quantity), "line": "1", "location_id": location}]
    return asked(connection, "checkout_reassign", order, location, json.dumps(lines), "t", "x", NOW)


def _told(answers):
    """Count the answers by what they say: moved, short, here, gone, or an error's class."""
    return Counter(
        one if isinstance(one, str) else "moved" if one["ok"] else next(name for name in one if name != "ok")
        for one in answers
    )


def _held(room):
    """What is reserved, by location."""
    with room.connect() as connection:
        return dict(connection.execute("SELECT location_id, reserved FROM inventory_stock ORDER BY 1").fetchall())


def the_last_piece_goes_to_one(room):
    """Of many orders that go to a store with goods for two, two go; the others stay held where they were."""
    _put(room, HERE, 6)
    _put(room, THERE, 2)
    orders = [_paid(room) for _ in range(6)]
    told = room.together_at_a_held_row(6, lambda c, index: _reassign(c, orders[index]))
    return _told(told) == {"moved": 2, "short": 4} and _held(room) == {HERE: 4, THERE: 2}


def two_change_places(room):
    """Orders that change places do not wait for each other in a circle."""
    _put(room, HERE, 8)
    _put(room, THERE, 8)
    here, there = [_paid(room) for _ in range(3)], [_paid(room) for _ in range(3)]
    with room.connect() as connection:
        assert _told([_reassign(connection, order) for order in there]) == {"moved": 3}
    ways = [(order, THERE) for order in here] + [(order, HERE) for order in there]
    told = room.together_at_a_held_row(6, lambda c, index: _reassign(c, *ways[index]))
    return _told(told) == {"moved": 6} and _held(room) == {HERE: 3, THERE: 3}


def not_when_it_has_left(room):
    """An order whose goods leave the house while it is to go to another store has left."""
    _put(room, HERE, 2)
    _put(room, THERE, 2)
    order = _paid(room)
    told = room.one_after_another_at(
        "SELECT FROM orders_order FOR NO KEY UPDATE",
        [lambda c: asked(c, "checkout_complete", order, "t", "", NOW), lambda c: _reassign(c, order)],
    )
    return told[0] is True and _told(told[1:]) == {"state": 1} and _held(room) == {HERE: 0, THERE: 0}


def not_to_where_it_is(room):
    """The same place again is no move."""
    _put(room, HERE, 5)
    order = _paid(room)
    with room.connect() as connection:
        told = _told([_reassign(connection, order, HERE)])
    return told == {"here": 1} and room.value("SELECT count(*) FROM orders_reassignment") == 0


def nowhere_without_a_word(room):
    """A line's place is not changed by a statement that leaves no row behind."""
    _put(room, HERE, 5)
    _paid(room)
    with room.connect() as connection:
        try:
            connection.execute("UPDATE orders_line SET location_id = 2")
        except CheckViolation as failure:
            return "reassigned" in str(failure)
    return False


MUTATIONS = [
    without(
        "what is short there is held here again",
        the_last_piece_goes_to_one,
        HOLD,
        "            RAISE EXCEPTION 'short' USING ERRCODE = 'QY001';",
        "            RETURN v_answer;",
    ),
    without(
        "both places are locked in the common order first",
        two_change_places,
        HOLD,
        "    PERFORM inventory_lock(array_agg(place.location_id), array_agg(place.sku_id))\n    FROM (",
        "    PERFORM 1\n    FROM (",
    ),
    without(
        "the order is held, and paid",
        not_when_it_has_left,
        REASSIGN,
        "IF orders_lock(p_order, ARRAY['paid']) IS NULL THEN",
        "IF orders_lock(p_order, ARRAY['paid', 'completed']) IS NULL THEN",
    ),
    without("another place", not_to_where_it_is, ORDERS, "AND location_id = p_location", "AND false"),
    without(
        "a row says why",
        nowhere_without_a_word,
        ORDERS,
        "IF (NEW.location_id, NEW.owner_id) IS DISTINCT FROM (OLD.location_id, OLD.owner_id)",
        "IF false",
    ),
]
SCENARIOS = sorted({mutation.scenario for mutation in MUTATIONS}, key=lambda scenario: scenario.__name__)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_with_all_guards_it_holds(scenario):
    with room_for(scenario) as room:
        assert holds(scenario, room) == "as it must"


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.guard)
def test_without_a_guard_it_is_noticed(mutation):
    assert mutation.killed(room_for)
