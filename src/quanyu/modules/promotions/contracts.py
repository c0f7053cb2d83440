"""What crosses promotions' door: campaigns, the basket that is priced, and the quote that explains itself.

Amounts are integer fen; quantities are base units of the SKU (see ``quanyu.kernel.quantity``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from quanyu.kernel.period import Period
from quanyu.kernel.problem import N_, Conflict, Invalid, NotFound
from quanyu.modules.pricing.contracts import PriceSet


class CampaignUnknown(NotFound):
    """No such campaign."""

    code = "promotions.campaign_unknown"
    title = N_("There is no such campaign.")
    remedy = N_("Choose one from the list.")


class CampaignCodeTaken(Conflict):
    """Another campaign has this code."""

    code = "promotions.campaign_code_taken"
    title = N_("The campaign code %(code)s is taken.")
    remedy = N_("Choose another code.")


class CampaignInvalid(Invalid):
    """Steps, shares or period of a campaign do not fit together."""

    code = "promotions.campaign_invalid"


class ManualDiscountTooLarge(Invalid):
    """The till's discount on a line is negative or more than the line costs."""

    code = "promotions.manual_discount_too_large"
    title = N_("The discount on this line is larger than its amount.")
    remedy = N_("Enter a discount of at most %(limit_yuan)s yuan.")


class BasketInvalid(Invalid):
    """Two lines carry the same number, or a quantity is not positive."""

    code = "promotions.basket_invalid"


class DiscountKind(StrEnum):
    """The links of the price chain that take something off; the order is that of the chain.

    ``coupon`` and ``points`` are the next two; they get their files with their modules.
    """

    MEMBER = "member"
    TIMED = "timed"
    MANUAL = "manual"
    THRESHOLD = "threshold"


# Labels of discounts that have no campaign's name; the edge translates them.
MEMBER_LABEL = N_("Member price")
TIMED_LABEL = N_("Timed price")
MANUAL_LABEL = N_("Discount at the till")
FREIGHT_LABEL = N_("Free delivery")


class Reason(StrEnum):
    """Why something does not apply. ``REASON_TEXTS`` has the text, ``NotApplied.params`` its values."""

    AMOUNT_MISSING = "amount_missing"
    NOT_IN_PERIOD = "not_in_period"
    MEMBERS_ONLY = "members_only"
    NOT_IN_STORE = "not_in_store"
    NOT_IN_CHANNEL = "not_in_channel"
    NO_MATCHING_GOODS = "no_matching_goods"
    BETTER_OFFER = "better_offer"


REASON_TEXTS = {
    Reason.AMOUNT_MISSING: N_("%(missing_yuan)s yuan more and it applies"),
    Reason.NOT_IN_PERIOD: N_("Not valid at this time"),
    Reason.MEMBERS_ONLY: N_("For members only"),
    Reason.NOT_IN_STORE: N_("Not valid in this store"),
    Reason.NOT_IN_CHANNEL: N_("Not valid for this way of buying"),
    Reason.NO_MATCHING_GOODS: N_("No matching products in the basket"),
    Reason.BETTER_OFFER: N_("A better offer applies to these products"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """From ``threshold_fen`` on, ``off_fen`` less; 0 < off < threshold."""

    threshold_fen: int
    off_fen: int


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
    """Where, on what and for whom a campaign holds. Empty means "all"; units include those below them."""

    unit_ids: frozenset[int] = frozenset()
    channels: frozenset[str] = frozenset()
    category_ids: frozenset[int] = frozenset()
    sku_ids: frozenset[int] = frozenset()
    excluded_sku_ids: frozenset[int] = frozenset()
    members_only: bool = False


@dataclass(frozen=True, slots=True)
class Campaign:
    """A threshold discount (满减). ``steps`` rise; ``repeats``: once per multiple (每满).

    A line belongs to it when its SKU or one of its categories is named (or nothing is named) and
    the SKU is not excluded. A line enters one campaign at most: higher ``priority`` first, then the
    larger saving, then the lower id.
    """

    id: int
    code: str
    name: str
    name_en: str
    period: Period
    steps: tuple[Step, ...]
    scope: Scope = Scope()
    shares: Shares = Shares()
    repeats: bool = False
    priority: int = 0
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """What pricing needs to know of a member: only the tier."""

    tier: str = ""


@dataclass(frozen=True, slots=True)
class BasketLine:
    """A line to price. ``category_path`` has the category ids from the root; ``number`` is unique."""

    number: int
    sku_id: int
    category_path: tuple[int, ...]
    supplier_id: int | None
    quantity: int
    quantity_scale: int
    prices: PriceSet
    manual_discount_fen: int = 0


@dataclass(frozen=True, slots=True)
class FreightFacts:
    """Freight of this order: ``base_fen`` unless the goods' net reaches ``free_from_fen`` (MALL-06).

    ``free_from_fen`` ``None``: never free. Pickup and in-store orders carry ``base_fen`` 0.
    """

    delivery: str = "carry_out"
    base_fen: int = 0
    free_from_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Basket:
    """All that decides a price, with the moment it is decided at. ``store_path``: unit ids, root first."""

    channel: str
    store_id: int
    member: MemberFacts | None
    lines: tuple[BasketLine, ...]
    freight: FreightFacts
    campaigns: tuple[Campaign, ...]
    at: datetime
    store_path: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Discount:
    """One discount on one line and who bears it; the three parts add up to ``amount_fen``.

    ``source`` is the price book (``book:7``), the campaign (its code) or ``till``.
    """

    kind: str
    source: str
    label: str
    amount_fen: int
    brand_fen: int
    store_fen: int
    supplier_fen: int


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """A priced line: net = list - discounts, never negative. ``freight_fen`` is on top of net."""

    number: int
    unit_price_fen: int
    list_fen: int
    discounts: tuple[Discount, ...]
    net_fen: int
    freight_fen: int

    @property
    def discount_fen(self) -> int:
        """All discounts on the line together."""
        return self.list_fen - self.net_fen


@dataclass(frozen=True, slots=True)
class Applied:
    """What was taken off, over which lines."""

    kind: str
    source: str
    label: str
    amount_fen: int
    line_numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NotApplied:
    """What could have applied and did not, and why (``params`` of ``REASON_TEXTS``)."""

    source: str
    label: str
    reason: Reason
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Quote:
    """The basket priced: payable = goods - discount + freight, all sums of the lines."""

    lines: tuple[QuoteLine, ...]
    goods_fen: int
    discount_fen: int
    freight_fen: int
    payable_fen: int
    applied: tuple[Applied, ...]
    not_applied: tuple[NotApplied, ...]
