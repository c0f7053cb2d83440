"""What may take something off: campaigns, coupons, points; where they hold and who bears them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from quanyu.kernel.period import Period

ALWAYS = Period()


class CampaignKind(StrEnum):
    """What a campaign does for its goods."""

    THRESHOLD = "threshold"
    GIFT = "gift"
    NTH = "nth"
    BUNDLE = "bundle"
    NEW_CUSTOMER = "new_customer"


class CouponKind(StrEnum):
    """What a coupon does: so much off, a share off, goods for nothing, no freight, or a service that no order has."""

    AMOUNT = "amount"
    PERCENT = "percent"
    GIFT = "gift"
    FREIGHT = "freight"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Step:
    """From ``threshold_fen`` on: ``off_fen`` less (0 < off < threshold), or so much of the gift SKU."""

    threshold_fen: int
    off_fen: int = 0
    gift_sku_id: int | None = None
    gift_quantity: int = 0


@dataclass(frozen=True, slots=True)
class CampaignItem:
    """A SKU of a bundle (``quantity``: how many a set has) or with a new-customer price.

    There ``price_fen`` is per priced unit and ``quantity`` the most per order, in base units.
    """

    sku_id: int
    quantity: int = 1
    price_fen: int = 0


@dataclass(frozen=True, slots=True)
class Shares:
    """Who bears a discount, in basis points that add up to 10 000.

    The supplier's share of a line without a supplier is the brand's.
    """

    brand_bp: int = 10_000
    store_bp: int = 0
    supplier_bp: int = 0


@dataclass(frozen=True, slots=True)
class Scope:
    """Where, on what and for whom something holds. Empty means "all"; units include those below them.

    ``tiers`` are codes of membership tiers; naming any means members only.
    """

    unit_ids: frozenset[int] = frozenset()
    channels: frozenset[str] = frozenset()
    category_ids: frozenset[int] = frozenset()
    sku_ids: frozenset[int] = frozenset()
    excluded_sku_ids: frozenset[int] = frozenset()
    members_only: bool = False
    tiers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Campaign:
    """A promotion that holds by itself. Which fields count is a matter of ``kind``:

    - threshold (满减) and gift (满赠): ``steps`` rise; ``repeats``: once per multiple (每满).
    - nth (第 N 件): each ``count``-th piece ``off_bp`` less, or at ``price_fen``; ``repeats``: the 2N-th
      too; ``same_sku``: pieces of one SKU are counted, otherwise of all goods. Weighed goods are no pieces.
    - bundle: a set of ``items``, or any ``count`` pieces of the scope, at ``price_fen``.
    - new_customer (新人价): ``items`` with their prices, for members who have not bought before.

    A line belongs to it when its SKU or one of its categories is named (or nothing is named) and
    the SKU is not excluded. A line enters one campaign at most unless one of them ``stacks``: higher
    ``priority`` first, then the larger saving, then the lower id.
    """

    id: int
    code: str
    name: str
    name_en: str
    period: Period
    steps: tuple[Step, ...] = ()
    scope: Scope = Scope()
    shares: Shares = Shares()
    repeats: bool = False
    priority: int = 0
    is_active: bool = True
    kind: CampaignKind = CampaignKind.THRESHOLD
    stacks: bool = False
    count: int = 0
    off_bp: int = 0
    price_fen: int | None = None
    same_sku: bool = False
    items: tuple[CampaignItem, ...] = ()


@dataclass(frozen=True, slots=True)
class CouponFacts:
    """A coupon as the chain sees it. ``hours`` are [from, to) in minutes of the day in Asia/Shanghai.

    ``weekdays`` (0 = Monday) and ``hours``: empty is always. ``percent_off_bp`` 1000 is 10 % off, at most
    ``cap_fen``. ``stacks_with_campaigns`` false: lines that entered a campaign do not count for it.
    Gifts stand in ``Basket.gifts``.
    """

    id: str
    code: str
    name: str
    name_en: str
    kind: CouponKind
    amount_fen: int = 0
    percent_off_bp: int = 0
    cap_fen: int | None = None
    threshold_fen: int = 0
    scope: Scope = Scope()
    period: Period = ALWAYS
    weekdays: frozenset[int] = frozenset()
    hours: tuple[tuple[int, int], ...] = ()
    excluded_dates: frozenset[date] = frozenset()
    tiers: frozenset[str] = frozenset()
    shares: Shares = Shares()
    stacks_with_campaigns: bool = True
    stacks_with_coupons: bool = False
    gift_sku_id: int | None = None
    gift_quantity: int = 0


@dataclass(frozen=True, slots=True)
class PointsFacts:
    """Points as payment: ``wanted`` of ``balance``; ``points_per_yuan`` make one yuan.

    At most ``cap_bp`` of the goods' net, from ``least`` on, in multiples of ``step``.
    """

    wanted: int
    balance: int
    points_per_yuan: int
    cap_bp: int
    least: int = 0
    step: int = 1


@dataclass(frozen=True, slots=True)
class PointsOfferFacts:
    """An offer of the points mall: so many points and so much cash for one piece."""

    id: int
    points: int
    cash_fen: int
