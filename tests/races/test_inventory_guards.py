"""Do the tests bite? Each guard of the stock functions is taken away in a copy, and must be missed (habit 12)."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from tests.harness.inventory_room import NOW, OWNER, Cut, Room, issue, line, move, release, reserve

pytestmark = pytest.mark.race

MINUTE = timedelta(minutes=1)
SECOND_ROW = "SELECT FROM inventory_stock WHERE sku_id = 2 FOR NO KEY UPDATE"
BUYERS = 24


def sell_out(room):
    """Ten units, many buyers: exactly ten are told yes, nobody meets an error."""
    room.stock(1, 10)

    def buy(connection, index):
        bought = reserve(connection, f"order {index}", [line(1, 1, 1)])
        return bought and issue(connection, f"order {index}") == 1

    return Counter(room.together_at_a_held_row(BUYERS, buy)) == {True: 10, False: BUYERS - 10}


def opposite_order(room):
    """Two SKUs, reserved in both orders: nobody waits for anybody who waits for him."""
    room.stock(1, 10)
    room.stock(2, 10)
    # Both meet at the second row, who names it first has come first: without the common order they must deadlock.
    return room.one_after_another_at(
        SECOND_ROW,
        [
            lambda c: reserve(c, "backwards", [line(1, 2, 1), line(2, 1, 1)]),
            lambda c: reserve(c, "forwards", [line(1, 1, 1), line(2, 2, 1)]),
        ],
    ) == [True, True]


def issued_in_opposite_order(room):
    """Two SKUs, reserved as lines in both orders, and issued."""
    room.stock(1, 10)
    room.stock(2, 10)
    with room.connect() as connection:
        for cause, skus in (("backwards", (2, 1)), ("forwards", (1, 2))):
            for number, sku in enumerate(skus, 1):
                reserve(connection, cause, [line(number, sku, 1)])
    return room.one_after_another_at(SECOND_ROW, [lambda c: issue(c, "backwards"), lambda c: issue(c, "forwards")]) == [
        2,
        2,
    ]


def all_or_none(room):
    """One line is short: nothing is reserved."""
    room.stock(1, 10)
    room.stock(2, 1)
    with room.connect() as connection:
        refused = not reserve(connection, "order", [line(1, 1, 3), line(2, 2, 2)])
        held = connection.execute("SELECT sum(reserved) FROM inventory_stock").fetchone()
    return refused and held == (0,)


def duplicate_lines(room):
    """Two lines of one SKU are one demand."""
    room.stock(1, 3)
    with room.connect() as connection:
        refused = not reserve(connection, "order 1", [line(1, 1, 2), line(2, 1, 2)])
        return refused and reserve(connection, "order 2", [line(1, 1, 2), line(2, 1, 1)])


def only_lapsed_units_are_taken(room):
    """A reservation holds until its moment, and not longer."""
    room.stock(1, 1)
    with room.connect() as connection:
        reserve(connection, "slow", [line(1, 1, 1)], expires_at=NOW + MINUTE)
        early = reserve(connection, "early", [line(1, 1, 1)])
        late = reserve(connection, "late", [line(1, 1, 1)], now=NOW + MINUTE)
    return (early, late) == (False, True)


def safety_stays(room):
    """Online channels leave the safety stock."""
    room.stock(1, 5, safety=2)
    with room.connect() as connection:
        return not reserve(connection, "order", [line(1, 1, 4, keep_safety=True)])


def once_released_or_issued(room):
    """What is released is not released again, what is issued not issued again."""
    room.stock(1, 5)
    with room.connect() as connection:
        reserve(connection, "released", [line(1, 1, 2)])
        reserve(connection, "issued", [line(1, 1, 2)])
        counts = [release(connection, "released"), issue(connection, "issued")]
        counts += [release(connection, "released"), issue(connection, "issued")]
        counts += [release(connection, "issued"), issue(connection, "released")]
    return counts == [1, 1, 0, 0, 0, 0]


def corrections_respect_promises(room):
    """A correction takes what is free, and is made once."""
    room.stock(1, 5)
    change = {"line": "1", "location_id": 1, "sku_id": 1, "owner_id": OWNER}
    with room.connect() as connection:
        reserve(connection, "order", [line(1, 1, 3)])
        too_many = move(connection, "too many", [change | {"on_hand": -3}])
        twice = [move(connection, "twice", [change | {"on_hand": -1}]) for _ in range(2)]
        left = connection.execute("SELECT on_hand FROM inventory_stock").fetchone()
    return (too_many, twice, left) == (False, [True, True], (4,))


SCENARIOS = [
    sell_out,
    opposite_order,
    issued_in_opposite_order,
    all_or_none,
    duplicate_lines,
    only_lapsed_units_are_taken,
    safety_stays,
    once_released_or_issued,
    corrections_respect_promises,
]
_ORDERED = "ORDER BY stock.location_id, stock.sku_id, stock.owner_id\n"
_UNLOCKED = Cut("20_reserve.sql", "        FOR NO KEY UPDATE OF stock\n    ),", "    ),")
_UNCHECKED = Cut(constraint=("inventory_stock", "inventory_stock_never_oversold"))
CUTS = {
    "the lock of the rows": (sell_out, [_UNLOCKED]),
    "the lock and the check behind it": (sell_out, [_UNLOCKED, _UNCHECKED]),
    "the condition": (sell_out, [Cut("20_reserve.sql", "END >= candidate.quantity", "END >= -1000")]),
    "the order of locks in a reservation": (
        opposite_order,
        [
            Cut(
                "20_reserve.sql",
                _ORDERED,
                "ORDER BY CASE p_cause_id WHEN 'forwards' THEN stock.sku_id ELSE -stock.sku_id END\n",
            )
        ],
    ),
    "the order of locks in an issue": (
        issued_in_opposite_order,
        [Cut("10_ledger.sql", _ORDERED, "ORDER BY array_position(p_skus, stock.sku_id)\n")],
    ),
    "all or none": (
        all_or_none,
        [
            Cut(
                "20_reserve.sql",
                "= (SELECT count(DISTINCT (candidate.location_id, candidate.sku_id)) FROM candidate)",
                "> 0",
            )
        ],
    ),
    "the merging of duplicate lines": (
        duplicate_lines,
        [Cut("20_reserve.sql", "sum(line.quantity)::bigint", "max(line.quantity)::bigint")],
    ),
    "the moment of lapsing": (
        only_lapsed_units_are_taken,
        [Cut("10_ledger.sql", "reservation.expires_at <= p_now", "reservation.expires_at IS NOT NULL")],
    ),
    "the safety stock": (
        safety_stays,
        [Cut("20_reserve.sql", "CASE WHEN candidate.keep_safety THEN locked.safety ELSE 0 END", "0")],
    ),
    "the state in a release": (
        once_released_or_issued,
        [Cut("20_reserve.sql", "          AND reservation.state = 'open'\n        RETURNING", "        RETURNING")],
    ),
    "the state in an issue": (
        once_released_or_issued,
        [Cut("30_move.sql", "          AND reservation.state = 'open'\n", "")],
    ),
    "the promise in a correction": (
        corrections_respect_promises,
        [
            Cut(
                "30_move.sql",
                "WHEN judged.on_hand < 0 AND judged.free + coalesce(lapsable.quantity, 0) + judged.on_hand < 0",
                "WHEN false",
            )
        ],
    ),
    "the look for an earlier movement": (
        corrections_respect_promises,
        [
            Cut(
                "30_move.sql",
                "WHERE NOT EXISTS (\n        SELECT FROM",
                "WHERE EXISTS (SELECT) OR EXISTS (\n SELECT FROM",
            )
        ],
    ),
}


def holds(scenario, room):
    """Tell whether the scenario ends as it must and the books of the copy agree."""
    try:
        as_expected = scenario(room)
    except Exception as failure:  # noqa: BLE001 - without its guard it may fail in any way
        return f"{type(failure).__name__}"
    return "as it must" if as_expected and room.breaches() == [] else "otherwise"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_with_all_guards_it_holds(scenario):
    with Room() as room:
        assert holds(scenario, room) == "as it must"


@pytest.mark.parametrize("name", CUTS)
def test_without_a_guard_it_is_noticed(name):
    scenario, cuts = CUTS[name]
    with Room(cuts) as room:
        assert holds(scenario, room) != "as it must"


def test_without_lock_and_check_units_are_sold_twice():
    with Room([_UNLOCKED, _UNCHECKED]) as room:
        room.stock(1, 10)
        results = room.together_at_a_held_row(
            BUYERS, lambda connection, index: reserve(connection, f"order {index}", [line(1, 1, 1)])
        )
        assert results.count(True) > 10
        assert room.breaches() == ["inventory_breach_i2_available"]
