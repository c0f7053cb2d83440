"""What crosses promotions' door: campaigns, the basket that is priced, and the quote that explains itself.

Amounts are integer fen; quantities are base units of the SKU (see ``quanyu.kernel.quantity``).
"""

from __future__ import annotations

from quanyu.modules.promotions.contracts.basket import (
    Basket,
    BasketLine,
    FreightFacts,
    MemberFacts,
)
from quanyu.modules.promotions.contracts.quote import (
    Applied,
    CouponOutcome,
    Discount,
    NotApplied,
    Quote,
    QuoteLine,
)
from quanyu.modules.promotions.contracts.reasons import (
    FREIGHT_LABEL,
    MANUAL_LABEL,
    MEMBER_LABEL,
    POINTS_LABEL,
    POINTS_MALL_LABEL,
    REASON_TEXTS,
    TIER_LABEL,
    TIMED_LABEL,
    DiscountKind,
    Reason,
)
from quanyu.modules.promotions.contracts.refusals import (
    BasketInvalid,
    CampaignCodeTaken,
    CampaignFixed,
    CampaignInvalid,
    CampaignUnknown,
    ManualDiscountTooLarge,
)
from quanyu.modules.promotions.contracts.rights import (
    Campaign,
    CampaignItem,
    CampaignKind,
    CouponFacts,
    CouponKind,
    PointsFacts,
    PointsOfferFacts,
    Scope,
    Shares,
    Step,
)
from quanyu.modules.promotions.contracts.rights_source import RightsSource, TierChoice

__all__ = [
    "FREIGHT_LABEL",
    "MANUAL_LABEL",
    "MEMBER_LABEL",
    "POINTS_LABEL",
    "POINTS_MALL_LABEL",
    "REASON_TEXTS",
    "TIER_LABEL",
    "TIMED_LABEL",
    "Applied",
    "Basket",
    "BasketInvalid",
    "BasketLine",
    "Campaign",
    "CampaignCodeTaken",
    "CampaignFixed",
    "CampaignInvalid",
    "CampaignItem",
    "CampaignKind",
    "CampaignUnknown",
    "CouponFacts",
    "CouponKind",
    "CouponOutcome",
    "Discount",
    "DiscountKind",
    "FreightFacts",
    "ManualDiscountTooLarge",
    "MemberFacts",
    "NotApplied",
    "PointsFacts",
    "PointsOfferFacts",
    "Quote",
    "QuoteLine",
    "Reason",
    "RightsSource",
    "Scope",
    "Shares",
    "Step",
    "TierChoice",
]
