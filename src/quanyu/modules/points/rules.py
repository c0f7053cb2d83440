"""Pure decisions about points: what an order earns, when lots end, which rules are allowed.

``docs/algorithms/points.md`` has the worked tables; ``spec/vectors/points_earning.json`` the golden cases.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from quanyu.kernel.apportion import apportion
from quanyu.kernel.problem import N_
from quanyu.modules.points.contracts import (
    ONCE_BP,
    Earned,
    EarningRange,
    EarningRule,
    EarnLine,
    PointsInvalid,
    RuleInvalid,
    RuleOutOfRange,
)

STORE_ZONE = ZoneInfo("Asia/Shanghai")
YEARS = 2
# Of a chain that has made no rule: 1 yuan is 1 point. Lots name it as version 0, so it never changes.
DEFAULT_RULE = EarningRule(id=0, version=0, points=1, per_fen=100)
POINTS_MAX = 1_000_000_000
_PER_100_YUAN_FEN = 10_000


def earned(*, lines: Sequence[EarnLine], rule: EarningRule, multiplier_bp: int = ONCE_BP) -> Earned:
    """Return the points of an order: one floor over the whole order, split over the lines by largest remainder.

    total = floor(money x points x multiplier / (per_fen x 10 000)). Raises ``PointsInvalid`` for negative money
    or a negative multiplier.
    """
    bases = [line.base_fen for line in lines]
    if min(bases, default=0) < 0:
        raise PointsInvalid(field="lines", reason=N_("money that earns points is not negative"))
    if multiplier_bp < 0:
        raise PointsInvalid(field="multiplier_bp", reason=N_("a multiplier is not negative"))
    total = sum(bases) * rule.points * multiplier_bp // (rule.per_fen * ONCE_BP)
    return Earned(total=total, parts=tuple(apportion(total, bases)))


def last_day(earned_at: datetime) -> date:
    """Return the last day of points earned at a moment: the same day two years later, 28 for 29 February (A4)."""
    day = earned_at.astimezone(STORE_ZONE).date()
    year = day.year + YEARS
    return day.replace(year=year, day=min(day.day, calendar.monthrange(year, day.month)[1]))


def expires_at(earned_at: datetime) -> datetime:
    """Return the moment from which points earned at a moment are gone: midnight after their last day."""
    return end_of(last_day(earned_at))


def end_of(day: date) -> datetime:
    """Return the midnight that ends a day in the stores' time zone."""
    return datetime.combine(day + timedelta(days=1), time(), STORE_ZONE)


def last_day_before(moment: datetime) -> date:
    """Return the last day on which points that end at this moment could be used."""
    return (moment.astimezone(STORE_ZONE) - timedelta(microseconds=1)).date()


def end_of_gift(valid_until: datetime | None, *, now: datetime) -> datetime:
    """Return when given points end: as wished, but never later than earned ones (PTS-06).

    Raises ``PointsInvalid`` for an end that is past or too late.
    """
    latest = expires_at(now)
    if valid_until is None:
        return latest
    if not now < valid_until <= latest:
        raise PointsInvalid(field="valid_until", reason=N_("points live two years at most, and not into the past"))
    return valid_until


def check_points(points: int) -> None:
    """Raise ``PointsInvalid`` unless this is a number of points to give or to spend."""
    if not 0 < points <= POINTS_MAX:
        raise PointsInvalid(field="points", reason=N_("a number of points above zero is needed"))


def check_rule(*, points: int, per_fen: int, within: EarningRange | None) -> None:
    """Raise ``RuleInvalid``, or ``RuleOutOfRange`` when the rule is not what stores may choose (A7)."""
    if not 0 <= points <= POINTS_MAX:
        raise RuleInvalid(field="points", reason=N_("a number of points from zero on is needed"))
    if not 0 < per_fen <= POINTS_MAX:
        raise RuleInvalid(field="per_fen", reason=N_("an amount of money above zero is needed"))
    if within is not None and not is_within(points=points, per_fen=per_fen, within=within):
        raise RuleOutOfRange(field="points", least=within.least, most=within.most)


def is_within(*, points: int, per_fen: int, within: EarningRange) -> bool:
    """Tell whether a rule gives from ``least`` to ``most`` points for 100 yuan; exact, no rounding."""
    return within.least * per_fen <= points * _PER_100_YUAN_FEN <= within.most * per_fen


def check_range(wanted: EarningRange) -> None:
    """Raise ``RuleInvalid`` for a range without a rule in it."""
    if not 0 <= wanted.least <= wanted.most <= POINTS_MAX:
        raise RuleInvalid(field="most", reason=N_("the range ends where it begins or above"))


def value_fen(points: int, *, points_per_yuan: int) -> int:
    """Return what points pay, in fen, rounded down."""
    return points * 100 // points_per_yuan
