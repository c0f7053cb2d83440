"""Flash sales under attack: first the race with the guard taken away, then the guarded run (habit 12)."""

from __future__ import annotations

from collections import Counter

import pytest

from quanyu.kernel.ids import uuid7
from tests.harness.flash_room import Cut, FlashRoom, follow, give_back, order, stop, take

pytestmark = pytest.mark.race

BUYERS = 48
GATE = 72_019
HOLD_SALES = "UPDATE flash_sale SET taken = taken"
# A lock, not an update: an INSERT ... ON CONFLICT waits for who updates the row, and all would meet there, too early.
HOLD_PURCHASES = "SELECT FROM flash_purchase FOR NO KEY UPDATE"
# Who waits behind a lock comes in the order of arrival; behind an update all look at the new row at once.
IN_ORDER = "SELECT FROM flash_sale FOR NO KEY UPDATE"
HOLD_GATE = f"SELECT pg_advisory_xact_lock({GATE})"

NO_LIMIT_CHECK = Cut(constraint=("flash_purchase", "flash_purchase_within_limit"))
NO_TOTAL_CHECK = Cut(constraint=("flash_sale", "flash_sale_within_total"))
NO_SALE_LOCK = Cut("20_take.sql", "        FOR NO KEY UPDATE;", "        ;")
NO_SHARED_LOCK = Cut("20_take.sql", "WHERE sale.id = v_sales[i] FOR SHARE;", "WHERE sale.id = v_sales[i];")
NO_PURCHASE_LOCK = Cut("20_take.sql", "    FOR NO KEY UPDATE OF purchase;", "    ;")
# Where nobody waits for a lock any more all look before one of them writes: they meet here instead.
MEET_BEFORE_WRITING = Cut(
    "20_take.sql",
    "    v_refused := flash_judge(v_wants, p_at);\n",
    f"    v_refused := flash_judge(v_wants, p_at);\n    PERFORM pg_advisory_xact_lock_shared({GATE});\n",
)


def last_pieces(room):
    """48 members for the last ten pieces, one each: exactly ten have them."""
    sale = room.sale(total=10)
    members = [uuid7() for _ in range(BUYERS)]
    told = room.together_at_a_held_row(
        BUYERS, lambda connection, index: take(connection, order(members[index], (sale, 1)))[0], HOLD_SALES, HOLD_GATE
    )
    return Counter(told) == {None: 10, "sold_out": BUYERS - 10} and room.had(sale) == 10 and room.breaches() == []


def many_tabs(room):
    """One member with 16 orders in as many processes: exactly as many pieces as one may have."""
    sale, member = room.sale(limit=2), uuid7()
    with room.connect() as connection:
        assert take(connection, order(member, (sale, 1))) == [None]
    told = room.together_at_a_held_row(
        16, lambda connection, index: take(connection, order(member, (sale, 1)))[0], HOLD_PURCHASES, HOLD_GATE
    )
    return Counter(told) == {None: 1, "limit_reached": 15} and room.had(sale) == 2 and room.breaches() == []


def one_order_in_many_processes(room):
    """One order sent 16 times at once takes once, and every call is told so."""
    sale = room.sale(limit=2, total=2)
    one = order(uuid7(), (sale, 2))
    told = room.together_at_a_held_row(16, lambda connection, index: take(connection, one)[0])
    return told == [None] * 16 and room.had(sale) == 2 and room.breaches() == []


def one_order_lapses_in_many_processes(room):
    """One order given back 16 times at once gives back once."""
    sale = room.sale(limit=5, total=5)
    one, other = order(uuid7(), (sale, 2)), order(uuid7(), (sale, 1))
    with room.connect() as connection:
        assert take(connection, one, other) == [None, None]
    told = room.together_at_a_held_row(16, lambda connection, index: give_back(connection, one["id"]))
    return sorted(told, key=str) == [0] * 15 + [1] and room.had(sale) == 1 and room.breaches() == []


def unpaid_return_to_the_last(room):
    """Ten sold, five of them lapse while eight others wait: each piece that comes back is sold, and no more.

    Who waits may overtake who gives back (a row that was changed has no queue), and is told that it is sold out;
    whoever comes then has the rest.
    """
    sale = room.sale(total=10)
    first = [order(uuid7(), (sale, 1)) for _ in range(10)]
    with room.connect() as connection:
        assert take(connection, *first) == [None] * 10
    lapsing = [lambda connection, one=one: give_back(connection, one["id"]) for one in first[:5]]
    buying = [lambda connection: take(connection, order(uuid7(), (sale, 1)))[0]] * 8
    told = room.one_after_another_at(IN_ORDER, [*lapsing, *buying])
    with room.connect() as connection:
        late = [take(connection, order(uuid7(), (sale, 1)))[0] for _ in range(6)]
    return (
        told[:5] == [1] * 5
        and Counter(told[5:] + late) == {None: 5, "sold_out": 9}
        and room.had(sale) == 10
        and room.breaches() == []
    )


def stopped_while_sold(room):
    """Orders that come after the stop of a sale do not get through, though they began while it was not committed."""
    sale = room.sale()
    buying = [lambda connection: take(connection, order(uuid7(), (sale, 1)))[0]] * 8
    told = room.one_after_another_at(f"{IN_ORDER}; {HOLD_GATE}", [lambda connection: stop(connection, sale), *buying])
    return told == ["stopped"] + ["over"] * 8 and room.had(sale) == 0


def two_items_in_opposite_order(room):
    """Two hot items, wanted in both orders: nobody waits for anybody who waits for him."""
    one, other = room.sale(total=9), room.sale(total=9)
    told = room.one_after_another_at(
        f"SELECT FROM flash_sale WHERE id = {other} FOR NO KEY UPDATE",
        [
            lambda connection: take(connection, order(uuid7(), (other, 1)), order(uuid7(), (one, 1))),
            lambda connection: take(connection, order(uuid7(), (one, 1)), order(uuid7(), (other, 1))),
        ],
    )
    return told == [[None, None]] * 2 and (room.had(one), room.had(other)) == (2, 2)


def two_members_in_opposite_order(room):
    """Two batches with the same two members in both orders: nobody waits for anybody who waits for him."""
    sale = room.sale(limit=9)
    members = sorted([uuid7(), uuid7()])
    with room.connect() as connection:
        assert take(connection, *[order(member, (sale, 1)) for member in members]) == [None, None]
    told = room.one_after_another_at(
        f"SELECT FROM flash_purchase WHERE member_id = '{members[1]}' FOR NO KEY UPDATE",
        [
            lambda connection: take(connection, *[order(member, (sale, 1)) for member in reversed(members)]),
            lambda connection: take(connection, *[order(member, (sale, 1)) for member in members]),
        ],
    )
    return told == [[None, None]] * 2 and [room.had(sale, member) for member in members] == [3, 3]


def merged_while_given_back(room):
    """An order lapses while its member's file is merged: neither waits for the other in a ring, and the books agree."""
    sale, loser, winner = room.sale(limit=2, total=5), uuid7(), uuid7()
    one = order(loser, (sale, 2))
    with room.connect() as connection:
        assert take(connection, one, order(winner, (sale, 1))) == [None, None]
    told = room.one_after_another_at(
        HOLD_PURCHASES,
        [lambda connection: give_back(connection, one["id"]), lambda connection: follow(connection, loser, winner)],
    )
    return told == [1, "merged"] and room.had(sale, winner) == 1 and room.had(sale) == 1 and room.breaches() == []


CUTS = {
    "nobody queues at a sale": (last_pieces, (NO_SALE_LOCK, NO_TOTAL_CHECK, MEET_BEFORE_WRITING)),
    "nobody queues at a sale, but the CHECK": (last_pieces, (NO_SALE_LOCK, MEET_BEFORE_WRITING)),
    "the pieces in all are not judged": (
        last_pieces,
        (Cut("20_take.sql", "WHEN v_in_all < v_want.quantity", "WHEN false"), NO_TOTAL_CHECK),
    ),
    "a member's orders do not queue": (many_tabs, (NO_PURCHASE_LOCK, NO_LIMIT_CHECK, MEET_BEFORE_WRITING)),
    "a member's orders do not queue, but the CHECK": (many_tabs, (NO_PURCHASE_LOCK, MEET_BEFORE_WRITING)),
    "the limit is not judged": (
        many_tabs,
        (Cut("20_take.sql", "WHEN v_had < v_want.quantity", "WHEN false"), NO_LIMIT_CHECK),
    ),
    "an order that has taken is judged again": (
        one_order_in_many_processes,
        (Cut("20_take.sql", "        WHERE NOT EXISTS (\n            SELECT FROM flash_taking",
             "        WHERE true OR NOT EXISTS (\n            SELECT FROM flash_taking"),),
    ),
    "an order may take twice": (
        one_order_in_many_processes,
        (Cut("20_take.sql", "        WHERE taking.state = 'given_back'\n        RETURNING", "        RETURNING"),),
    ),
    "what was given back is given back again": (
        one_order_lapses_in_many_processes,
        (
            Cut(
                "20_take.sql",
                "        WHERE taking.order_id = p_order AND taking.state = 'taken'\n        RETURNING",
                "        WHERE taking.order_id = p_order\n        RETURNING",
            ),
        ),
    ),
    "what comes back is not counted": (
        unpaid_return_to_the_last,
        (
            Cut(
                "20_take.sql",
                "WHERE sale.id = moved.sale_id AND sale.units_total IS NOT NULL;",
                "WHERE sale.id = moved.sale_id AND sale.units_total IS NOT NULL AND moved.quantity > 0;",
            ),
        ),
    ),
    "a stop waits for nobody": (stopped_while_sold, (NO_SHARED_LOCK, MEET_BEFORE_WRITING)),
    "a stop is not looked at": (
        stopped_while_sold,
        (Cut("20_take.sql", "OR v_want.stopped_at IS NOT NULL ", ""),),
    ),
    "sales are locked as they come": (
        two_items_in_opposite_order,
        (Cut("20_take.sql", "array_agg(DISTINCT want.sale_id)", "array_agg(want.sale_id)"),),
    ),
    "members are locked as they come": (
        two_members_in_opposite_order,
        (
            Cut(
                "20_take.sql",
                "    ORDER BY purchase.sale_id, purchase.member_id\n",
                "    ORDER BY position(purchase.member_id::text IN p_wants::text)\n",
            ),
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CUTS)
def test_without_its_guard_the_race_is_lost(name: str) -> None:
    """Each guard of the SQL room is taken away in a copy, and is missed."""
    scene, cuts = CUTS[name]
    with FlashRoom(cuts=cuts) as room:
        assert not scene(room)


@pytest.mark.parametrize("scene", dict.fromkeys(scene for scene, _ in CUTS.values()), ids=lambda scene: scene.__name__)
def test_with_its_guards_every_race_is_won(scene) -> None:
    """Nobody has more than he may, the last piece is sold, and the books agree."""
    with FlashRoom() as room:
        assert scene(room)
