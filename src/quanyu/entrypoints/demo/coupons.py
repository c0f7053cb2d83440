"""The demo's coupons: one of each kind, a store's own that head office approved, one that still waits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid5

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind
from quanyu.kernel.period import Period
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.coupons import api as coupons
from quanyu.modules.coupons.contracts import Terms, UseScope
from quanyu.modules.identity import api as identity
from quanyu.modules.organization.contracts import Unit
from quanyu.modules.promotions.contracts import CouponKind, Shares

_NAMESPACE = UUID("0b6a9d54-52b7-5d0f-9d3e-6c1a7f4e2b90")
_STORE_BEARS = Shares(brand_bp=0, store_bp=10_000)
# Who claims: every so many-th member, from which on. Those of POINTS5 have the points for it (rewards.py).
_CLAIMS = {"CENTRE20": (2, 0), "BEAUTY88": (4, 0), "FREESHIP": (5, 0), "YOGURT": (3, 0), "POINTS5": (12, 2)}
_UNLOCKED = 12
_CLAIMING = 150


class _Offer(NamedTuple):
    code: str
    name: str
    name_en: str
    description: str
    terms: Terms


def make(units: dict[str, Unit], skus: dict[str, SkuInfo], *, now: datetime) -> None:
    """Set up head office's offers and open them, then those of two stores."""
    claims = Period(now - timedelta(days=1), now + timedelta(days=200))
    for offer in (*_given(claims), *_in_the_centre(claims), *_of_goods(skus, claims)):
        made = coupons.create_template(
            code=offer.code,
            name=offer.name,
            name_en=offer.name_en,
            description=offer.description,
            terms=offer.terms,
            actor=SYSTEM,
            now=now,
        )
        coupons.publish(template_id=made.id, actor=SYSTEM, now=now)
    _of_stores(units, claims, now=now)


def _given(claims: Period) -> Iterator[_Offer]:
    """What members get by themselves: the pack of new ones, something for the birthday."""
    amount = Terms(CouponKind.AMOUNT, claims, amount_fen=1000, threshold_fen=5900, lasts_days=30)
    yield _Offer(
        "NEW10",
        "新人 10 元券",
        "10 off for new members",
        "满 59 元可用,全场通用。",
        replace(amount, is_new_member_pack=True),
    )
    yield _Offer(
        "NEWSHIP",
        "新人包邮券",
        "Free delivery for new members",
        "小程序快递订单可用。",
        Terms(CouponKind.FREIGHT, claims, lasts_days=30, scope=UseScope.ONLINE, is_new_member_pack=True),
    )
    yield _Offer(
        "THANKS8",
        "老客回馈 8 元券",
        "8 off to thank our members",
        "满 40 元可用,全场通用。",
        replace(amount, amount_fen=800, threshold_fen=4000, lasts_days=60, is_listed=False),
    )
    yield _Offer(
        "BDAY30",
        "生日 30 元券",
        "30 off for your birthday",
        "满 99 元可用,生日前后发放。",
        replace(amount, amount_fen=3000, threshold_fen=9900, is_listed=False),
    )


def _in_the_centre(claims: Period) -> Iterator[_Offer]:
    """What members claim: freely, with points, with a code of the staff."""
    amount = Terms(CouponKind.AMOUNT, claims, amount_fen=2000, threshold_fen=12900, lasts_days=30)
    yield _Offer(
        "CENTRE20",
        "满 129 减 20",
        "20 off from 129",
        "领券中心每人一张,全场通用,可转赠。",
        replace(
            amount,
            total_limit=2000,
            budget_fen=4_000_000,
            shares=Shares(brand_bp=6000, store_bp=4000),
            transferable=True,
            extension_days=3,
        ),
    )
    yield _Offer(
        "POINTS5",
        "500 积分兑 5 元券",
        "5 off for 500 points",
        "满 20 元可用。",
        replace(amount, amount_fen=500, threshold_fen=2000, points_price=500, per_person_limit=5),
    )
    yield _Offer(
        "COFFEE",
        "会员现磨咖啡一杯",
        "A fresh coffee for members",
        "200 积分兑换,到任一门店收银台出示即可。",
        Terms(
            CouponKind.SERVICE,
            claims,
            amount_fen=1200,
            lasts_days=30,
            scope=UseScope.STORE,
            points_price=200,
            per_person_limit=10,
            transferable=True,
        ),
    )
    yield _Offer(
        "WRAP",
        "免费礼品包装一次",
        "One gift wrapping for free",
        "乔迁、新婚、新生儿好礼,门店代为包装。",
        Terms(CouponKind.SERVICE, claims, amount_fen=500, lasts_days=60, scope=UseScope.STORE),
    )
    yield _Offer(
        "STAFF15",
        "导购口令券 15 元",
        "15 off with a code of our staff",
        "请向店员索取口令,满 79 元可用。",
        replace(amount, amount_fen=1500, threshold_fen=7900, scope=UseScope.STORE, needs_staff_code=True),
    )
    yield _Offer(
        "FREESHIP",
        "满 39 包邮券",
        "Free delivery from 39",
        "小程序快递订单满 39 元可用。",
        Terms(
            CouponKind.FREIGHT,
            claims,
            threshold_fen=3900,
            lasts_days=60,
            scope=UseScope.ONLINE,
            stacks_with_coupons=True,
            per_person_limit=2,
        ),
    )


def _of_goods(skus: dict[str, SkuInfo], claims: Period) -> Iterator[_Offer]:
    """What is off some goods, and what is given away."""
    beauty = next(category.id for category in catalog.categories() if category.code == "BEAUTY")
    yield _Offer(
        "BEAUTY88",
        "美妆 88 折",
        "12 % off beauty",
        "最多优惠 30 元,银卡以上会员。",
        Terms(
            CouponKind.PERCENT,
            claims,
            percent_off_bp=1200,
            cap_fen=3000,
            category_ids=frozenset([beauty]),
            lasts_days=30,
            tiers=frozenset({"silver", "gold", "plus", "diamond"}),
        ),
    )
    yield _Offer(
        "YOGURT",
        "到店赠酸奶一杯",
        "A yogurt for your visit",
        "到店消费满 20 元赠原味酸奶一杯。",
        Terms(
            CouponKind.GIFT,
            claims,
            gift_sku_id=skus["D03"].id,
            gift_quantity=1,
            threshold_fen=2000,
            lasts_days=30,
            scope=UseScope.STORE,
            stacks_with_coupons=True,
        ),
    )


def _of_stores(units: dict[str, Unit], claims: Period, *, now: datetime) -> None:
    """Two stores propose offers of their own: head office approved the first, the other waits for it."""
    for username, store, code, off_fen, threshold_fen in (
        ("manager1", "0001", "S0001-8", 800, 5000),
        ("manager2", "0002", "S0002-6", 600, 3000),
    ):
        proposed = coupons.propose(
            unit_id=units[store].id,
            code=code,
            name=f"{units[store].name}专享 {off_fen // 100} 元券",
            name_en=f"{off_fen // 100} off at {units[store].name_en}",
            description=f"仅限{units[store].name},满 {threshold_fen // 100} 元可用。",
            terms=Terms(
                CouponKind.AMOUNT,
                claims,
                amount_fen=off_fen,
                threshold_fen=threshold_fen,
                lasts_days=14,
                total_limit=300,
                shares=_STORE_BEARS,
                scope=UseScope.STORE,
            ),
            actor=_staff(username),
            now=now,
        )
        if store == "0001":
            coupons.approve(template_id=proposed.id, revision=proposed.revision, reason="", actor=_staff("hq"), now=now)


def hand_out(units: dict[str, Unit], member_ids: Sequence[UUID], *, now: datetime) -> None:
    """Let members claim what they may: in the centre, and with a code of the staff of a store."""
    for index, member_id in enumerate(member_ids[:_CLAIMING]):
        for code, (one_in, first) in _CLAIMS.items():
            if index % one_in == first:
                _claim(code, index, member_id, now=now)
    of_store = [member_id for index, member_id in enumerate(member_ids) if index % 40 == 0]
    for index, member_id in enumerate(of_store):
        _claim("S0001-8", index, member_id, now=now)
    unlock = coupons.unlock_code(
        template_code="STAFF15", store_id=units["0001"].id, uses=_UNLOCKED, actor=_staff("guide1"), now=now
    )
    for index, member_id in enumerate(member_ids[1 : 1 + _UNLOCKED]):
        _claim("STAFF15", index, member_id, staff_code=unlock.text, now=now)


def _claim(code: str, index: int, member_id: UUID, *, staff_code: str = "", now: datetime) -> None:
    coupons.claim(
        claim_id=uuid5(_NAMESPACE, f"{code}:{index}"),
        template_code=code,
        staff_code=staff_code,
        actor=Actor(kind=ActorKind.MEMBER, id=str(member_id)),
        now=now,
    )


def _staff(username: str) -> Actor:
    return identity.actor_for_staff(staff_id=identity.staff_by_username(username=username).id)
