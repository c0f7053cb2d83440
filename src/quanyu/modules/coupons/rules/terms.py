"""What a template may promise, and when a coupon of it is valid."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from quanyu.kernel.money import BASIS_POINTS
from quanyu.kernel.period import Period
from quanyu.kernel.problem import N_
from quanyu.modules.coupons.contracts import ClaimReason, Template, TemplateInvalid, Terms, UseScope
from quanyu.modules.promotions.contracts import CouponKind

CHINA = ZoneInfo("Asia/Shanghai")
MINUTES_PER_DAY = 24 * 60
LASTS_DAYS_MAX = 1100
EXTENSION_DAYS_MAX = 365
LEVELS = ("identified", "verified")


def check(*, code: str, name: str, terms: Terms) -> None:
    """Raise ``TemplateInvalid`` with the field for the first thing that does not fit."""
    _demand(bool(code.strip()), "code", N_("it is empty"))
    _demand(bool(name.strip()), "name", N_("it is empty"))
    _check_benefit(terms)
    _check_times(terms)
    _check_limits(terms)
    shares = terms.shares
    parts = (shares.brand_bp, shares.store_bp, shares.supplier_bp)
    _demand(min(parts) >= 0 and sum(parts) == BASIS_POINTS, "shares", N_("the shares do not add up to the whole"))
    _demand(terms.level in LEVELS, "level", N_("this level is not known"))
    _demand(
        not (terms.is_new_member_pack and (terms.points_price or terms.needs_staff_code)),
        "is_new_member_pack",
        N_("a part of the new-member pack costs nothing and needs no code"),
    )


def _check_benefit(terms: Terms) -> None:
    _demand(terms.threshold_fen >= 0, "threshold_fen", N_("it is negative"))
    if terms.kind is CouponKind.AMOUNT:
        _demand(terms.amount_fen > 0, "amount_fen", N_("it takes nothing off"))
        _demand(
            terms.threshold_fen == 0 or terms.amount_fen < terms.threshold_fen,
            "amount_fen",
            N_("it takes off as much as must be spent"),
        )
    if terms.kind is CouponKind.PERCENT:
        _demand(0 < terms.percent_off_bp < BASIS_POINTS, "percent_off_bp", N_("between 0 and 100 percent"))
        _demand(terms.cap_fen is None or terms.cap_fen > 0, "cap_fen", N_("it takes nothing off"))
    if terms.kind is CouponKind.GIFT:
        _demand(terms.gift_sku_id is not None, "gift_sku_id", N_("say which product is given"))
        _demand(terms.gift_quantity > 0, "gift_quantity", N_("it gives nothing"))
    if terms.kind is CouponKind.SERVICE:
        _demand(terms.amount_fen >= 0, "amount_fen", N_("it is negative"))
        _demand(terms.threshold_fen == 0, "threshold_fen", N_("a service is handed out without a purchase"))
        _demand(terms.scope is not UseScope.ONLINE, "scope", N_("a service is handed out in stores"))


def _check_times(terms: Terms) -> None:
    _demand(terms.claim_period.end is not None, "claim_period", N_("it has no end"))
    _demand(
        (terms.use_period is None) != (terms.lasts_days is None),
        "lasts_days",
        N_("give either fixed dates of use or a number of days"),
    )
    if terms.use_period is not None:
        bounded = terms.use_period.start is not None and terms.use_period.end is not None
        _demand(bounded, "use_period", N_("it has no beginning or no end"))
        starts, ends = terms.claim_period.start, terms.use_period.end
        _demand(starts is None or ends is None or starts < ends, "use_period", N_("it ends before the first claim"))
    if terms.lasts_days is not None:
        _demand(1 <= terms.lasts_days <= LASTS_DAYS_MAX, "lasts_days", N_("between 1 day and three years"))
        _demand(0 <= terms.starts_after_days <= LASTS_DAYS_MAX, "starts_after_days", N_("between 0 and three years"))
    _demand(terms.weekdays <= set(range(7)), "weekdays", N_("a weekday is a number from 0 to 6"))
    for starts_at, ends_at in terms.hours:
        _demand(0 <= starts_at < ends_at <= MINUTES_PER_DAY, "hours", N_("an hour range ends after it starts"))
    _demand(0 <= terms.extension_days <= EXTENSION_DAYS_MAX, "extension_days", N_("between 0 and 365 days"))


def _check_limits(terms: Terms) -> None:
    for name, most in (("per_person_limit", terms.per_person_limit), ("total_limit", terms.total_limit)):
        _demand(most is None or most > 0, name, N_("it lets nobody have one"))
    _demand(terms.budget_fen is None or terms.budget_fen > 0, "budget_fen", N_("it pays for nothing"))
    _demand(terms.points_price >= 0, "points_price", N_("it is negative"))


def validity(terms: Terms, *, now: datetime) -> Period:
    """Return when a coupon claimed now may be used.

    Relative: from now (or from midnight in China, ``starts_after_days`` on) to the end of the
    ``lasts_days``-th day, the first one included.
    """
    if terms.use_period is not None:
        return terms.use_period
    midnight = now.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    first_day = midnight + timedelta(days=terms.starts_after_days)
    starts = max(now, first_day) if terms.starts_after_days else now
    return Period(starts, first_day + timedelta(days=terms.lasts_days or 1))


def still_of_use(terms: Terms, *, now: datetime) -> bool:
    """Tell whether a coupon claimed now could ever be used: its fixed dates are not over."""
    return terms.use_period is None or terms.use_period.end is None or now < terms.use_period.end


def claim_refusal(template: Template, *, tier: str, level: str, held: int, now: datetime) -> ClaimReason | None:
    """Return why a member cannot be given a coupon of the template now; ``None``: nothing speaks against it.

    What only the database can decide exactly (limits under many claimers) is decided there again.
    """
    terms = template.terms
    if template.state != "live":
        return ClaimReason.NOT_OPEN
    if terms.claim_period.start is not None and now < terms.claim_period.start:
        return ClaimReason.NOT_YET
    if now not in terms.claim_period or not still_of_use(terms, now=now):
        return ClaimReason.OVER
    if terms.tiers and tier not in terms.tiers:
        return ClaimReason.TIER
    if terms.level == "verified" and level != "verified":
        return ClaimReason.LEVEL
    if terms.per_person_limit is not None and held >= terms.per_person_limit:
        return ClaimReason.LIMIT
    if terms.total_limit is not None and template.issued >= terms.total_limit:
        return ClaimReason.SOLD_OUT
    return None


def _demand(holds: object, field: str, reason: str) -> None:
    if not holds:
        raise TemplateInvalid(field=field, reason=reason)
