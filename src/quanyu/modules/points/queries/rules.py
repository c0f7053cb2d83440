"""Earning rules: which one holds at a place, which ones were made, and the range for the stores."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from quanyu.modules.points.contracts import EarningRange, EarningRule, RuleVersion
from quanyu.modules.points.rules import DEFAULT_RULE
from quanyu.platform import db

_IN_FORCE = (
    "SELECT DISTINCT ON (unit_id) id, unit_id, version, points, per_fen, starts_at, actor FROM points_rule "
    "WHERE (%s::bigint[] IS NULL OR unit_id = ANY(%s)) AND starts_at <= %s "
    "ORDER BY unit_id, starts_at DESC, version DESC"
)


def rule(*, path: Sequence[int], at: datetime) -> EarningRule:
    """Return the rule of the nearest unit on the path (root first) that has one; else the default. One query."""
    found = {version.unit_id: version.rule for version in in_force(unit_ids=path, at=at)}
    return next((found[unit_id] for unit_id in reversed(path) if found.get(unit_id)), None) or DEFAULT_RULE


def in_force(*, unit_ids: Collection[int] | None, at: datetime) -> list[RuleVersion]:
    """Return the version in force of each of these units (``None``: all) that ever made a rule. One query."""
    units = None if unit_ids is None else list(unit_ids)
    return [_version(row) for row in db.rows(_IN_FORCE, [units, units, at])]


def versions(*, unit_id: int) -> list[RuleVersion]:
    """Return all versions of a unit's rule, newest first. One query."""
    rows = db.rows(
        "SELECT id, unit_id, version, points, per_fen, starts_at, actor FROM points_rule WHERE unit_id = %s "
        "ORDER BY version DESC",
        [unit_id],
    )
    return [_version(row) for row in rows]


def by_id(rule_id: int | None) -> EarningRule:
    """Return the version of a rule that a lot names."""
    if rule_id is None:
        return DEFAULT_RULE
    row = db.rows("SELECT id, version, points, per_fen FROM points_rule WHERE id = %s", [rule_id])[0]
    return EarningRule(**row)


def earning_range() -> EarningRange | None:
    """Return what stores may choose; ``None`` while head office has set no range."""
    row = db.row("SELECT least, most FROM points_range")
    return EarningRange(**row) if row else None


def holding_from(*, at: datetime, except_unit_id: int) -> list[RuleVersion]:
    """Return every version that holds at a moment or will hold later, without those of one unit. One query."""
    rows = db.rows(
        f"SELECT * FROM ({_IN_FORCE}) AS now UNION ALL "  # noqa: S608 - a constant
        "SELECT id, unit_id, version, points, per_fen, starts_at, actor FROM points_rule WHERE starts_at > %s",
        [None, None, at, at],
    )
    return [_version(row) for row in rows if row["unit_id"] != except_unit_id]


def _version(row: dict[str, Any]) -> RuleVersion:
    return RuleVersion(
        unit_id=row["unit_id"],
        version=row["version"],
        rule=None
        if row["points"] is None
        else EarningRule(id=row["id"], version=row["version"], points=row["points"], per_fen=row["per_fen"]),
        starts_at=row["starts_at"],
        actor=row["actor"],
    )
