"""Do the tests bite? Each guard of the coupon functions is taken away in a copy, and must be missed (habit 12)."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from quanyu.kernel.ids import uuid7
from tests.harness.coupons_room import NOW, Cut, Room, accept, issue, offer, order_door, reserve

pytestmark = pytest.mark.race

HANDS = 16


def sell_out(room):
    """Ten coupons, many claimers: exactly ten, and nobody meets an error."""
    template = room.offer(total_limit=10)
    results = room.together_at_a_held_row(HANDS, lambda connection, _index: issue(connection, template, uuid7()))
    return Counter(results) == {"issued": 10, "sold_out": HANDS - 10}


def one_person(room):
    """One member at many windows: as many as one person may have."""
    template, member = room.offer(per_person=3), uuid7()
    results = room.together_at_a_held_row(HANDS, lambda connection, _index: issue(connection, template, member))
    return Counter(results) == {"issued": 3, "limit": HANDS - 3}


def one_per_cause(room):
    """One cause, told many times at once: one coupon."""
    template, member = room.offer(), uuid7()
    results = room.together_at_a_held_row(
        HANDS, lambda connection, _index: issue(connection, template, member, via="trigger", cause_id="c")
    )
    return Counter(results) == {"issued": 1, "already": HANDS - 1}


def one_pack(room):
    """One new member, told many times at once: one pack."""
    template, member = room.offer(), uuid7()
    results = room.together_at_a_held_row(
        HANDS, lambda connection, _index: issue(connection, template, member, via="pack")
    )
    return Counter(results) == {"issued": 1, "already": HANDS - 1}


def one_order(room):
    """Many orders want one coupon: one has it."""
    member = uuid7()
    coupon = room.coupon(room.offer(), member)
    results = room.together_at_a_held_row(
        HANDS, lambda connection, _index: reserve(connection, uuid7(), member, [coupon])
    )
    return Counter(results) == {None: 1, "used": HANDS - 1}


def all_or_none(room):
    """One of two is used: the other stays."""
    member, template = uuid7(), room.offer()
    good, used = room.coupon(template, member), room.coupon(template, member)
    with room.connect() as connection:
        reserve(connection, uuid7(), member, [used])
        refused = reserve(connection, uuid7(), member, [good, used])
        return refused == "used" and reserve(connection, uuid7(), member, [good]) is None


def own_coupons_in_time(room):
    """Nobody else's, nothing ended, nothing twice in one order."""
    member = uuid7()
    coupon = room.coupon(room.offer(), member)
    with room.connect() as connection:
        return [
            reserve(connection, uuid7(), uuid7(), [coupon]),
            reserve(connection, uuid7(), member, [coupon], at=NOW + timedelta(days=9)),
            reserve(connection, uuid7(), member, [coupon], at=NOW - timedelta(days=1)),
            reserve(connection, uuid7(), member, [coupon, coupon]),
            reserve(connection, uuid7(), member, [coupon]),
        ] == ["unknown", "expired", "not_started", "used", None]


def taken_down(room):
    """What was taken down is taken nowhere."""
    member, template = uuid7(), room.offer()
    coupon = room.coupon(template, member)
    with room.connect() as connection:
        connection.execute("UPDATE coupons_template SET state = 'forced_off', reason = 'x' WHERE id = %s", [template])
        refused = reserve(connection, uuid7(), member, [coupon])
        return refused == "withdrawn" and issue(connection, template, member) == "not_open"


def budget(room):
    """A budget for five, many orders: five."""
    template, members = room.offer(budget_fen=5999), [uuid7() for _ in range(HANDS)]
    coupons = [room.coupon(template, member) for member in members]
    results = room.together_at_a_held_row(
        HANDS, lambda connection, index: reserve(connection, uuid7(), members[index], [coupons[index]])
    )
    return Counter(results) == {None: 5, "budget_spent": HANDS - 5}


def opposite_order(room):
    """Two coupons, wanted in both orders: nobody waits for anybody who waits for him."""
    member, template = uuid7(), room.offer()
    pair = sorted([room.coupon(template, member), room.coupon(template, member)])
    # Both meet at the second coupon, who names it first has come first: without the common order they must deadlock.
    return room.one_after_another_at(
        f"SELECT FROM coupons_coupon WHERE id = '{pair[1]}' FOR NO KEY UPDATE",
        [lambda c: reserve(c, uuid7(), member, pair[::-1]), lambda c: reserve(c, uuid7(), member, pair)],
    ) == [None, "used"]


def comes_back_once(room, *, budget_fen=None):
    """Cancelled many times at once: it comes back once, and can be used again."""
    member, order = uuid7(), uuid7()
    coupon = room.coupon(room.offer(budget_fen=budget_fen), member)
    with room.connect() as connection:
        reserve(connection, order, member, [coupon])
    results = room.together_at_a_held_row(
        HANDS, lambda connection, _index: order_door(connection, "coupons_release", order)
    )
    with room.connect() as connection:
        again = reserve(connection, uuid7(), member, [coupon])
    return Counter(results) == {1: 1, 0: HANDS - 1} and again is None


def budget_comes_back_once(room):
    """And its budget gets it back once."""
    return comes_back_once(room, budget_fen=1000)


def used_once(room):
    """Paid many times at once: used once."""
    member, order = uuid7(), uuid7()
    coupon = room.coupon(room.offer(), member)
    with room.connect() as connection:
        reserve(connection, order, member, [coupon])
    results = room.together_at_a_held_row(
        HANDS, lambda connection, _index: order_door(connection, "coupons_redeem", order)
    )
    return Counter(results) == {1: 1, 0: HANDS - 1}


def one_gift(room):
    """One gift, many friends: one has it. And nobody uses it while it is offered."""
    member = uuid7()
    coupon = room.coupon(room.offer(), member)
    with room.connect() as connection:
        offered = offer(connection, coupon, member, "0a"), offer(connection, coupon, member, "0b")
        used = reserve(connection, uuid7(), member, [coupon])
    results = room.together_at_a_held_row(HANDS, lambda connection, _index: accept(connection, coupon, uuid7(), "0a"))
    return (
        offered == (None, "not_available") and used == "given_away" and Counter(results) == {None: 1, "gone": HANDS - 1}
    )


def lapsed_gift(room):
    """A gift whose time is over is gone, and one that was used meanwhile too."""
    member = uuid7()
    coupon = room.coupon(room.offer(), member)
    late = NOW + timedelta(hours=1)
    with room.connect() as connection:
        offer(connection, coupon, member, "0a")
        gone = accept(connection, coupon, uuid7(), "0a", at=late)
        return gone == "gone" and reserve(connection, uuid7(), member, [coupon], at=late) is None


SCENARIOS = [
    sell_out,
    one_person,
    one_per_cause,
    one_pack,
    one_order,
    all_or_none,
    own_coupons_in_time,
    taken_down,
    budget,
    opposite_order,
    comes_back_once,
    budget_comes_back_once,
    used_once,
    one_gift,
    lapsed_gift,
]
ISSUE, USE, READ, HOLD = "20_issue.sql", "30_use.sql", "10_append_only.sql", "40_hold.sql"
_TOTAL = Cut(ISSUE, "        LIMIT v_counter.total_limit - v_counter.issued\n", "")
_COUNTER_LOCK = Cut(ISSUE, "WHERE counter.template_id = v_template\n    FOR NO KEY UPDATE;",
                    "WHERE counter.template_id = v_template;")  # fmt: skip
_UNLOCKED = Cut(USE, "ORDER BY coupon.id FOR NO KEY UPDATE;", ";")
_BUDGET_LOCK = Cut(USE, "ORDER BY counter.template_id\n    FOR NO KEY UPDATE;", ";")
_ANY_STATE = Cut(
    USE, "WHERE coupon.order_id = p_order AND coupon.state = 'reserved'\n", "WHERE coupon.order_id = p_order\n"
)
_NO_REFUSAL = "    IF v_refused IS NOT NULL THEN\n        RETURN v_refused;\n    END IF;\n\n    WITH locked"
_BUDGET_ROWS = "        ORDER BY counter.template_id\n        FOR NO KEY UPDATE\n    )\n    SELECT array_agg"
_BUDGET_SUM = "HAVING counter.committed_fen + sum(coalesce(wanted.amount_fen, 0)) > counter.budget_fen"
_TWICE = "WHEN row_number() OVER (PARTITION BY wanted.id ORDER BY wanted.place) > 1 THEN 'used'\n"
_PERSON = "WHEN person.claimed + person.carried >= v_counter.per_person_limit"
CUTS = {
    "the lock on the counter": (sell_out, [_COUNTER_LOCK]),
    "the lock on the counter, per person": (one_person, [_COUNTER_LOCK]),
    "the lock on the counter, per cause": (one_per_cause, [_COUNTER_LOCK]),
    "the lock on the counter, per pack": (one_pack, [_COUNTER_LOCK]),
    "the total limit": (sell_out, [_TOTAL]),
    "the limit per person": (one_person, [Cut(ISSUE, _PERSON, "WHEN false")]),
    "the look for the same cause": (one_per_cause, [Cut(ISSUE, "WHERE v_via = 'trigger'", "WHERE false")]),
    "the look for the same pack": (one_pack, [Cut(ISSUE, "WHERE v_via = 'pack'", "WHERE false")]),
    "the state of the offer": (taken_down, [Cut(ISSUE, "template.state = 'live' AND ", "")]),
    "the lock on the coupon": (one_order, [_UNLOCKED]),
    "the common order of the locks": (
        opposite_order,
        [Cut(USE, "ORDER BY coupon.id FOR NO KEY", "ORDER BY array_position(p_coupons, coupon.id) FOR NO KEY")],
    ),
    "the look at the state": (
        one_order,
        [Cut(READ, "WHEN p_state IN ('reserved', 'redeemed') THEN 'used'\n        ", "")],
    ),
    "the look at the holder": (
        own_coupons_in_time,
        [Cut(USE, "ON coupon.id = wanted.id AND coupon.member_id = p_member", "ON coupon.id = wanted.id")],
    ),
    "the end of a coupon": (own_coupons_in_time, [Cut(READ, " OR p_valid_until <= p_at", "")]),
    "the beginning of a coupon": (
        own_coupons_in_time,
        [Cut(READ, "WHEN p_valid_from > p_at THEN 'not_started'", "")],
    ),
    "once in an order": (own_coupons_in_time, [Cut(USE, _TWICE, "")]),
    "the offer that was taken down": (taken_down, [Cut(READ, " OR p_template_state = 'forced_off'", "")]),
    "no refusal before all are looked at": (all_or_none, [Cut(USE, _NO_REFUSAL, "    WITH locked")]),
    "the lock on the budget": (budget, [Cut(USE, _BUDGET_ROWS, "    )\n    SELECT array_agg")]),
    "the look at the budget": (budget, [Cut(USE, _BUDGET_SUM, "HAVING false")]),
    "the lock before it comes back": (comes_back_once, [_UNLOCKED]),
    "both locks before the budget gets it back": (budget_comes_back_once, [_UNLOCKED, _BUDGET_LOCK]),
    "the state before use": (used_once, [_UNLOCKED, _ANY_STATE]),
    "a gift is no coupon to use": (one_gift, [Cut(READ, "WHEN p_offered_until > p_at THEN 'given_away'\n", "")]),
    "the lock before accepting": (one_gift, [_UNLOCKED]),
    "the time of a gift": (lapsed_gift, [Cut(HOLD, " OR v_gift.expires_at <= v_now", "")]),
}


def holds(scenario, room):
    """Tell whether the scenario ends as it must and the books of the copy agree."""
    try:
        as_expected = scenario(room)
    except Exception as failure:  # noqa: BLE001 - without its guard it may fail in any way
        return type(failure).__name__
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


def test_without_lock_limit_and_check_more_are_issued_than_there_are():
    cuts = [
        _COUNTER_LOCK,
        Cut(constraint=("coupons_counter", "coupons_counter_total")),
        _TOTAL,
    ]
    with Room(cuts) as room:
        template = room.offer(total_limit=10)
        results = room.together(HANDS, lambda connection, _index: issue(connection, template, uuid7()))
        assert results.count("issued") == HANDS
        assert room.breaches() == ["coupons_breach_i4_issued"]


@pytest.mark.parametrize(
    ("constraint", "scenario", "cuts"),
    [
        (("coupons_counter", "coupons_counter_total"), sell_out, ["the total limit"]),
        (("coupons_person", "coupons_person_limit"), one_person, ["the limit per person"]),
        (("coupons_counter", "coupons_counter_budget"), budget, ["the look at the budget"]),
        (("coupons_coupon", "= 'trigger'"), one_per_cause, ["the look for the same cause"]),
        (("coupons_coupon", "= 'pack'"), one_pack, ["the look for the same pack"]),
    ],
)
def test_the_tables_hold_where_the_functions_forget(constraint, scenario, cuts):
    """With the function's own look taken away the table refuses; without the table's guard the books go wrong."""
    forgotten = [cut for name in cuts for cut in CUTS[name][1]]
    with Room(forgotten) as room:
        assert holds(scenario, room) == "otherwise"
        assert room.breaches() == []
    with Room([*forgotten, Cut(constraint=constraint)]) as room:
        assert holds(scenario, room) == "otherwise"
        with room.connect() as connection:
            count = connection.execute("SELECT count(*) FROM coupons_coupon").fetchone()
            taken = connection.execute("SELECT count(*) FROM coupons_coupon WHERE state = 'reserved'").fetchone()
        assert count == (HANDS,)
        assert taken == ((HANDS,) if scenario is budget else (0,))
