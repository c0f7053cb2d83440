"""Write down how many points money earns at a place, and what stores may choose."""

from __future__ import annotations

from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import N_
from quanyu.modules.organization import api as organization
from quanyu.modules.points import rules
from quanyu.modules.points.contracts import EarningRange, RangeTooNarrow, RuleInvalid, RuleVersion
from quanyu.modules.points.models import Range
from quanyu.modules.points.ops.signature import signature
from quanyu.modules.points.queries import rules as rule_queries
from quanyu.platform import audit, db, locks


def set_rule(
    *,
    unit_id: int,
    points: int | None,
    per_fen: int | None,
    starts_at: datetime | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> RuleVersion:
    """Add a version of the unit's rule; both figures ``None``: follow the rule above again.

    Raises ``RuleInvalid``, ``RuleOutOfRange`` (any unit but the enterprise). Audited. Holds the row of the range, so
    that the range and the rules within it change one after the other.
    """
    locks.rows_for_update(Range.objects.all())
    root_id = organization.enterprise().id
    if points is not None or per_fen is not None:
        within = None if unit_id == root_id else rule_queries.earning_range()
        rules.check_rule(points=-1 if points is None else points, per_fen=per_fen or 0, within=within)
    start = starts_at or now
    if start < now:
        raise RuleInvalid(field="starts_at", reason=N_("a rule does not begin in the past"))
    db.execute(
        "INSERT INTO points_rule (unit_id, version, points, per_fen, starts_at, actor, reason, created_at) "
        "SELECT %s, coalesce(max(version), 0) + 1, %s, %s, %s, %s, %s, %s FROM points_rule WHERE unit_id = %s",
        [unit_id, points, per_fen, start, signature(actor), reason.strip(), now, unit_id],
    )
    made = rule_queries.versions(unit_id=unit_id)[0]
    audit.record(
        actor=actor,
        action="points.set_rule",
        subject_kind="unit",
        subject_id=unit_id,
        reason=reason,
        detail={"version": made.version, "points": points, "per_fen": per_fen, "starts_at": start},
        unit_id=unit_id,
        now=now,
    )
    return made


def set_range(*, wanted: EarningRange, reason: str, actor: Actor, now: datetime) -> None:
    """Say what stores may choose. Raises ``RuleInvalid``, ``RangeTooNarrow`` with the places outside. Audited."""
    rules.check_range(wanted)
    root_id = organization.enterprise().id
    db.execute(
        "INSERT INTO points_range (unit_id, least, most, changed_at) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT (unit_id) DO UPDATE SET least = excluded.least, most = excluded.most, "
        "changed_at = excluded.changed_at",
        [root_id, wanted.least, wanted.most, now],
    )
    outside = [
        version.unit_id
        for version in rule_queries.holding_from(at=now, except_unit_id=root_id)
        if version.rule is not None
        and not rules.is_within(points=version.rule.points, per_fen=version.rule.per_fen, within=wanted)
    ]
    if outside:
        units = organization.units(ids=outside)
        raise RangeTooNarrow(field="most", units=", ".join(sorted(unit.code for unit in units.values())))
    audit.record(
        actor=actor,
        action="points.set_range",
        subject_kind="unit",
        subject_id=root_id,
        reason=reason,
        detail={"least": wanted.least, "most": wanted.most},
        unit_id=root_id,
        now=now,
    )
