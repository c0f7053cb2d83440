"""Earning rules: the brand's default, the stores' overrides within head office's range, versions for ever."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind, Grant, Scope
from quanyu.kernel.problem import Forbidden, NotFound
from quanyu.modules.organization.contracts import UnitKind
from quanyu.modules.points import api as points
from quanyu.modules.points.contracts import RangeTooNarrow, RuleInvalid, RuleOutOfRange
from quanyu.modules.points.rules import DEFAULT_RULE
from quanyu.platform import db
from tests.harness import organization
from tests.harness.points import NOW

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def a_wide_range() -> Iterator[None]:
    """The tests of the database share one enterprise: leave it with a range that binds nobody."""
    yield
    points.set_range(least=0, most=1_000_000_000, actor=SYSTEM, now=NOW)


def place() -> tuple[int, int, int]:
    """Return the path of a new store: enterprise, brand, store."""
    brand = organization.make_unit(UnitKind.BRAND)
    store = organization.make_store(parent_id=brand.id)
    return organization.enterprise().id, brand.id, store.unit.id


def rate(path: tuple[int, ...], at=NOW) -> tuple[int, int]:
    """Return the points and the money of the rule that holds."""
    rule = points.earning_rule(path=path, at=at)
    return rule.points, rule.per_fen


def set_rule(unit_id: int, figures: tuple[int | None, int | None], *, now=NOW, starts_at=None) -> int:
    """Set a rule; return its version."""
    return points.set_rule(
        unit_id=unit_id, points=figures[0], per_fen=figures[1], starts_at=starts_at, actor=SYSTEM, now=now
    ).version


def test_the_nearest_rule_wins_and_a_store_can_go_back() -> None:
    """PTS-02, A7: 10 yuan 1 point by the brand, 1 yuan 1 point at one store; other stores keep the brand's."""
    path = place()
    sister = (*path[:2], organization.make_store(parent_id=path[1]).unit.id)
    assert points.earning_rule(path=path, at=NOW) == DEFAULT_RULE
    set_rule(path[1], (1, 1_000))
    assert set_rule(path[2], (1, 100)) == 1
    assert (rate(path), rate(sister)) == ((1, 100), (1, 1_000))
    assert set_rule(path[2], (None, None), now=NOW + DAY) == 2
    assert rate(path, NOW + DAY) == (1, 1_000)
    assert rate(path, NOW) == (1, 100)
    assert [version.rule is None for version in points.rule_versions(unit_id=path[2])] == [True, False]


def test_a_rule_can_begin_later_but_never_earlier() -> None:
    """A version in force from tomorrow leaves today alone; the past is refused."""
    path = place()
    set_rule(path[2], (2, 100))
    set_rule(path[2], (3, 100), starts_at=NOW + DAY)
    assert (rate(path), rate(path, NOW + DAY)) == ((2, 100), (3, 100))
    with pytest.raises(RuleInvalid):
        set_rule(path[2], (4, 100), starts_at=NOW - DAY)
    assert rate(path, NOW + DAY) == (3, 100)


@pytest.mark.parametrize("figures", [(-1, 100), (1, 0), (1, None), (None, 100), (1, -5)])
def test_a_rule_needs_figures_that_make_sense(figures: tuple[int | None, int | None]) -> None:
    """Points from zero on, money above zero, both or neither."""
    path = place()
    with pytest.raises(RuleInvalid):
        set_rule(path[2], figures)
    assert points.rule_versions(unit_id=path[2]) == []


def test_a_stores_rule_lies_in_the_range_of_head_office() -> None:
    """10 to 100 points for 100 yuan, bounds included; anything else is refused and nothing is written."""
    path = place()
    later = NOW + 10_000 * DAY
    for version in points.rules_in_force(at=later):
        if version.rule is not None:
            set_rule(version.unit_id, (None, None), now=later)
    points.set_range(least=10, most=100, actor=SYSTEM, now=later)
    for figures in ((1, 1_000), (1, 100), (7, 4_999)):
        set_rule(path[2], figures)
    for figures in ((1, 1_001), (1, 99), (0, 100)):
        with pytest.raises(RuleOutOfRange):
            set_rule(path[2], figures)
    assert len(points.rule_versions(unit_id=path[2])) == 3
    set_rule(path[0], (2, 100))
    set_rule(path[0], (None, None))


def test_a_range_cannot_leave_rules_outside() -> None:
    """Narrowing it below a rule that holds, or will hold, names the places and changes nothing."""
    path = place()
    wide = points.earning_range()
    set_rule(path[2], (1, 100), starts_at=NOW + 20_000 * DAY)
    code = organization.api.units(ids=[path[2]])[path[2]].code
    with pytest.raises(RangeTooNarrow) as refused:
        points.set_range(least=0, most=99, actor=SYSTEM, now=NOW + 20_000 * DAY)
    assert code in str(refused.value.params["units"])
    assert points.earning_range() == wide
    set_rule(path[2], (None, None), now=NOW + 20_000 * DAY)


def test_a_range_has_an_order() -> None:
    """Least before most, neither below zero."""
    for least, most in ((5, 4), (-1, 4)):
        with pytest.raises(RuleInvalid):
            points.set_range(least=least, most=most, actor=SYSTEM, now=NOW)


def test_rules_are_set_by_those_who_may_configure_there() -> None:
    """points.configure at the unit; the range needs it at head office."""
    path, other = place(), place()
    local = Actor(
        kind=ActorKind.STAFF, id="7", grants=(Grant(frozenset({"points.configure"}), Scope.SUBTREE, path[1]),)
    )
    points.set_rule(unit_id=path[2], points=1, per_fen=100, actor=local, now=NOW)
    with pytest.raises((Forbidden, NotFound)):
        points.set_rule(unit_id=other[2], points=1, per_fen=100, actor=local, now=NOW)
    with pytest.raises((Forbidden, NotFound)):
        points.set_range(least=0, most=1, actor=local, now=NOW)
    assert points.rule_versions(unit_id=other[2]) == []


def test_versions_are_never_changed() -> None:
    """Append-only: lots name them."""
    path = place()
    set_rule(path[2], (1, 100))
    for change in ("UPDATE points_rule SET points = 9", "DELETE FROM points_rule"):
        with pytest.raises(DatabaseError), transaction.atomic():
            db.execute(f"{change} WHERE unit_id = %s", [path[2]])
    assert rate(path) == (1, 100)
