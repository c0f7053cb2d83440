"""What price simulations ask of tiers, coupons and points, which promotions may not know."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from quanyu.kernel.period import Period
from quanyu.modules.coupons import api as coupons
from quanyu.modules.coupons.contracts import CHANNELS, Template, TemplateState
from quanyu.modules.points import api as points
from quanyu.modules.promotions.contracts import CouponFacts, PointsFacts, Scope, TierChoice
from quanyu.modules.tiers import api as tiers

_TEMPLATES_MAX = 200


class TrialRights:
    """Implements ``promotions.contracts.RightsSource`` over the modules' doors."""

    def tiers(self) -> Sequence[TierChoice]:
        """Return the tiers there are."""
        return [TierChoice(tier.code, tier.name, tier.name_en, tier.discount_bp) for tier in tiers.tiers()]

    def coupons(self, *, at: datetime) -> Sequence[CouponFacts]:
        """Return the live templates that can still be claimed at a moment, as if somebody held one of each."""
        live = [one for one in coupons.templates(states={TemplateState.LIVE}) if at in one.terms.claim_period]
        return [_held(template) for template in live[:_TEMPLATES_MAX]]

    def points(self, *, path: Sequence[int]) -> PointsFacts | None:
        """Return how points pay at a place, nothing wanted yet."""
        rule = points.spending_rule(path=path)
        return PointsFacts(0, 0, rule.points_per_yuan, rule.cap_bp, rule.least, rule.step)


def _held(template: Template) -> CouponFacts:
    terms = template.terms
    scope = Scope(
        unit_ids=terms.unit_ids,
        channels=CHANNELS[terms.scope],
        category_ids=terms.category_ids,
        sku_ids=terms.sku_ids,
        excluded_sku_ids=terms.excluded_sku_ids,
        members_only=True,
        tiers=terms.tiers,
    )
    return CouponFacts(
        id=template.code,
        code=template.code,
        name=template.name,
        name_en=template.name_en,
        kind=terms.kind,
        amount_fen=terms.amount_fen,
        percent_off_bp=terms.percent_off_bp,
        cap_fen=terms.cap_fen,
        threshold_fen=terms.threshold_fen,
        scope=scope,
        # A coupon that is valid from its claim is tried as one that was claimed just now.
        period=terms.use_period or Period(),
        weekdays=terms.weekdays,
        hours=terms.hours,
        excluded_dates=terms.excluded_dates,
        shares=terms.shares,
        stacks_with_campaigns=terms.stacks_with_campaigns,
        stacks_with_coupons=terms.stacks_with_coupons,
        gift_sku_id=terms.gift_sku_id,
        gift_quantity=terms.gift_quantity,
    )
