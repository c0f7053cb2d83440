"""What orders earn, when it becomes usable, and what a return takes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind, Grant, Scope
from quanyu.kernel.ids import uuid7
from quanyu.kernel.problem import Forbidden
from quanyu.modules.points import api as points
from quanyu.modules.points.contracts import EarningRule, EarnLine, LotState, PointsInvalid
from quanyu.modules.points.rules import expires_at
from quanyu.platform import db, settings_tree
from tests.harness import organization
from tests.harness import points as build
from tests.harness.points import NOW

LATER = NOW + timedelta(days=7)
PER_10_YUAN = EarningRule(id=0, version=0, points=1, per_fen=1_000)


def events(topic: str, member_id: object) -> list[dict[str, object]]:
    """Return the payloads of a topic about a member."""
    rows = db.rows(
        "SELECT payload::text AS payload FROM platform_outbox WHERE topic = %s AND aggregate = %s ORDER BY id",
        [topic, str(member_id)],
    )
    return [msgspec.json.decode(row["payload"]) for row in rows]


def test_an_order_earns_with_one_floor_and_its_lines_share_it() -> None:
    """Every 10 yuan 1 point: 5.50 + 6.50 + 8.10 = 20.10 yuan are 2 points, split by largest remainder."""
    result = points.earned(lines=build.lines(550, 650, 810), rule=PER_10_YUAN)
    assert (result.total, result.parts) == (2, (0, 1, 1))
    assert points.earned(lines=build.lines(550, 650, 810), rule=PER_10_YUAN, multiplier_bp=15_000).total == 3
    assert points.earned(lines=(), rule=PER_10_YUAN).total == 0


@pytest.mark.parametrize(("lines", "multiplier_bp"), [((EarnLine(1, -1),), 10_000), ((EarnLine(1, 100),), -1)])
def test_negative_figures_earn_nothing(lines: tuple[EarnLine, ...], multiplier_bp: int) -> None:
    """They are refused, not rounded away."""
    with pytest.raises(PointsInvalid):
        points.earned(lines=lines, rule=PER_10_YUAN, multiplier_bp=multiplier_bp)


def test_an_order_earns_once_and_its_lot_tells_how() -> None:
    """PTS-01: the lot names order, store, rule version and multiplier; a repeat with other lines changes nothing."""
    member = build.make_member()
    store_id = organization.make_store().unit.id
    rule = points.set_rule(unit_id=store_id, points=1, per_fen=1_000, starts_at=NOW, actor=SYSTEM, now=NOW)
    order = build.earn(member, 5_500, 4_600, store_id=store_id, multiplier_bp=20_000)
    build.earn(member, 99_900, order_id=order, store_id=store_id)
    lot = points.lots(member_id=member)[0]
    assert (lot.points, lot.remaining, lot.state, lot.cause_kind, lot.cause_id) == (
        20,
        20,
        LotState.LIVE,
        "order",
        str(order),
    )
    assert rule.rule is not None
    assert (lot.store_id, lot.rule_id, lot.rule_version, lot.multiplier_bp) == (store_id, rule.rule.id, 1, 20_000)
    assert lot.expires_at == expires_at(NOW)
    parts = db.rows("SELECT line, base_fen, points FROM points_earning WHERE lot_id = %s ORDER BY line", [lot.id])
    assert [tuple(part.values()) for part in parts] == [(1, 5_500, 11), (2, 4_600, 9)]
    assert build.ledger(member) == [("earn", 20, 0, 0)]
    assert events("points.earned.1", member) == [
        {
            "member_id": str(member),
            "lot_id": lot.id,
            "cause_kind": "order",
            "cause_id": str(order),
            "points": 20,
            "pending": False,
        }
    ]


def test_an_order_that_earned_nothing_cannot_earn_later() -> None:
    """Once per order holds for zero points too; nothing is moved and nobody is told."""
    member = build.make_member()
    order = build.earn(member, 99)
    build.earn(member, 100_000, order_id=order)
    assert build.figures(member) == (0, 0, 0)
    assert build.ledger(member) == []
    assert events("points.earned.1", member) == []


def test_a_line_is_named_once() -> None:
    """Two lines of one number are refused before anything is written."""
    member = build.make_member()
    with pytest.raises(PointsInvalid):
        points.earn(
            member_id=member, order_id=uuid7(), store_id=organization.enterprise().id, path=(),
            lines=(EarnLine(1, 100), EarnLine(1, 200)), mature_at=None, now=NOW,
        )  # fmt: skip
    assert points.lots(member_id=member) == []


def test_points_wait_until_the_after_sale_window_closes() -> None:
    """Pending first; the clock makes them usable, once."""
    member = build.make_member()
    build.earn(member, 10_000, mature_at=LATER)
    assert build.figures(member) == (0, 100, 0)
    early, due = LATER - timedelta(seconds=1), LATER
    while points.mature_due(now=early):
        pass
    assert build.figures(member, now=early) == (0, 100, 0)
    while points.mature_due(now=due):
        pass
    assert build.figures(member, now=due) == (100, 0, 0)
    assert points.mature_due(now=due) == 0
    assert build.ledger(member) == [("earn", 0, 100, 0), ("mature", 100, -100, 0)]


def test_the_setting_says_when_points_become_usable() -> None:
    """points.maturing: seven days after the order was completed, or at once at a store that says so."""
    store_id = organization.make_store().unit.id
    path = (organization.enterprise().id, store_id)
    assert points.mature_at(path=path, completed_at=NOW) == LATER
    settings_tree.set_value(SYSTEM, f"unit:{store_id}", "points.maturing", "at_once", NOW)
    assert points.mature_at(path=path, completed_at=NOW) is None


def test_a_return_takes_back_what_the_rest_would_not_have_earned() -> None:
    """By the same rule version and multiplier, even when the rule has changed since; proportional, with one floor."""
    member = build.make_member()
    store_id = organization.make_store().unit.id
    points.set_rule(unit_id=store_id, points=1, per_fen=1_000, starts_at=NOW, actor=SYSTEM, now=NOW)
    order = build.earn(member, 5_500, 4_600, store_id=store_id, multiplier_bp=15_000)
    assert build.figures(member) == (15, 0, 0)
    points.set_rule(unit_id=store_id, points=1, per_fen=100, starts_at=NOW, actor=SYSTEM, now=NOW)
    for _ in range(2):
        assert points.take_back(order_id=order, lines=(EarnLine(1, 5_500),), cause="return 1", now=NOW) == 7
        assert build.figures(member) == (8, 0, 0)
    assert points.take_back(order_id=order, lines=(), cause="return 2", now=NOW) == 8
    assert points.take_back(order_id=order, lines=(), cause="return 3", now=NOW) == 0
    assert build.ledger(member) == [("earn", 15, 0, 0), ("claw_back", -7, 0, 0), ("claw_back", -8, 0, 0)]
    assert [event["points"] for event in events("points.taken_back.1", member)] == [7, 8]


def test_a_return_takes_back_pending_points() -> None:
    """What is not usable yet is simply no longer coming."""
    member = build.make_member()
    order = build.earn(member, 10_000, mature_at=LATER)
    assert points.take_back(order_id=order, lines=(EarnLine(1, 2_500),), cause="return", now=NOW) == 75
    assert build.figures(member) == (0, 25, 0)
    assert points.take_back(order_id=uuid7(), lines=(), cause="return", now=NOW) == 0


def test_points_that_were_spent_already_are_owed_and_the_next_ones_pay() -> None:
    """Clawback after the points were used: own lot, then the oldest, then debt; never negative, and visible."""
    member = build.make_member()
    build.give(member, 30)
    order = build.earn(member, 10_000)
    assert build.spend(member, 110)
    assert points.take_back(order_id=order, lines=(), cause="return", now=NOW) == 100
    assert build.figures(member) == (0, 0, 80)
    assert events("points.taken_back.1", member)[0]["debt"] == 80
    build.earn(member, 5_000)
    assert build.figures(member) == (0, 0, 30)
    build.earn(member, 7_000, mature_at=LATER)
    assert build.figures(member) == (0, 70, 30)
    while points.mature_due(now=LATER):
        pass
    assert build.figures(member, now=LATER) == (40, 0, 0)
    assert build.ledger(member)[-2:] == [("mature", 70, -70, 0), ("repay", -30, 0, -30)]


def test_points_that_come_back_pay_what_is_owed() -> None:
    """A returned order gives points back: they settle the debt before they are usable again."""
    member, order = build.make_member(), uuid7()
    earning = build.earn(member, 10_000)
    build.spend(member, 100, order_id=order)
    points.take_back(order_id=earning, lines=(), cause="return", now=NOW)
    assert build.figures(member) == (0, 0, 100)
    assert build.restore(order, None) == 100
    assert build.figures(member) == (0, 0, 0)


def test_points_that_ended_unused_are_not_taken_back_again() -> None:
    """60 of 100 were used, 40 ended: a whole return takes back 60, not 100."""
    member = build.make_member()
    order = build.earn(member, 10_000)
    build.spend(member, 60)
    end = expires_at(NOW)
    assert points.take_back(order_id=order, lines=(), cause="return", now=end) == 60
    assert build.figures(member, now=end) == (0, 0, 60)


def test_given_points_come_once_and_live_two_years_at_most() -> None:
    """Once per cause; an end beyond two years or in the past is refused (PTS-06)."""
    member = build.make_member()
    for amount in (20, 30):
        given = points.give(
            member_id=member,
            points=amount,
            cause_kind="birthday",
            cause_id=f"b{member}",
            reason="生日",
            actor=SYSTEM,
            now=NOW,
        )
        assert given == 20
    assert build.figures(member) == (20, 0, 0)
    for end in (NOW, expires_at(NOW) + timedelta(seconds=1)):
        with pytest.raises(PointsInvalid):
            build.give(member, 5, valid_until=end)
    assert build.figures(member) == (20, 0, 0)


def test_nobody_gives_points_by_hand_alone() -> None:
    """Staff need four eyes: the door refuses them whatever their grants."""
    member = build.make_member()
    boss = Actor(kind=ActorKind.STAFF, id="1", grants=(Grant(frozenset({"*"}), Scope.ALL),))
    with pytest.raises(Forbidden):
        points.give(member_id=member, points=5, cause_kind="x", cause_id="y", reason="z", actor=boss, now=NOW)
    assert build.figures(member) == (0, 0, 0)


def test_history_tells_deeds_newest_first_and_pages_back() -> None:
    """A spend over two lots is one entry; the id of the last entry is the cursor."""
    member, order = build.make_member(), uuid7()
    build.give(member, 30)
    build.give(member, 40)
    build.spend(member, 50, order_id=order)
    newest = points.history(member_id=member, limit=1)
    assert [(entry.kind, entry.available, entry.cause_kind, entry.cause_id) for entry in newest] == [
        ("spend", -50, "order", str(order))
    ]
    before = points.history(member_id=member, before=newest[-1].id)
    assert [(entry.kind, entry.available) for entry in before] == [("give", 40), ("give", 30)]
    assert points.history(member_id=member, before=before[-1].id) == []


def test_the_balance_lists_what_ends_next() -> None:
    """By the last day of use, in the store's time zone; other members' points are not in it."""
    member, other = build.make_member(), build.make_member()
    build.give(member, 30, valid_until=datetime(2026, 4, 30, 16, tzinfo=UTC))
    build.give(member, 5, valid_until=datetime(2026, 4, 30, 16, tzinfo=UTC))
    build.give(member, 40)
    found = points.balances(member_ids=[member, other], now=NOW)
    assert [(str(expiry.last_day), expiry.points) for expiry in found[member].next_expiries] == [
        ("2026-04-30", 35), ("2028-03-02", 40)
    ]  # fmt: skip
    assert (found[other].available, found[other].next_expiries) == (0, ())
