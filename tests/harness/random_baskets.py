"""Baskets in which everything meets everything: small numbers of SKUs, tiers and units, so that rules collide."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from quanyu.kernel.period import Period
from quanyu.modules.pricing.contracts import PriceSet
from quanyu.modules.promotions.contracts import (
    Basket,
    BasketLine,
    Campaign,
    CampaignItem,
    CampaignKind,
    CouponFacts,
    CouponKind,
    FreightFacts,
    MemberFacts,
    PointsFacts,
    PointsOfferFacts,
    Scope,
    Shares,
    Step,
)

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
SKUS = range(1, 8)
GIFTS = range(6, 10)  # two of them are sold as well
CHANNELS = ("mall", "pos", "wholesale")
TIERS = ("basic", "silver", "gold")


def basket(random: Random) -> Basket:
    """Return a basket; the same random numbers give the same one."""
    return Basket(
        channel=random.choice(CHANNELS),
        store_id=7,
        store_path=random.choice([(), (1, 3), (1, 3, 7)]),
        member=_member(random) if random.random() < 0.7 else None,
        lines=tuple(_lines(random)),
        freight=FreightFacts(
            random.choice(["carry_out", "express", "pickup"]),
            random.choice([0, 0, 1, 800, 1_200]),
            random.choice([None, 0, 5_000, 9_900, 40_000]),
        ),
        campaigns=tuple(_campaign(random, id_) for id_ in _some(random, range(1, 30), most=6)),
        at=_moment(random),
        coupons=tuple(coupon(random, name) for name in _some(random, "abcdefgh", most=4)),
        points=_points(random) if random.random() < 0.5 else None,
        gifts={sku: _line(random, 0, sku) for sku in _some(random, GIFTS, most=4)},
    )


def coupon(random: Random, name: str) -> CouponFacts:
    """Return a coupon of any kind."""
    kind = random.choice(list(CouponKind))
    gives = kind is CouponKind.GIFT
    return CouponFacts(
        id=name,
        code=f"K-{name}",
        name=f"券{name}",
        name_en=f"Coupon {name}",
        kind=kind,
        amount_fen=random.choice([1, 500, 1_000, 3_333, 90_000]) if kind is CouponKind.AMOUNT else 0,
        percent_off_bp=random.choice([1, 500, 1_500, 8_800, 10_000]) if kind is CouponKind.PERCENT else 0,
        cap_fen=random.choice([None, 1, 800, 5_000]),
        threshold_fen=random.choice([0, 0, 1, 3_000, 9_999, 60_000]),
        scope=_scope(random),
        period=_period(random),
        weekdays=frozenset(_some(random, range(7), most=6)) if random.random() < 0.2 else frozenset(),
        hours=random.choice([(), (), (), ((0, 720),), ((540, 721), (1_000, 1_440)), ((720, 721),)]),
        excluded_dates=random.choice([frozenset(), frozenset(), frozenset({date(2026, 3, 2), date(2026, 3, 3)})]),
        tiers=frozenset(_some(random, TIERS, most=2)) if random.random() < 0.2 else frozenset(),
        shares=_shares(random),
        stacks_with_campaigns=random.random() < 0.7,
        stacks_with_coupons=random.random() < 0.6,
        gift_sku_id=random.choice(GIFTS) if gives else None,
        gift_quantity=random.choice([1, 2, 5]) if gives else 0,
    )


def smaller(wanted: Basket, is_wrong: Callable[[Basket], bool]) -> Basket:
    """Return a basket that is still wrong and cannot lose a line, campaign, coupon or fact any more."""
    while True:
        for candidate in _without_one(wanted):
            if is_wrong(candidate):
                wanted = candidate
                break
        else:
            return wanted


def _without_one(wanted: Basket) -> Iterator[Basket]:
    for name in ("lines", "campaigns", "coupons"):
        rows = getattr(wanted, name)
        for index in range(len(rows)):
            yield dataclasses.replace(wanted, **{name: rows[:index] + rows[index + 1 :]})
    for gift in wanted.gifts:
        yield dataclasses.replace(wanted, gifts={sku: line for sku, line in wanted.gifts.items() if sku != gift})
    if wanted.points is not None:
        yield dataclasses.replace(wanted, points=None)
    if wanted.freight.base_fen:
        yield dataclasses.replace(wanted, freight=FreightFacts())


def _lines(random: Random) -> Iterator[BasketLine]:
    numbers = random.sample(range(1, 40), random.choice([0, 1, 1, 2, 3, 4, 6, 9]))
    for number in numbers:
        yield _line(random, number, random.choice(SKUS))


def _line(random: Random, number: int, sku_id: int) -> BasketLine:
    is_weighed = random.random() < 0.2
    base_fen = random.choice([0, 1, 100, 1_990, 3_980, random.randrange(30_000)])
    line = BasketLine(
        number=number,
        sku_id=sku_id,
        category_path=random.choice([(), (1,), (1, 2), (3,)]),
        supplier_id=random.choice([None, 4]),
        quantity=random.randint(1, 3_000) if is_weighed else random.choice([1, 1, 2, 3, 4, 7, 12]),
        quantity_scale=1000 if is_weighed else 1,
        prices=PriceSet(sku_id, base_fen, _price(random, base_fen), _price(random, base_fen), 1, 2, 3),
    )
    if number and random.random() < 0.1:
        return dataclasses.replace(
            line, offer=PointsOfferFacts(random.randint(1, 5), 300, random.choice([0, 99, 4_000]))
        )
    if number and random.random() < 0.1:
        return dataclasses.replace(line, manual_discount_fen=random.choice([1, 50, 500]))
    return line


def _price(random: Random, base_fen: int) -> int | None:
    return random.choice([None, None, base_fen, max(0, base_fen - 100), base_fen * 9 // 10, base_fen + 1])


def _member(random: Random) -> MemberFacts:
    return MemberFacts(
        tier=random.choice(["", *TIERS]),
        discount_bp=random.choice([0, 0, 1, 500, 1_000, 10_000]),
        is_new=random.random() < 0.4,
        level=random.choice(["identified", "registered", "anonymous"]),
    )


def _campaign(random: Random, id_: int) -> Campaign:
    kind = random.choice(list(CampaignKind))
    has_steps = kind in (CampaignKind.THRESHOLD, CampaignKind.GIFT)
    priced = random.choice([None, 1, 990, 5_000])
    items: tuple[CampaignItem, ...] = ()
    count = 0
    if kind is CampaignKind.NTH:
        count = random.choice([2, 2, 3])
    elif kind is CampaignKind.BUNDLE and random.random() < 0.5:
        count, priced = random.choice([2, 3, 5]), priced or 8_000
    elif kind in (CampaignKind.BUNDLE, CampaignKind.NEW_CUSTOMER):
        priced = priced or 8_000
        items = tuple(
            CampaignItem(sku, random.choice([1, 1, 2, 3]), random.choice([0, 1, 990, 20_000]))
            for sku in _some(random, SKUS, least=2, most=3)
        )
    return Campaign(
        id=id_,
        code=f"C{id_}",
        name=f"活动{id_}",
        name_en=f"Campaign {id_}",
        period=_period(random),
        kind=kind,
        steps=tuple(_steps(random, kind)) if has_steps else (),
        scope=_scope(random),
        shares=_shares(random),
        repeats=random.random() < 0.4,
        priority=random.choice([0, 0, 1, 2]),
        is_active=random.random() < 0.95,
        stacks=random.random() < 0.3,
        count=count,
        off_bp=random.choice([1, 2_000, 5_000, 10_000]) if kind is CampaignKind.NTH and priced is None else 0,
        price_fen=priced if kind in (CampaignKind.NTH, CampaignKind.BUNDLE) else None,
        same_sku=random.random() < 0.5,
        items=items,
    )


def _steps(random: Random, kind: CampaignKind) -> Iterator[Step]:
    least = random.choice([1, 990, 2_000, 10_000])
    for place in range(1, random.choice([1, 1, 2, 3]) + 1):
        if kind is CampaignKind.GIFT:
            yield Step(least * place, 0, random.choice(GIFTS), random.choice([1, 2]) * place)
        else:
            yield Step(max(2, least * place), random.randint(1, max(1, least - 1)) * place)


def _scope(random: Random) -> Scope:
    if random.random() < 0.4:
        return Scope()
    return Scope(
        unit_ids=frozenset(random.choice([(), (), (7,), (1,), (3, 9), (9,)])),
        channels=frozenset(_some(random, CHANNELS, most=2)) if random.random() < 0.2 else frozenset(),
        category_ids=frozenset(_some(random, range(1, 4), most=2)),
        sku_ids=frozenset(_some(random, SKUS, most=3)),
        excluded_sku_ids=frozenset(_some(random, SKUS, most=1)),
        members_only=random.random() < 0.2,
        tiers=frozenset(_some(random, TIERS, most=2)) if random.random() < 0.2 else frozenset(),
    )


def _shares(random: Random) -> Shares:
    brand = random.choice([0, 3_333, 5_000, 10_000])
    store = random.randint(0, 10_000 - brand)
    return Shares(brand, store, 10_000 - brand - store)


def _period(random: Random) -> Period:
    around = timedelta(microseconds=random.choice([1, 10**9, 10**12]))
    return random.choice(
        [Period(), Period(), Period(NOON, NOON + around), Period(NOON - around, NOON), Period(None, NOON + around)]
    )


def _moment(random: Random) -> datetime:
    return NOON + random.choice(
        [timedelta(), timedelta(microseconds=-1), timedelta(hours=12), timedelta(days=random.randint(0, 7))]
    )


def _points(random: Random) -> PointsFacts:
    return PointsFacts(
        wanted=random.choice([0, 1, 100, 250, 100_000]),
        balance=random.choice([0, 99, 100, 1_000, 10**7]),
        points_per_yuan=random.choice([1, 10, 100, 300]),
        cap_bp=random.choice([0, 1, 3_000, 5_000, 10_000]),
        least=random.choice([0, 100, 500]),
        step=random.choice([1, 10, 100]),
    )


def _some(random: Random, values: Any, *, least: int = 0, most: int) -> list[Any]:
    return random.sample(list(values), random.randint(least, most))
