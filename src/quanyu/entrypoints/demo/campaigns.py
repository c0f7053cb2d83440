"""The demo's promotions: one campaign of every kind, so that every screen and every basket shows one."""

from __future__ import annotations

from datetime import datetime, timedelta

from quanyu.entrypoints.demo import rhythm
from quanyu.entrypoints.demo.rhythm import Promotion
from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.period import Period
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.promotions import api as promotions
from quanyu.modules.promotions.contracts import CampaignItem, CampaignKind, Scope, Shares, Step

_SPLIT = Shares(brand_bp=7000, store_bp=3000)
_WITH_SUPPLIER = Shares(brand_bp=5000, supplier_bp=5000)


def make(skus: dict[str, SkuInfo], week: Promotion, *, now: datetime) -> None:
    """Set the campaigns up, from the day before the chain's trade on; one holds for the great week only."""
    categories = {category.code: category.id for category in catalog.categories()}
    period = Period(now - timedelta(days=1), now + timedelta(days=200))
    _great_week(Period(rhythm.at(week.first, 0), rhythm.at(week.last + timedelta(days=1), 0)), now=now)
    _thresholds(categories, period, now=now)
    _gift(skus, categories, period, now=now)
    _pieces(skus, categories, period, now=now)
    promotions.create_campaign(
        code="NEWPRICE",
        name="新人专享价",
        name_en="Prices for new customers",
        period=period,
        kind=CampaignKind.NEW_CUSTOMER,
        items=(
            CampaignItem(skus["F06"].id, quantity=1, price_fen=1990),
            CampaignItem(skus["D01"].id, quantity=1, price_fen=3990),
        ),
        scope=Scope(members_only=True),
        priority=30,
        actor=SYSTEM,
        now=now,
    )


def _great_week(period: Period, *, now: datetime) -> None:
    promotions.create_campaign(
        code="FESTIVAL",
        name="周年庆 满 88 减 20",
        name_en="Anniversary: 20 off from 88",
        period=period,
        steps=[Step(threshold_fen=8800, off_fen=2000)],
        shares=_SPLIT,
        priority=40,
        actor=SYSTEM,
        now=now,
    )


def _thresholds(categories: dict[str, int], period: Period, *, now: datetime) -> None:
    promotions.create_campaign(
        code="MJ99",
        name="满 99 减 15，满 199 减 40",
        name_en="15 off from 99, 40 off from 199",
        period=period,
        steps=[Step(threshold_fen=9900, off_fen=1500), Step(threshold_fen=19900, off_fen=4000)],
        shares=_SPLIT,
        actor=SYSTEM,
        now=now,
    )
    promotions.create_campaign(
        code="FRUIT5",
        name="水果每满 30 减 5",
        name_en="5 off for every 30 of fruit",
        period=period,
        steps=[Step(threshold_fen=3000, off_fen=500)],
        scope=Scope(category_ids=frozenset([categories["FRUIT"]])),
        shares=_WITH_SUPPLIER,
        repeats=True,
        priority=10,
        actor=SYSTEM,
        now=now,
    )


def _gift(skus: dict[str, SkuInfo], categories: dict[str, int], period: Period, *, now: datetime) -> None:
    promotions.create_campaign(
        code="BEAUTYGIFT",
        name="美妆满 99 赠牙膏",
        name_en="Toothpaste with 99 of beauty",
        period=period,
        kind=CampaignKind.GIFT,
        steps=[Step(threshold_fen=9900, gift_sku_id=skus["P05-1"].id, gift_quantity=1)],
        scope=Scope(category_ids=frozenset([categories["BEAUTY"]])),
        shares=_WITH_SUPPLIER,
        # It comes on top of what is taken off.
        stacks=True,
        actor=SYSTEM,
        now=now,
    )


def _pieces(skus: dict[str, SkuInfo], categories: dict[str, int], period: Period, *, now: datetime) -> None:
    promotions.create_campaign(
        code="YOGURT2",
        name="酸奶第二件半价",
        name_en="Second yogurt at half price",
        period=period,
        kind=CampaignKind.NTH,
        count=2,
        off_bp=5000,
        scope=Scope(sku_ids=frozenset([skus["D03"].id, skus["D04"].id])),
        repeats=True,
        priority=20,
        actor=SYSTEM,
        now=now,
    )
    promotions.create_campaign(
        code="BREAKFAST",
        name="早餐组合:鲜牛奶加鸡蛋 29.9 元",
        name_en="Breakfast: fresh milk and eggs for 29.90",
        period=period,
        kind=CampaignKind.BUNDLE,
        items=(CampaignItem(skus["D02"].id), CampaignItem(skus["G04"].id)),
        price_fen=2990,
        repeats=True,
        priority=20,
        actor=SYSTEM,
        now=now,
    )
    promotions.create_campaign(
        code="SNACK3",
        name="零食任选 3 件 49 元",
        name_en="Any 3 snacks for 49",
        period=period,
        kind=CampaignKind.BUNDLE,
        count=3,
        price_fen=4900,
        scope=Scope(category_ids=frozenset([categories["SNACK"]])),
        shares=_SPLIT,
        priority=15,
        actor=SYSTEM,
        now=now,
    )
