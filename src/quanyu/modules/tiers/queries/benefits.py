"""What members may have: one query for any number of them, on the hot path of every quote."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from quanyu.modules.tiers.contracts import ONCE_BP, Benefits, DayBenefits
from quanyu.modules.tiers.queries import tiers as definitions
from quanyu.modules.tiers.rules import days, settings, standing
from quanyu.platform import db, marks

_BENEFITS = (
    "SELECT rights.member_id, rights.tier, rights.level, coalesce(tier.discount_bp, 0) AS discount_bp, "
    "coalesce(tier.points_multiplier_bp, %s) AS points_multiplier_bp "
    "FROM members_current_rights(%s) AS rights LEFT JOIN tiers_tier AS tier ON tier.code = rights.tier"
)


def benefits(member_ids: Iterable[UUID]) -> dict[UUID, Benefits]:
    """Return the benefits of the members that exist; one query."""
    return {row["member_id"]: _made(row) for row in db.rows(_BENEFITS, [ONCE_BP, list(member_ids)])}


def part(member_ids: Iterable[UUID]) -> marks.Part[dict[UUID, Benefits]]:
    """Return the question for the benefits of members, for a batch's reading."""
    return marks.Part(
        _BENEFITS, [ONCE_BP, list(member_ids)], lambda rows: {UUID(row["member_id"]): _made(row) for row in rows}
    )


def _made(row: dict[str, Any]) -> Benefits:
    return Benefits(row["tier"], row["discount_bp"], row["points_multiplier_bp"], row["level"])


def benefits_on(
    member_id: UUID, *, birthday: date | None, is_lunar: bool, path: Sequence[int], at: datetime
) -> DayBenefits | None:
    """Return the benefits of a purchase at a moment and place; four queries. ``None``: no such member."""
    found = benefits([member_id]).get(member_id)
    if found is None:
        return None
    on = at.astimezone(standing.ZONE).date()
    multipliers, because, coupon = [found.points_multiplier_bp], [], ""
    tier = next((tier for tier in definitions.tiers() if tier.code == found.tier), None)
    if tier and birthday and days.is_birthday_time(
        birthday, is_lunar=is_lunar, on=on, days_before=tier.birthday_days_before, days_after=tier.birthday_days_after
    ):  # fmt: skip
        coupon = tier.birthday_coupon
        if tier.birthday_multiplier_bp > ONCE_BP:
            multipliers.append(tier.birthday_multiplier_bp)
            because.append("birthday")
    for day in definitions.member_days(only_active=True):
        if days.takes_place(day, on=on, path=path):
            multipliers.append(day.multiplier_bp)
            because.append(f"day:{day.id}")
    return DayBenefits(
        tier=found.tier,
        discount_bp=found.discount_bp,
        points_multiplier_bp=days.together(multipliers, multiplies=settings.multiplies()),
        level=found.level,
        because=tuple(because),
        birthday_coupon=coupon,
    )
