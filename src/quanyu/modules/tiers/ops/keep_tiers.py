"""Write the definition of a tier or of a member day. What is changed holds from the next decision on."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.modules.tiers.contracts import DayUnknown, MemberDay, Tier, TierInUse
from quanyu.modules.tiers.queries import tiers as definitions
from quanyu.modules.tiers.rules import checks
from quanyu.platform import audit, db

_TIER = (
    "code", "name", "name_en", "kind", "rank", "threshold", "keep_threshold", "validity_days", "discount_bp",
    "points_multiplier_bp", "level_needed", "birthday_multiplier_bp", "birthday_days_before", "birthday_days_after",
    "birthday_coupon", "price_fen", "duration_days", "is_active",
)  # fmt: skip
_DAY = ("name", "name_en", "kind", "day", "multiplier_bp", "unit_ids", "starts_on", "ends_on", "is_active")


def save_tier(*, tier: Tier, actor: Actor, now: datetime) -> None:
    """Write a tier, new or known. Raises ``TierInvalid`` or ``TierInUse``."""
    # One editor at a time: the checks compare the tier with the others.
    db.execute("LOCK TABLE tiers_tier IN SHARE ROW EXCLUSIVE MODE")
    known = {found.code: found for found in definitions.tiers()}
    checks.check_tier(tier, [other for code, other in known.items() if code != tier.code])
    before = known.get(tier.code)
    if before is not None and before.is_active and not tier.is_active:
        _demand_empty(tier.code)
    values = asdict(tier)
    places = ", ".join(["%s"] * len(_TIER))
    changes = ", ".join(f"{name} = excluded.{name}" for name in _TIER if name not in ("code", "kind"))
    db.execute(
        f"INSERT INTO tiers_tier ({', '.join(_TIER)}, changed_at) VALUES ({places}, %s) "  # noqa: S608 - constant
        f"ON CONFLICT (code) DO UPDATE SET {changes}, changed_at = excluded.changed_at",
        [*(values[name] for name in _TIER), now],
    )
    audit.record(
        actor=actor,
        action="tiers.save_tier",
        subject_kind="tier",
        subject_id=tier.code,
        detail={"before": None if before is None else _changed(before, tier), "after": _changed(tier, before)},
        now=now,
    )


def save_member_day(*, day: MemberDay, actor: Actor, now: datetime) -> MemberDay:
    """Write a member day; id 0 makes a new one. Raises ``DayInvalid`` or ``DayUnknown``."""
    checks.check_day(day)
    values = {**asdict(day), "unit_ids": list(day.unit_ids)}
    if day.id == 0:
        places = ", ".join(["%s"] * len(_DAY))
        number = db.value(
            f"INSERT INTO tiers_member_day ({', '.join(_DAY)}) VALUES ({places}) RETURNING id",  # noqa: S608 - constant
            [values[name] for name in _DAY],
        )
    else:
        changes = ", ".join(f"{name} = %s" for name in _DAY)
        number = db.value(
            f"UPDATE tiers_member_day SET {changes} WHERE id = %s RETURNING id",  # noqa: S608 - constant
            [*(values[name] for name in _DAY), day.id],
        )
    if number is None:
        raise DayUnknown(field="id")
    audit.record(
        actor=actor,
        action="tiers.save_member_day",
        subject_kind="member_day",
        subject_id=number,
        detail={name: values[name] for name in _DAY},
        now=now,
    )
    return replace(day, id=number)


def _demand_empty(code: str) -> None:
    members = db.value(
        "SELECT count(*) FROM tiers_standing WHERE growth_tier_id = %s OR paid_tier_id = %s", [code, code]
    )
    if members:
        raise TierInUse(field="is_active", members=members)


def _changed(one: Tier, other: Tier | None) -> dict[str, object]:
    """Return the figures of a tier that another has differently."""
    theirs = {} if other is None else asdict(other)
    return {name: value for name, value in asdict(one).items() if name not in theirs or theirs[name] != value}
