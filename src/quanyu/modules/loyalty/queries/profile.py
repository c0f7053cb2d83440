"""A member at a glance: what it is, has and bought; a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from quanyu.modules.catalog import api as catalog
from quanyu.modules.loyalty.contracts import CategorySpend, ChannelSpend, Expiring, MonthSpend, Profile, StoreSpend
from quanyu.modules.loyalty.rules.earning import ZONE
from quanyu.modules.points import api as points
from quanyu.modules.tiers import api as tiers
from quanyu.platform import db

MONTHS = 12
SPEND_DAYS = 365


def profile(*, member_id: UUID, now: datetime) -> Profile:
    """Return the profile. Raises ``MemberUnknown``."""
    standing = tiers.standing(member_id=member_id, now=now)
    balance = points.balance(member_id=member_id, now=now)
    spend = db.rows(
        "SELECT channel, store_id, month, orders, spend_fen, last_at FROM orders_spend_of_member(%s, %s)",
        [member_id, now - timedelta(days=SPEND_DAYS)],
    )
    last = max(spend, key=lambda row: row["last_at"], default=None)
    stores = _by_store(spend)
    return Profile(
        member_id=member_id,
        tier=standing.tier,
        growth=standing.growth,
        window_growth=standing.window_growth,
        valid_until=standing.valid_until,
        keep_missing=standing.keep_missing,
        paid_until=standing.paid_until,
        next_tier=standing.next,
        points=balance.available,
        points_pending=balance.pending,
        points_debt=balance.debt,
        expiring=tuple(Expiring(one.last_day, one.points) for one in balance.next_expiries),
        coupons=db.value("SELECT coupons_count_of(%s, %s)", [member_id, now]),
        spend_fen=sum(row["spend_fen"] for row in spend),
        orders=sum(row["orders"] for row in spend),
        by_channel=_by_channel(spend),
        by_month=_by_month(spend, now=now),
        last_visit=last["last_at"] if last else None,
        last_store_id=last["store_id"] if last else None,
        favourite_store_id=stores[0].store_id if stores else None,
        by_store=stores,
    )


def categories(*, member_id: UUID, now: datetime) -> list[CategorySpend]:
    """Return what a member bought in a year by category of goods, the one with most money first; two queries."""
    goods = db.rows(
        "SELECT sku_id, spend_fen FROM orders_goods_of_member(%s, %s)", [member_id, now - timedelta(days=SPEND_DAYS)]
    )
    skus = catalog.skus(ids=[row["sku_id"] for row in goods])
    money: defaultdict[int, int] = defaultdict(int)
    for row in goods:
        money[skus[row["sku_id"]].category_id] += row["spend_fen"]
    ranked = sorted(money, key=lambda category: (-money[category], category))
    return [CategorySpend(category, money[category]) for category in ranked]


def _by_channel(spend: Sequence[dict[str, Any]]) -> tuple[ChannelSpend, ...]:
    """Return the channels, the one with most money first."""
    orders: defaultdict[str, int] = defaultdict(int)
    money: defaultdict[str, int] = defaultdict(int)
    for row in spend:
        orders[row["channel"]] += row["orders"]
        money[row["channel"]] += row["spend_fen"]
    ranked = sorted(money, key=lambda channel: (-money[channel], channel))
    return tuple(ChannelSpend(channel, orders[channel], money[channel]) for channel in ranked)


def _by_month(spend: Sequence[dict[str, Any]], *, now: datetime) -> tuple[MonthSpend, ...]:
    """Return the last twelve calendar months, the oldest first, months without a purchase too."""
    money: defaultdict[date, int] = defaultdict(int)
    for row in spend:
        money[row["month"]] += row["spend_fen"]
    today = now.astimezone(ZONE).date()
    ordinals = [today.year * 12 + today.month - 1 - back for back in range(MONTHS - 1, -1, -1)]
    months = [date(ordinal // 12, ordinal % 12 + 1, 1) for ordinal in ordinals]
    return tuple(MonthSpend(month, money[month]) for month in months)


def _by_store(spend: Sequence[dict[str, Any]]) -> tuple[StoreSpend, ...]:
    """Return the stores, the one with most orders first; of two with as many, the one with more money."""
    totals: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
    for row in spend:
        totals[row["store_id"]][0] += row["orders"]
        totals[row["store_id"]][1] += row["spend_fen"]
    ranked = sorted(totals, key=lambda store: (totals[store], -store), reverse=True)
    return tuple(StoreSpend(store, *totals[store]) for store in ranked)
