"""Services by coupons under many hands (I4): once each, within the budget; and each guard taken away is missed."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest

from quanyu.kernel.ids import uuid7
from tests.harness.coupons_room import NOW, Cut, Room, hand_out, put_back, reserve
from tests.harness.parallel import parallel

pytestmark = pytest.mark.race

HANDS = 16
SERVICE = "35_hand_out.sql"


def service(room, **given):
    """Return a member and a coupon of a new service, worth 10 yuan."""
    member = uuid7()
    return member, room.coupon(room.offer(kind="service", **given), member)


def one_service(room):
    """One coupon at many tills: one hands it out."""
    _member, coupon = service(room)
    results = room.together_at_a_held_row(HANDS, lambda connection, _index: hand_out(connection, coupon))
    return Counter(results) == {None: 1, "used": HANDS - 1}


def sent_again(room):
    """One hand-out whose answers are lost: done once, said every time; and its id is nobody else's."""
    _member, coupon = service(room)
    _other, another = service(room)
    done = uuid7()
    results = room.together_at_a_held_row(HANDS, lambda connection, _index: hand_out(connection, coupon, id=done))
    with room.connect() as connection:
        taken = hand_out(connection, another, id=done)
        (rows,) = connection.execute("SELECT count(*) FROM coupons_handed_out").fetchone()
    return Counter(results) == {None: HANDS} and taken == "id_taken" and rows == 1


def service_budget(room):
    """A budget for five, many coupons: five."""
    template = room.offer(kind="service", budget_fen=5999)
    coupons = [room.coupon(template, uuid7()) for _ in range(HANDS)]
    results = room.together_at_a_held_row(HANDS, lambda connection, index: hand_out(connection, coupons[index]))
    return Counter(results) == {None: 5, "budget_spent": HANDS - 5}


def only_services_in_time(room):
    """A coupon for purchases is no service; what ended, was taken down or is unknown is not handed out."""
    member = uuid7()
    for_purchases = room.coupon(room.offer(), member)
    _holder, coupon = service(room)
    _holder, down = service(room)
    with room.connect() as connection:
        connection.execute(
            "UPDATE coupons_template SET state = 'forced_off', reason = 'x' "
            "WHERE id = (SELECT template_id FROM coupons_coupon WHERE id = %s)",
            [down],
        )
        return [
            hand_out(connection, for_purchases),
            hand_out(connection, uuid7()),
            hand_out(connection, down),
            hand_out(connection, coupon, at=NOW + timedelta(days=9)),
            hand_out(connection, coupon),
            reserve(connection, uuid7(), member, [for_purchases]),
        ] == ["unknown", "unknown", "withdrawn", "expired", None, None]


def put_back_once(room):
    """Undone at many desks: once, with its budget; then it can be handed out again, and that undone too."""
    _member, coupon = service(room, budget_fen=1000)
    first, second = uuid7(), uuid7()
    with room.connect() as connection:
        hand_out(connection, coupon, id=first)
    results = room.together_at_a_held_row(HANDS, lambda connection, _index: put_back(connection, first))
    with room.connect() as connection:
        again = hand_out(connection, coupon, id=second), hand_out(connection, coupon, id=first)
        return Counter(results) == {True: 1, False: HANDS - 1} and again == (None, "id_taken")


SCENARIOS = [one_service, sent_again, service_budget, only_services_in_time, put_back_once]
_LOCK = Cut(SERVICE, "    PERFORM coupons_lock(ARRAY[(p->>'coupon_id')::uuid]);\n", "")
_LOCK_BACK = Cut(
    SERVICE, "    PERFORM coupons_lock(ARRAY(SELECT done.coupon_id", "    PERFORM (ARRAY(SELECT done.coupon_id"
)
_NO_STATE = Cut(SERVICE, "    IF v_reason IS NOT NULL THEN", "    IF false THEN")
_BUDGET = " AND counter.committed_fen + v_template.amount_fen <= counter.budget_fen"
_BUDGET_BACK = "counter.committed_fen - v_coupon.amount_fen"
CUTS = {
    "the lock on the coupon": (one_service, [_LOCK]),
    "the lock, sent again": (sent_again, [_LOCK]),
    "the look at the state": (one_service, [_NO_STATE]),
    "the look at the same id": (sent_again, [Cut(SERVICE, "    IF v_same.id IS NOT NULL THEN", "    IF false THEN")]),
    "whose id it is": (sent_again, [Cut(SERVICE, "v_same.coupon_id = v_coupon.id AND ", "")]),
    "the budget": (service_budget, [Cut(SERVICE, _BUDGET, "")]),
    "no budget, no service": (service_budget, [Cut(SERVICE, "IF NOT FOUND AND EXISTS (", "IF false AND EXISTS (")]),
    "the kind": (only_services_in_time, [Cut(SERVICE, " OR v_template.kind <> 'service'", "")]),
    "the lock before it is put back": (put_back_once, [_LOCK_BACK]),
    "the budget gets it back": (
        put_back_once,
        [Cut(SERVICE, _BUDGET_BACK, "counter.committed_fen")],
    ),
    "an id that was put back": (put_back_once, [Cut(SERVICE, " AND v_same.put_back_at IS NULL", "")]),
}


def holds(scenario, room):
    """Tell whether the scenario ends as it must and the books of the copy agree."""
    try:
        as_expected = scenario(room)
    except Exception as failure:  # noqa: BLE001 - without its guard it may fail in any way
        return type(failure).__name__
    return "as it must" if as_expected and room.breaches() == [] else "otherwise"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_pts05_with_all_guards_it_holds(scenario):
    with Room() as room:
        assert holds(scenario, room) == "as it must"


@pytest.mark.parametrize("name", CUTS)
def test_pts05_without_a_guard_it_is_noticed(name):
    scenario, cuts = CUTS[name]
    with Room(cuts) as room:
        assert holds(scenario, room) != "as it must"


def test_control_look_then_hand_out_gives_one_coffee_many_times():
    """Read, decide, write: every till sees an available coupon."""
    with Room() as room:
        _member, coupon = service(room)
        everybody_has_looked = threading.Barrier(HANDS)

        def look(_index):
            with room.connect() as connection:
                (state,) = connection.execute("SELECT state FROM coupons_coupon WHERE id = %s", [coupon]).fetchone()
                everybody_has_looked.wait(timeout=60)
                return state == "available"

        assert parallel(HANDS, look).count(True) == HANDS


def test_pts05_the_tables_hold_where_the_function_forgets():
    """Without lock and look the index lets one hand-out stand; without it too the books tell."""
    forgotten = [_LOCK, _NO_STATE]
    with Room(forgotten) as room:
        assert holds(one_service, room) != "as it must"
        assert room.breaches() == []
    with Room([*forgotten, Cut(constraint=("coupons_handed_out", "put_back_at IS NULL"))]) as room:
        holds(one_service, room)
        assert room.breaches() != []
