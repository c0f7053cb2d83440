"""Issued coupons: in the wallet, at the till, given away, and in figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from quanyu.modules.coupons.contracts.refusals import ClaimReason, Reason
from quanyu.modules.promotions.contracts import CouponFacts, CouponKind


class CouponState(StrEnum):
    """Where a coupon stands. One past its time is expired for every reader, before the job has written so."""

    AVAILABLE = "available"
    RESERVED = "reserved"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    VOID = "void"


class Via(StrEnum):
    """How a coupon came to its first holder."""

    CENTRE = "centre"
    STAFF = "staff"
    POINTS = "points"
    PACK = "pack"
    TRIGGER = "trigger"


@dataclass(frozen=True, slots=True)
class Coupon:
    """One coupon of a member. ``state`` is what holds at the moment of asking."""

    id: UUID
    template_code: str
    name: str
    name_en: str
    member_id: UUID
    state: CouponState
    via: Via
    valid_from: datetime
    valid_until: datetime
    offered_until: datetime | None
    order_id: UUID | None
    amount_fen: int
    is_gift: bool
    transferable: bool
    claimed_at: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """A coupon to reserve and what it takes off; payable of the order and selling store are for the statistics."""

    id: UUID
    amount_fen: int
    sales_fen: int = 0
    store_id: int | None = None


@dataclass(frozen=True, slots=True)
class WalletEntry:
    """A coupon with what the price chain needs to know of it."""

    coupon: Coupon
    facts: CouponFacts


@dataclass(frozen=True, slots=True)
class CouponCode:
    """What the holder shows: ``text`` to type (17 characters in groups), ``payload`` and its picture to scan.

    The payload is signed for a few minutes only: show it anew at ``renew_at``.
    """

    text: str
    payload: str
    svg: str
    renew_at: datetime


@dataclass(frozen=True, slots=True)
class ScannedCoupon:
    """The coupon behind a code, whose it is, and why it cannot be taken now (``None``: it can)."""

    coupon: Coupon
    facts: CouponFacts
    refusal: Reason | None


@dataclass(frozen=True, slots=True)
class HandedOut:
    """A service that a store gave for a coupon, without an order; ``worth_fen`` is borne by the offer's shares."""

    id: UUID
    coupon: Coupon
    worth_fen: int
    store_id: int
    staff_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class UnlockCode:
    """A staff code that unlocks claims of one template; shown once, only its keyed hash is kept."""

    text: str
    template_code: str
    uses: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Granted:
    """What a grant did: the new coupons by member, who had had it before, and who got none and why."""

    issued: Mapping[UUID, UUID]
    already: Mapping[UUID, UUID]
    refused: Mapping[UUID, ClaimReason]


@dataclass(frozen=True, slots=True)
class GiftOffer:
    """A coupon on its way to somebody else: who has the token may accept it until ``expires_at``."""

    coupon_id: UUID
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class GiftPreview:
    """What a gift is, for the one who was sent it; nothing about the giver."""

    name: str
    name_en: str
    kind: CouponKind
    amount_fen: int
    percent_off_bp: int
    threshold_fen: int
    valid_until: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of coupons: ``sales_fen`` is the payable of the orders, cost is split by bearer to the fen."""

    claimed: int = 0
    used: int = 0
    sales_fen: int = 0
    cost_fen: int = 0
    brand_fen: int = 0
    store_fen: int = 0
    supplier_fen: int = 0


@dataclass(frozen=True, slots=True)
class Statistics:
    """Figures of a template in all, by store and by staff (claims they unlocked, and what came of these).

    A coupon is claimed at the store whose staff unlocked it and used at the store that sold; ``None``
    stands for "in no store".
    """

    total: Figures
    by_store: Mapping[int | None, Figures]
    by_staff: Mapping[int, Figures]


@dataclass(frozen=True, slots=True)
class CouponEvent:
    """One line of a coupon's history."""

    kind: str
    state: CouponState
    member_id: UUID
    order_id: UUID | None
    amount_fen: int
    cause: str
    actor: str
    at: datetime
