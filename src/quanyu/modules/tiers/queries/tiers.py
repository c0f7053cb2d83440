"""The tiers a chain has, and the days on which points count more."""

from __future__ import annotations

from typing import Any

from quanyu.modules.tiers.contracts import DayKind, MemberDay, Tier, TierKind
from quanyu.platform import db

_TIER = (
    "code, name, name_en, kind, rank, threshold, keep_threshold, validity_days, discount_bp, points_multiplier_bp, "
    "level_needed, birthday_multiplier_bp, birthday_days_before, birthday_days_after, birthday_coupon, price_fen, "
    "duration_days, is_active"
)
_DAY = "id, name, name_en, kind, day, multiplier_bp, unit_ids, starts_on, ends_on, is_active"


def tiers() -> list[Tier]:
    """Return all tiers, the lowest first."""
    return [_tier(row) for row in db.rows(f"SELECT {_TIER} FROM tiers_tier ORDER BY rank")]  # noqa: S608 - constant


def member_days(*, only_active: bool) -> list[MemberDay]:
    """Return the member days, oldest first."""
    rows = db.rows(
        f"SELECT {_DAY} FROM tiers_member_day WHERE is_active OR NOT %s ORDER BY id",  # noqa: S608 - constant
        [only_active],
    )
    return [_day(row) for row in rows]


def _tier(row: dict[str, Any]) -> Tier:
    return Tier(**{**row, "kind": TierKind(row["kind"])})


def _day(row: dict[str, Any]) -> MemberDay:
    return MemberDay(**{**row, "kind": DayKind(row["kind"]), "unit_ids": tuple(row["unit_ids"])})
