"""Templates and their terms, as staff sees them and as the coupon centre shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from quanyu.kernel.period import Period
from quanyu.modules.coupons.contracts.refusals import ClaimReason
from quanyu.modules.promotions.contracts import CouponKind, Shares


class UseScope(StrEnum):
    """Which ways of buying take a coupon (CPN-02); ``CHANNELS`` says which channels these are."""

    ONLINE = "online"
    STORE = "store"
    ANY = "any"


# Dealer ordering and marketplaces have prices of their own: no coupon of ours is taken there.
CHANNELS: Mapping[UseScope, frozenset[str]] = {
    UseScope.ONLINE: frozenset({"mall", "assistant"}),
    UseScope.STORE: frozenset({"pos", "kiosk"}),
    UseScope.ANY: frozenset({"mall", "assistant", "pos", "kiosk"}),
}


class TemplateState(StrEnum):
    """Where a template stands; coupons are issued while it is ``live`` and taken unless it was forced off."""

    DRAFT = "draft"
    WAITING = "waiting"
    REFUSED = "refused"
    LIVE = "live"
    STOPPED = "stopped"
    FORCED_OFF = "forced_off"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a template promises. Empty sets mean "all"; units include those below them.

    ``amount_fen`` for ``amount``; ``percent_off_bp`` (1000 = 10 % off) with ``cap_fen`` for ``percent``;
    ``gift_sku_id`` and ``gift_quantity`` (base units) for ``gift``; of a ``service`` ``amount_fen`` is what it is
    worth, borne by the shares. Time of use: ``use_period``, or
    relative: it starts ``starts_after_days`` after the claim (0: at once) and ends with the
    ``lasts_days``-th day. ``hours`` are minutes of the day ``[from, until)``. ``points_price`` is
    what a claim costs. ``extension_days``: a coupon that comes back is valid that many days more at least.
    """

    kind: CouponKind
    claim_period: Period
    amount_fen: int = 0
    percent_off_bp: int = 0
    cap_fen: int | None = None
    threshold_fen: int = 0
    gift_sku_id: int | None = None
    gift_quantity: int = 0
    category_ids: frozenset[int] = frozenset()
    sku_ids: frozenset[int] = frozenset()
    excluded_sku_ids: frozenset[int] = frozenset()
    use_period: Period | None = None
    starts_after_days: int = 0
    lasts_days: int | None = None
    weekdays: frozenset[int] = frozenset()
    hours: tuple[tuple[int, int], ...] = ()
    excluded_dates: frozenset[date] = frozenset()
    scope: UseScope = UseScope.ANY
    unit_ids: frozenset[int] = frozenset()
    tiers: frozenset[str] = frozenset()
    level: str = "identified"
    per_person_limit: int | None = 1
    total_limit: int | None = None
    budget_fen: int | None = None
    shares: Shares = field(default_factory=Shares)
    stacks_with_campaigns: bool = True
    stacks_with_coupons: bool = False
    transferable: bool = False
    points_price: int = 0
    needs_staff_code: bool = False
    is_new_member_pack: bool = False
    is_listed: bool = True
    extension_days: int = 0


@dataclass(frozen=True, slots=True)
class Template:
    """A template as staff sees it. ``issued`` and ``committed_fen`` (reserved and given) are exact.

    ``revision`` grows with every change of the terms, so that nobody approves what was changed meanwhile.
    """

    id: int
    code: str
    name: str
    name_en: str
    description: str
    owner_unit_id: int
    is_proposal: bool
    state: TemplateState
    revision: int
    terms: Terms
    issued: int
    committed_fen: int
    created_by: str
    changed_by: str
    decided_by: str
    decided_at: datetime | None
    reason: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """A template as a member sees it in the coupon centre. ``refusal`` says why it cannot be claimed now.

    ``left`` is ``None`` when there is no total limit; ``held`` counts what the member was given so far.
    """

    template_code: str
    name: str
    name_en: str
    description: str
    kind: CouponKind
    amount_fen: int
    percent_off_bp: int
    cap_fen: int | None
    threshold_fen: int
    scope: UseScope
    unit_ids: frozenset[int]
    claim_until: datetime | None
    use_from: datetime | None
    use_until: datetime | None
    lasts_days: int | None
    starts_after_days: int
    points_price: int
    needs_staff_code: bool
    left: int | None
    held: int
    refusal: ClaimReason | None
