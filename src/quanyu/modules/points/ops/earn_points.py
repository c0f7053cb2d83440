"""Earn points by an order, and take back what a return no longer deserves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from quanyu.kernel.problem import N_
from quanyu.modules.points import rules
from quanyu.modules.points.contracts import EarningRule, EarnLine, PointsInvalid
from quanyu.modules.points.queries import rules as rule_queries
from quanyu.platform import db

ORDER = "order"


def earn_points(
    *,
    member_id: UUID,
    order_id: UUID,
    store_id: int,
    rule: EarningRule,
    lines: Sequence[EarnLine],
    multiplier_bp: int,
    mature_at: datetime | None,
    now: datetime,
) -> int:
    """Open the order's lot; return its points. Again: what it earned the first time. Raises ``PointsInvalid``."""
    if len({line.number for line in lines}) != len(lines):
        raise PointsInvalid(field="lines", reason=N_("every line is named once"))
    deserved = rules.earned(lines=lines, rule=rule, multiplier_bp=multiplier_bp)
    expires_at = rules.expires_at(now)
    if mature_at is not None and mature_at >= expires_at:
        raise PointsInvalid(field="mature_at", reason=N_("points become usable before they end"))
    opened = db.call_json(
        "points_open_lot",
        {
            "member_id": member_id,
            "kind": "earn",
            "cause_kind": ORDER,
            "cause_id": str(order_id),
            "points": deserved.total,
            "store_id": store_id,
            "rule_id": rule.id or None,
            "rule_version": rule.version,
            "multiplier_bp": multiplier_bp,
            "matures_at": mature_at if mature_at is not None and mature_at > now else None,
            "expires_at": expires_at,
            "lines": [
                {"line": line.number, "base_fen": line.base_fen, "points": points}
                for line, points in zip(lines, deserved.parts, strict=True)
            ],
            "at": now,
        },
    )
    return int(opened["points"])


def take_back(*, order_id: UUID, lines: Sequence[EarnLine], cause: str, now: datetime) -> int:
    """Take back what the order earned beyond what ``lines`` (what is left of it) earn by the same rule.

    Returns the points, owed ones included; 0 when the order earned nothing or the same cause came before.
    """
    keep = _kept(order_id, lines)
    if keep is None:
        return 0
    return int(db.value("SELECT points_take_back(%s, %s, %s, %s, %s)", [ORDER, str(order_id), keep, cause, now]))


def to_take_back(*, order_id: UUID, lines: Sequence[EarnLine]) -> int:
    """Return what :func:`take_back` would take back now; nothing changes."""
    keep = _kept(order_id, lines)
    if keep is None:
        return 0
    return int(db.value("SELECT points_to_take_back(%s, %s, %s)", [ORDER, str(order_id), keep]))


def _kept(order_id: UUID, lines: Sequence[EarnLine]) -> int | None:
    """Return what the lines earn by the rule that the order earned by; ``None``: it has not earned."""
    lot = db.row(
        "SELECT rule_id, multiplier_bp FROM points_lot WHERE cause_kind = %s AND cause_id = %s", [ORDER, str(order_id)]
    )
    if lot is None:
        return None
    rule = rule_queries.by_id(lot["rule_id"])
    return rules.earned(lines=lines, rule=rule, multiplier_bp=lot["multiplier_bp"]).total
