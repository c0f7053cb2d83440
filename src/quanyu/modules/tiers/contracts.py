"""What crosses the door of tiers: definitions, what a member may have, where it stands, and refusals.

Growth is counted in whole points of growth; discounts and multipliers in basis points (10,000 is once, 500 off is
five percent); money in fen; days are calendar days of Asia/Shanghai.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from quanyu.kernel.problem import N_, Conflict, Invalid, NotFound

ONCE_BP = 10_000
BASIC = "basic"


class TierKind(StrEnum):
    """How a tier is reached: by growth, or by paying for it."""

    GROWTH = "growth"
    PAID = "paid"


class DayKind(StrEnum):
    """How a member day comes back: every week or every month."""

    WEEKDAY = "weekday"
    MONTH_DAY = "month_day"


class TierUnknown(NotFound):
    """No tier has this code."""

    code = "tiers.tier_unknown"
    title = N_("There is no such membership tier.")
    remedy = N_("Choose one of the tiers in use.")


class TierInvalid(Invalid):
    """A figure of a tier does not go with the others; ``reason`` says which and why."""

    code = "tiers.tier_invalid"
    title = N_("The tier cannot be like this: %(reason)s")
    remedy = N_("Correct the figure and save again.")


class TierInUse(Conflict):
    """Members stand in the tier, so it cannot be put out of use."""

    code = "tiers.tier_in_use"
    title = N_("%(members)s members are in this tier.")
    remedy = N_("Wait until the tier is empty, or keep it in use.")


class GrowthInvalid(Invalid):
    """An amount of growth that cannot be booked."""

    code = "tiers.growth_invalid"
    title = N_("This growth cannot be booked: %(reason)s")
    remedy = N_("Correct the figure and try again.")


class DayInvalid(Invalid):
    """A member day that never comes."""

    code = "tiers.day_invalid"
    title = N_("The member day cannot be like this: %(reason)s")
    remedy = N_("Correct the day and save again.")


class DayUnknown(NotFound):
    """No such member day."""

    code = "tiers.day_unknown"
    title = N_("There is no such member day.")
    remedy = N_("Reload the list.")


@dataclass(frozen=True, slots=True)
class Tier:
    """A membership tier as the chain defines it. The higher ``rank`` is the better tier.

    A growth tier is reached with ``threshold`` growth within the counting window, holds for
    ``validity_days`` (``None``: for ever, the lowest tier only) and is kept with ``keep_threshold`` growth
    within those days. A paid tier costs ``price_fen`` for ``duration_days``.
    """

    code: str
    name: str
    name_en: str
    kind: TierKind
    rank: int
    threshold: int
    keep_threshold: int
    validity_days: int | None
    discount_bp: int
    points_multiplier_bp: int
    level_needed: str
    birthday_multiplier_bp: int
    birthday_days_before: int
    birthday_days_after: int
    birthday_coupon: str
    price_fen: int
    duration_days: int
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Benefits:
    """What every purchase of a member gets: a discount off the base price, points times the multiplier."""

    tier: str
    discount_bp: int
    points_multiplier_bp: int
    level: str


@dataclass(frozen=True, slots=True)
class DayBenefits:
    """What a purchase on one day gets. ``because`` names what raised the multiplier: birthday, ``day:<id>``."""

    tier: str
    discount_bp: int
    points_multiplier_bp: int
    level: str
    because: tuple[str, ...] = ()
    birthday_coupon: str = ""


@dataclass(frozen=True, slots=True)
class NextTier:
    """The next growth tier above, and how much growth is still missing to it."""

    code: str
    name: str
    name_en: str
    threshold: int
    missing: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a member stands. ``growth`` is all growth ever kept, ``window_growth`` what counts towards tiers now.

    ``keep_missing`` is the growth still needed until ``valid_until`` to keep the growth tier; 0 when it is safe.
    """

    member_id: UUID
    tier: str
    growth_tier: str
    growth: int
    window_growth: int
    since: datetime | None
    valid_until: datetime | None
    keep_missing: int
    paid_tier: str
    paid_until: datetime | None
    next: NextTier | None


@dataclass(frozen=True, slots=True)
class GrowthEntry:
    """A row of the growth ledger. ``balance`` is the member's growth after it."""

    id: int
    at: datetime
    amount: int
    balance: int
    cause_kind: str
    cause_id: str
    reason: str
    actor: str


@dataclass(frozen=True, slots=True)
class TierChange:
    """A step of a member from one tier to another; ``valid_until`` is how long the new one holds."""

    id: int
    at: datetime
    from_tier: str
    to_tier: str
    reason: str
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class MemberDay:
    """A day of the week (0 is Monday) or of the month on which points count more; ``unit_ids`` empty: everywhere."""

    id: int
    name: str
    name_en: str
    kind: DayKind
    day: int
    multiplier_bp: int
    unit_ids: tuple[int, ...]
    starts_on: date
    ends_on: date | None
    is_active: bool
