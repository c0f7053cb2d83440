"""What crosses the door of loyalty: what a purchase earned, a member's timeline and profile.

Amounts in fen, points and growth in whole points.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from quanyu.modules.tiers.contracts import NextTier


@dataclass(frozen=True, slots=True)
class Rewarded:
    """What an order earned: its ``points`` (also when asked again), and the ``growth`` that was given just now."""

    points: int = 0
    growth: int = 0


class EntryKind(StrEnum):
    """What a line of the timeline is about."""

    ORDER = "order"
    RETURN = "return"
    POINTS = "points"
    COUPON = "coupon"
    TIER = "tier"
    MERGE = "merge"


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened with a member, in any channel.

    ``what`` is a stable word within the kind: the state of an order, the kind of a points movement or coupon event,
    the reason of a tier change, ``merged`` or ``unmerged``. ``subject`` is the number or id that leads to it, ``text``
    what it is called: names of goods, of a coupon, the tiers. ``amount_fen`` is money, ``points`` a change of points.
    """

    at: datetime
    kind: EntryKind
    what: str
    subject: str
    text: str
    store_id: int | None = None
    channel: str = ""
    amount_fen: int = 0
    points: int = 0
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of the timeline, newest first; ``next`` is where the one before it begins, empty at the beginning."""

    entries: tuple[TimelineEntry, ...]
    next: str


@dataclass(frozen=True, slots=True)
class Expiring:
    """So many points whose last day is this one."""

    last_day: date
    points: int


@dataclass(frozen=True, slots=True)
class ChannelSpend:
    """What a member bought in one channel: orders and net paid money that was not given back, in fen."""

    channel: str
    orders: int
    spend_fen: int


@dataclass(frozen=True, slots=True)
class MonthSpend:
    """Net paid money of one calendar month (its first day), in fen."""

    month: date
    spend_fen: int


@dataclass(frozen=True, slots=True)
class StoreSpend:
    """What a member bought at one store: orders and net paid money that was not given back, in fen."""

    store_id: int
    orders: int
    spend_fen: int


@dataclass(frozen=True, slots=True)
class CategorySpend:
    """What a member bought of one category of goods, its delivery included, in fen."""

    category_id: int
    spend_fen: int


@dataclass(frozen=True, slots=True)
class Profile:
    """A member at a glance. Spend is that of the last twelve months; a visit is a paid order of any channel."""

    member_id: UUID
    tier: str
    growth: int
    window_growth: int
    valid_until: datetime | None
    keep_missing: int
    paid_until: datetime | None
    next_tier: NextTier | None
    points: int
    points_pending: int
    points_debt: int
    expiring: tuple[Expiring, ...]
    coupons: int
    spend_fen: int
    orders: int
    by_channel: tuple[ChannelSpend, ...] = ()
    by_month: tuple[MonthSpend, ...] = ()
    last_visit: datetime | None = None
    last_store_id: int | None = None
    favourite_store_id: int | None = None
    by_store: tuple[StoreSpend, ...] = ()
