"""Settings on the tree: the nearest value wins, and only values of the right kind get in."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanyu.kernel.actor import Actor, ActorKind
from quanyu.kernel.problem import Invalid
from quanyu.platform import db, settings_tree
from quanyu.platform.settings_tree import ANYWHERE, Kind, Level, Setting

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ACTOR = Actor(ActorKind.STAFF, "7")


def defined(kind: Kind = Kind.INTEGER, default: object = 5, **options) -> str:
    key = f"test.{uuid4().hex}"
    settings_tree.define(Setting(key=key, kind=kind, default=default, title="Test", **{"levels": ANYWHERE} | options))
    return key


def path() -> list[str]:
    one, two, till = (uuid4().hex for _ in range(3))
    return ["brand", f"unit:{one}", f"unit:{two}", f"terminal:{till}"]


def put(node: str, key: str, value: object) -> None:
    settings_tree.set_value(ACTOR, node, key, value, NOW)


def stored(key: str) -> int:
    return db.value("SELECT count(*) FROM platform_setting WHERE key = %s", [key])


def test_without_any_value_the_default_holds():
    assert settings_tree.get(defined(), path()) == 5


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.none() | st.integers(0, 1000), min_size=4, max_size=4))
def test_the_value_of_the_nearest_node_wins(values):
    key, nodes = defined(default=-1), path()
    for node, value in zip(nodes, values, strict=True):
        if value is not None:
            put(node, key, value)
    for depth in range(1, 5):
        expected = next((value for value in reversed(values[:depth]) if value is not None), -1)
        assert settings_tree.get(key, nodes[:depth]) == expected


def test_a_value_elsewhere_in_the_tree_has_no_effect():
    key, nodes = defined(), path()
    put(path()[1], key, 9)
    assert settings_tree.get(key, nodes) == 5


def test_false_and_zero_are_values():
    flag, number, nodes = defined(Kind.BOOLEAN, default=True), defined(), path()
    put(nodes[1], flag, value=False)
    put(nodes[1], number, 0)
    assert settings_tree.get_many([flag, number], nodes) == {flag: False, number: 0}


def test_a_value_removed_lets_the_one_above_hold_again():
    key, nodes = defined(), path()
    put(nodes[1], key, 8)
    put(nodes[2], key, 9)
    put(nodes[2], key, None)
    assert settings_tree.get(key, nodes) == 8


def test_the_way_to_a_value_is_explained():
    key, nodes = defined(), path()
    put(nodes[1], key, 8)
    put(nodes[3], key, 9)
    assert settings_tree.explain(key, nodes) == [
        settings_tree.Step("", 5, effective=False),
        settings_tree.Step(nodes[1], 8, effective=False),
        settings_tree.Step(nodes[3], 9, effective=True),
    ]
    assert settings_tree.explain(key, nodes[:1]) == [settings_tree.Step("", 5, effective=True)]


@pytest.mark.parametrize(
    ("kind", "default", "wrong"),
    [
        (Kind.BOOLEAN, True, [1, "true", []]),
        (Kind.INTEGER, 5, [True, "5", 5.0, [], {}]),
        (Kind.FEN, 100, [True, "1.00", 1.5]),
        (Kind.TEXT, "", [1, ["a"], "x" * 2001]),
        (Kind.TEXT_LIST, [], ["a", [1], [["a"]]]),
    ],
)
def test_a_value_of_another_kind_is_refused_and_nothing_changes(kind, default, wrong):
    key = defined(kind, default)
    for value in wrong:
        with pytest.raises(Invalid) as refusal:
            put("brand", key, value)
        assert refusal.value.field == "value"
    assert stored(key) == 0


def test_a_choice_is_one_of_the_choices():
    key = defined(Kind.CHOICE, "a", choices=("a", "b"))
    put("unit:1", key, "b")
    with pytest.raises(Invalid):
        put("unit:1", key, "c")
    assert settings_tree.get(key, ["unit:1"]) == "b"


@pytest.mark.parametrize("value", [0, 11, -1])
def test_a_figure_outside_of_its_range_is_refused(value):
    key = defined(minimum=1, maximum=10)
    with pytest.raises(Invalid):
        put("brand", key, value)
    assert stored(key) == 0


def test_a_setting_is_made_at_its_levels_only():
    key = defined(levels=(Level.BRAND,))
    with pytest.raises(Invalid) as refusal:
        put("unit:1", key, 1)
    assert refusal.value.field == "node"


def test_an_unknown_setting_is_refused_by_writers_and_an_error_for_readers():
    with pytest.raises(Invalid):
        put("brand", "test.unknown", 1)
    with pytest.raises(LookupError):
        settings_tree.get("test.unknown", ["brand"])


def test_a_setting_defined_twice_differently_is_an_error():
    key = defined()
    with pytest.raises(ValueError, match="already defined"):
        settings_tree.define(Setting(key=key, kind=Kind.TEXT, default="", levels=ANYWHERE, title="Test"))


def test_every_change_is_in_the_audit_trail_with_before_and_after():
    key, node = defined(), path()[1]
    put(node, key, 8)
    put(node, key, 9)
    put(node, key, None)
    found = db.rows(
        "SELECT detail ->> 'before' AS before, detail ->> 'after' AS after FROM platform_audit "
        "WHERE subject_kind = 'setting' AND subject_id = %s ORDER BY id",
        [key],
    )
    assert found == [
        {"before": None, "after": "8"},
        {"before": "8", "after": "9"},
        {"before": "9", "after": None},
    ]
