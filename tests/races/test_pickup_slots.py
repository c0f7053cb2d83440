"""The last places of a pickup time: first the race with the guards taken away, then the guarded run (habit 12)."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.harness.mutations import Cut, Mutation, holds
from tests.harness.path_room import NOW, PathRoom, asked, one, place, states

pytestmark = pytest.mark.race

BUYERS = 12
SLOTS, TAKE = "fulfilment/10_slots.sql", "checkout/10_place_orders.sql"
# Where nobody is stopped by a full slot, the counter is a figure that was read before.
_CONDITION = " AND taken < (p_slot->>'capacity')::int\n"
NO_CONDITION = Cut(SLOTS, _CONDITION, "\n")
NO_CHECK = Cut(constraint=("fulfilment_pickup_slot", "fulfilment_pickup_slot_within_capacity"))
NO_LEAVING = Cut("checkout/05_rights.sql", "    PERFORM fulfilment_leave_slot(p_order, p_at);\n", "")
# A full slot of a batch undoes what its order took before.
NO_SAVEPOINT = Cut(
    TAKE, "                RAISE EXCEPTION 'refused' USING ERRCODE = 'QY001';\n", "                NULL;\n"
)


def taken(room) -> tuple[int, int]:
    """Return what the slot counts, and how many orders are fetched in it."""
    booked = room.value("SELECT count(*) FROM fulfilment_slot_booking WHERE left_at IS NULL")
    return room.value("SELECT coalesce(sum(taken), 0)::int FROM fulfilment_pickup_slot"), booked


def last_places(room) -> bool:
    """Twelve orders at once for the three places of a time that nobody has taken yet: three have them."""
    room.stock(1, 100)
    told = room.together(BUYERS, lambda connection, _index: place(connection, one(slot=3))[0])
    return Counter(told) == {"placed": 3, "slot": 9} and taken(room) == (3, 3) and states(room) == {"placed": 3}


def last_place_in_a_batch(room) -> bool:
    """Three orders of one batch for two places, in the order in which they came; the refused one keeps no goods."""
    room.stock(1, 100)
    with room.connect() as connection:
        told = place(connection, one(slot=2), one(slot=2), one(slot=2), one())
    return told == ["placed", "placed", "slot", "placed"] and taken(room) == (2, 2) and room.free() == (100, 3)


def who_gives_up_makes_room(room) -> bool:
    """A cancelled order gives its place back once, however often it is said."""
    room.stock(1, 100)
    with room.connect() as connection:
        first, second = one(slot=1), one(slot=1)
        assert place(connection, first) == ["placed"]
        refused = place(connection, second)
        for _ in range(2):
            asked(connection, "checkout_cancel_unpaid", first.id, "test", "changed_mind", NOW)
        return refused == ["slot"] and place(connection, second) == ["placed"] and taken(room) == (1, 1)


def a_late_payment_takes_its_place_again(room) -> bool:
    """An order that lapsed comes back only while its pickup time has a place."""
    room.stock(1, 100)
    with room.connect() as connection:
        first, second = one(slot=1), one(slot=1)
        place(connection, first)
        asked(connection, "checkout_cancel_unpaid", first.id, "test", "expired", NOW)
        place(connection, second)
        revived = asked(connection, "checkout_revive", first.id, 100, "test", NOW)
        asked(connection, "checkout_cancel_unpaid", second.id, "test", "changed_mind", NOW)
        again = asked(connection, "fulfilment_take_slot_again", first.id, NOW)
        has_it = taken(room)
        asked(connection, "fulfilment_leave_slot", first.id, NOW)
    return (revived, again, has_it) == (False, True, (1, 1)) and taken(room) == (0, 0)


SCENES = (last_places, last_place_in_a_batch, who_gives_up_makes_room, a_late_payment_takes_its_place_again)
MUTATIONS = [
    Mutation("a full slot lets nobody in, and the CHECK behind it", last_places, [NO_CONDITION, NO_CHECK]),
    Mutation("a full slot is an outcome, not an error", last_places, [NO_CONDITION]),
    Mutation("a refused order of a batch leaves nothing", last_place_in_a_batch, [NO_SAVEPOINT]),
    Mutation("who gives up leaves the slot", who_gives_up_makes_room, [NO_LEAVING]),
]


def room_for(_scene, cuts=()):
    return PathRoom(list(cuts))


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.guard)
def test_without_the_guard_the_slot_is_broken(mutation):
    assert mutation.killed(room_for)


@pytest.mark.parametrize("scene", SCENES, ids=lambda one: one.__name__)
def test_with_the_guards_it_holds(scene):
    with room_for(scene) as room:
        assert holds(scene, room) == "as it must"
