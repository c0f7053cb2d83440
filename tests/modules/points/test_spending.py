"""Spending takes the points that end first, never more than there are, and everything can come back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from quanyu.kernel.ids import uuid7
from quanyu.modules.points import api as points
from quanyu.modules.points.contracts import PointsInvalid, PointsShort
from quanyu.modules.points.rules import end_of
from quanyu.platform import db
from tests.harness import points as build
from tests.harness.points import NOW

MAY = datetime(2026, 5, 1, 4, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, 4, tzinfo=UTC)


def test_points_that_end_first_are_spent_first() -> None:
    """FEFO: the later-earned lot that ends earlier goes first; a spend over two lots is two linked movements."""
    member = build.make_member()
    build.give(member, 100, valid_until=JUNE)
    build.give(member, 50, valid_until=MAY)
    assert build.spend(member, 80)
    assert build.left(member) == [0, 70]
    assert build.ledger(member)[2:] == [("spend", -50, 0, 0), ("spend", -30, 0, 0)]
    assert build.figures(member) == (70, 0, 0)


def test_too_few_points_are_refused_and_nothing_changes() -> None:
    """PTS: false from the SQL door, PointsShort from the Python one; no movement either way."""
    member = build.make_member()
    build.give(member, 100)
    before = build.ledger(member)
    assert not build.spend(member, 101)
    with pytest.raises(PointsShort) as refused:
        points.spend(member_id=member, cause_kind="exchange", cause_id=str(uuid7()), points=101, now=NOW)
    assert refused.value.params == {"wanted": 101, "available": 100}
    assert build.ledger(member) == before
    assert build.figures(member) == (100, 0, 0)


def test_a_member_who_never_had_points_has_none_to_spend() -> None:
    """No account row is made by asking."""
    member = build.make_member()
    assert not build.spend(member, 1)
    assert build.spend(member, 0)
    assert db.value("SELECT count(*) FROM points_account WHERE member_id = %s", [member]) == 0


@pytest.mark.parametrize("wanted", [0, -5, 1_000_000_001])
def test_only_a_number_of_points_is_spent(wanted: int) -> None:
    """Zero, negative and absurd numbers are refused by the door."""
    member = build.make_member()
    build.give(member, 10)
    with pytest.raises(PointsInvalid):
        points.spend(member_id=member, cause_kind="exchange", cause_id="x", points=wanted, now=NOW)
    assert build.figures(member) == (10, 0, 0)


def test_an_order_spends_once() -> None:
    """A repeated call changes nothing; one with another number or member is refused."""
    member, other, order = build.make_member(), build.make_member(), uuid7()
    build.give(member, 100)
    build.give(other, 100)
    assert build.spend(member, 60, order_id=order)
    assert build.spend(member, 60, order_id=order)
    assert not build.spend(member, 30, order_id=order)
    assert not build.spend(other, 60, order_id=order)
    assert build.figures(member) == (40, 0, 0)
    assert build.figures(other) == (100, 0, 0)


def test_pending_points_cannot_be_spent() -> None:
    """They are seen, but not usable before their time."""
    member = build.make_member()
    build.earn(member, 10_000, mature_at=NOW + timedelta(days=7))
    assert not build.spend(member, 1)
    assert build.figures(member) == (0, 100, 0)


def test_points_come_back_to_the_lots_they_came_from_last_drawn_first() -> None:
    """A partial return fills the lot that was drawn last; the rest comes back later, never more than was spent."""
    member, order = build.make_member(), uuid7()
    build.give(member, 50, valid_until=MAY)
    build.give(member, 100, valid_until=JUNE)
    build.spend(member, 80, order_id=order)
    assert build.restore(order, 40, cause="return 1") == 40
    assert build.left(member) == [10, 100]
    assert build.restore(order, None, cause="return 2") == 40
    assert build.left(member) == [50, 100]
    assert build.restore(order, 10, cause="return 3") == 0
    assert build.figures(member) == (150, 0, 0)


def test_a_repeated_giving_back_changes_nothing() -> None:
    """Once per order and cause, with the same answer."""
    member, order = build.make_member(), uuid7()
    build.give(member, 100)
    build.spend(member, 80, order_id=order)
    assert build.restore(order, 30) == 30
    assert build.restore(order, 30) == 30
    assert build.figures(member) == (50, 0, 0)
    assert build.restore(uuid7(), None) == 0


def test_an_order_that_lapsed_and_is_paid_late_spends_and_returns_again() -> None:
    """A late payment revives the order: it spends its points anew, and a second lapse gives them back anew."""
    member, order = build.make_member(), uuid7()
    build.give(member, 100)
    for _ in range(2):
        assert build.spend(member, 80, order_id=order)
        assert build.figures(member) == (20, 0, 0)
        assert build.restore(order, None, cause="lapsed") == 80
        assert build.figures(member) == (100, 0, 0)
    assert build.restore(order, None, cause="lapsed") == 80
    assert build.figures(member) == (100, 0, 0)


def test_points_that_come_back_after_their_time_get_a_grace() -> None:
    """Restore after expiry: the returned points live 30 days on; what was left unspent in the lot is gone."""
    member, order = build.make_member(), uuid7()
    build.give(member, 100, valid_until=MAY)
    build.spend(member, 60, order_id=order)
    assert build.restore(order, None, now=JUNE) == 60
    assert build.figures(member, now=JUNE) == (60, 0, 0)
    lot = points.lots(member_id=member)[0]
    assert lot.expires_at == end_of(date(2026, 7, 1))
    assert build.ledger(member)[2:] == [("expire", -40, 0, 0), ("restore", 60, 0, 0)]
    while points.expire_due(now=lot.expires_at):
        pass
    assert build.figures(member, now=lot.expires_at) == (0, 0, 0)


def test_an_exchange_outside_of_an_order_spends_and_returns() -> None:
    """What coupons use: spend by any cause, once, and give it back."""
    member = build.make_member()
    build.give(member, 100)
    for _ in range(2):
        points.spend(member_id=member, cause_kind="coupon", cause_id=f"c{member}", points=70, now=NOW)
    assert build.figures(member) == (30, 0, 0)
    for _ in range(2):
        assert points.restore(cause_kind="coupon", cause_id=f"c{member}", cause="void", now=NOW) == 70
    assert build.figures(member) == (100, 0, 0)
