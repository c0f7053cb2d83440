"""What the demo's members get: tiers with people in them, points and what they buy, coupons of every kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from quanyu.entrypoints.demo import coupons as demo_coupons
from quanyu.entrypoints.demo.progress import Told
from quanyu.kernel.actor import SYSTEM
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.members.contracts import Level
from quanyu.modules.organization.contracts import Unit
from quanyu.modules.points import api as points
from quanyu.modules.tiers import api as tiers
from quanyu.modules.tiers.contracts import DayKind, MemberDay

_CAUSE = "demo"
# One in so many members stands there; the growth that carries them, the best first.
_STANDINGS = ((40, 22_000), (10, 6_200), (4, 1_400))
_PAID_ONE_IN = 33
_POINTS = (1_280, 560, 3_400, 0, 150, 8_800)
_BIRTHDAY_COUPON = "BDAY30"


def make(
    units: dict[str, Unit], skus: dict[str, SkuInfo], member_ids: Sequence[UUID], told: Told, *, now: datetime
) -> None:
    """Set up tiers, points and coupons as head office would, and let the members have some of each."""
    _rules(units, now=now)
    _offers(skus, units, now=now)
    demo_coupons.make(units, skus, now=now)
    _tiers(now=now)
    told.part("rewards", len(member_ids))
    for index, member_id in enumerate(member_ids):
        _growth(index, member_id, now=now)
        _points(index, member_id, now=now)
        told.step()
    demo_coupons.hand_out(units, member_ids, now=now)


def _rules(units: dict[str, Unit], *, now: datetime) -> None:
    """Earn 1 point for 1 yuan everywhere, 1 for 10 yuan in a store; stores choose between these (PTS-02, A7)."""
    points.set_rule(unit_id=units["HQ"].id, points=1, per_fen=100, reason="每 1 元 1 积分", actor=SYSTEM, now=now)
    points.set_range(least=10, most=200, reason="每 100 元 10 至 200 积分", actor=SYSTEM, now=now)
    points.set_rule(unit_id=units["0009"].id, points=1, per_fen=1000, reason="每 10 元 1 积分", actor=SYSTEM, now=now)


def _offers(skus: dict[str, SkuInfo], units: dict[str, Unit], *, now: datetime) -> None:
    everywhere = (units["QY"].id,)
    south = (units["R-S"].id,)
    for code, price, cash_fen, at in (
        ("P05-1", 800, 0, everywhere),
        ("F07", 300, 500, everywhere),
        ("S01-1", 350, 0, everywhere),
        ("D04", 200, 199, everywhere),
        ("P03-1", 900, 690, south),
    ):
        points.create_offer(
            sku_id=skus[code].id,
            points=price,
            cash_fen=cash_fen,
            unit_ids=at,
            level=Level.VERIFIED if price > 500 else Level.IDENTIFIED,
            per_member_limit=3,
            total_limit=500,
            actor=SYSTEM,
            now=now,
        )


def _tiers(*, now: datetime) -> None:
    """Give the better tiers a birthday coupon, and the chain a member day."""
    for tier in tiers.tiers():
        if tier.birthday_multiplier_bp > tier.points_multiplier_bp:
            tiers.save_tier(tier=replace(tier, birthday_coupon=_BIRTHDAY_COUPON), actor=SYSTEM, now=now)
    tiers.save_member_day(
        day=MemberDay(
            id=0,
            name="每月 8 日会员日",
            name_en="Member day on the 8th",
            kind=DayKind.MONTH_DAY,
            day=8,
            multiplier_bp=20_000,
            unit_ids=(),
            starts_on=now.astimezone(ZoneInfo("Asia/Shanghai")).date(),
            ends_on=None,
            is_active=True,
        ),
        actor=SYSTEM,
        now=now,
    )


def _growth(index: int, member_id: UUID, *, now: datetime) -> None:
    for one_in, amount in _STANDINGS:
        if index % one_in == 0:
            # Spread, so that some are close to the next tier.
            tiers.add_growth(
                member_id=member_id,
                cause_kind=_CAUSE,
                cause_id=f"opening:{index}",
                amount=amount + index * 13 % 900,
                now=now,
            )
            break
    if index % _PAID_ONE_IN == _PAID_ONE_IN - 1:
        tiers.grant_paid(
            member_id=member_id,
            tier="plus",
            until=now + timedelta(days=365),
            cause_kind=_CAUSE,
            cause_id=f"plus:{index}",
            reason="开业活动",
            actor=SYSTEM,
            now=now,
        )


def _points(index: int, member_id: UUID, *, now: datetime) -> None:
    amount = _POINTS[index % len(_POINTS)]
    if amount:
        points.give(
            member_id=member_id,
            points=amount,
            cause_kind=_CAUSE,
            cause_id=f"opening:{index}",
            reason="期初积分",
            # Some end within days, so that the reminder has somebody to remind.
            valid_until=now + timedelta(days=21) if index % 20 == 1 else None,
            actor=SYSTEM,
            now=now,
        )
