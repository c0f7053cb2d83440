"""The golden cases of spec/vectors/points_earning.json, which every language that counts points must meet."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from quanyu.kernel.problem import Problem
from quanyu.modules.points import rules
from quanyu.modules.points.contracts import Earned, EarningRule, EarnLine
from quanyu.platform import db

VECTORS = msgspec.json.decode((Path(__file__).parents[3] / "spec" / "vectors" / "points_earning.json").read_bytes())


def earned(case: dict[str, Any], bases_fen: list[int]) -> Earned:
    """Return what a case earns."""
    lines = [EarnLine(number, base_fen) for number, base_fen in enumerate(bases_fen, start=1)]
    rule = EarningRule(id=0, version=0, **case["rule"])
    return rules.earned(lines=lines, rule=rule, multiplier_bp=case["multiplier_bp"])


@pytest.mark.parametrize("case", VECTORS["earned"], ids=lambda case: case["name"])
def test_what_an_order_earns(case: dict[str, Any]) -> None:
    """Total and parts, to the point."""
    found = earned(case, case["bases_fen"])
    assert [found.total, list(found.parts)] == [case["total"], case["parts"]]


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["name"])
def test_what_cannot_earn(case: dict[str, Any]) -> None:
    """The stable code and the field."""
    with pytest.raises(Problem) as refusal:
        earned(case, case["bases_fen"])
    assert [refusal.value.code, refusal.value.field] == [case["code"], case["field"]]


@pytest.mark.parametrize("case", VECTORS["kept"], ids=lambda case: case["name"])
def test_what_a_return_leaves(case: dict[str, Any]) -> None:
    """Before, after, and the difference that is taken back."""
    before, kept = earned(case, case["before_fen"]).total, earned(case, case["after_fen"]).total
    assert [before, kept, before - kept] == [case["earned"], case["kept"], case["taken_back"]]


@pytest.mark.parametrize("case", VECTORS["ends"], ids=lambda case: case["name"])
def test_when_points_end(case: dict[str, Any]) -> None:
    """The last day and the midnight after it; the SQL room reads the same day from that midnight."""
    earned_at, ends_at = datetime.fromisoformat(case["earned_at"]), datetime.fromisoformat(case["ends_at"])
    assert rules.last_day(earned_at).isoformat() == case["last_day"]
    assert rules.expires_at(earned_at) == ends_at
    assert rules.last_day_before(ends_at).isoformat() == case["last_day"]
    assert str(db.value("SELECT points_last_day(%s)", [ends_at])) == case["last_day"]


@pytest.mark.parametrize("case", VECTORS["value"], ids=str)
def test_what_points_pay(case: dict[str, Any]) -> None:
    """Rounded down to the fen."""
    assert rules.value_fen(case["points"], points_per_yuan=case["points_per_yuan"]) == case["value_fen"]
