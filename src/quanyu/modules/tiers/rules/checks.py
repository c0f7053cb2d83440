"""What a tier and a member day must be like to make sense. Pure; every refusal names its field."""

from __future__ import annotations

import re
from collections.abc import Sequence

from quanyu.kernel.problem import N_
from quanyu.modules.tiers.contracts import ONCE_BP, DayInvalid, DayKind, MemberDay, Tier, TierInvalid, TierKind
from quanyu.modules.tiers.rules.standing import LEVELS

TIMES_MAX_BP = 100_000
DISCOUNT_MAX_BP = 9_000
AROUND_MAX_DAYS = 31
_CODE = re.compile(r"[a-z][a-z0-9_]{1,19}")


def check_tier(tier: Tier, others: Sequence[Tier]) -> None:
    """Raise ``TierInvalid`` when the figures do not go with each other or with the other tiers."""
    if not _CODE.fullmatch(tier.code):
        raise TierInvalid(field="code", reason=N_("A code is small letters, digits and underscores."))
    if not tier.name.strip() or not tier.name_en.strip():
        raise TierInvalid(field="name", reason=N_("It needs a name in both languages."))
    if tier.level_needed not in LEVELS:
        raise TierInvalid(field="level_needed", reason=N_("There is no such level of identification."))
    if any(other.rank == tier.rank for other in others):
        raise TierInvalid(field="rank", reason=N_("Another tier has this rank."))
    _check_benefits(tier)
    if tier.kind is TierKind.PAID:
        _check_paid(tier)
    else:
        _check_growth(tier, others)


def check_day(day: MemberDay) -> None:
    """Raise ``DayInvalid`` when the day never comes or raises nothing."""
    if not day.name.strip():
        raise DayInvalid(field="name", reason=N_("It needs a name."))
    least, most = (0, 6) if day.kind is DayKind.WEEKDAY else (1, 31)
    if not least <= day.day <= most:
        raise DayInvalid(field="day", reason=N_("There is no such day."))
    if not ONCE_BP <= day.multiplier_bp <= TIMES_MAX_BP:
        raise DayInvalid(field="multiplier_bp", reason=N_("Points count once to ten times."))
    if day.ends_on is not None and day.ends_on < day.starts_on:
        raise DayInvalid(field="ends_on", reason=N_("It ends before it begins."))


def _check_benefits(tier: Tier) -> None:
    if not 0 <= tier.discount_bp <= DISCOUNT_MAX_BP:
        raise TierInvalid(field="discount_bp", reason=N_("A discount is between 0 and 90 percent."))
    if not 0 <= tier.points_multiplier_bp <= TIMES_MAX_BP:
        raise TierInvalid(field="points_multiplier_bp", reason=N_("Points count at most ten times."))
    if not ONCE_BP <= tier.birthday_multiplier_bp <= TIMES_MAX_BP:
        raise TierInvalid(field="birthday_multiplier_bp", reason=N_("Points count once to ten times."))
    for field in ("birthday_days_before", "birthday_days_after"):
        if not 0 <= getattr(tier, field) <= AROUND_MAX_DAYS:
            raise TierInvalid(field=field, reason=N_("At most 31 days on either side of the birthday."))


def _check_paid(tier: Tier) -> None:
    if tier.price_fen < 0 or tier.duration_days < 1:
        raise TierInvalid(field="duration_days", reason=N_("A paid tier lasts a day at least."))
    if tier.threshold or tier.keep_threshold or tier.validity_days is not None:
        raise TierInvalid(field="threshold", reason=N_("A paid tier is not reached by growth."))


def _check_growth(tier: Tier, others: Sequence[Tier]) -> None:
    if tier.price_fen or tier.duration_days:
        raise TierInvalid(field="price_fen", reason=N_("A tier by growth has no price."))
    if not 0 <= tier.keep_threshold <= tier.threshold:
        raise TierInvalid(field="keep_threshold", reason=N_("Keeping a tier cannot take more than reaching it."))
    is_lowest = tier.threshold == 0
    if is_lowest != (tier.validity_days is None) or (tier.validity_days is not None and tier.validity_days < 1):
        raise TierInvalid(field="validity_days", reason=N_("Every tier but the lowest ends; the lowest does not."))
    if tier.threshold == 0 and (not tier.is_active or tier.level_needed != LEVELS[0]):
        raise TierInvalid(field="is_active", reason=N_("The lowest tier is open to everybody, always."))
    rivals = [other for other in others if other.kind is TierKind.GROWTH]
    if tier.threshold > 0 and not any(other.threshold == 0 for other in rivals):
        raise TierInvalid(field="threshold", reason=N_("One tier must be reached without any growth."))
    if any(other.threshold == tier.threshold or _is_crossed(tier, other) for other in rivals):
        raise TierInvalid(field="threshold", reason=N_("A higher tier takes more growth than a lower one."))


def _is_crossed(tier: Tier, other: Tier) -> bool:
    return (other.threshold > tier.threshold) != (other.rank > tier.rank)
