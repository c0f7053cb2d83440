"""What promotions refuses."""

from __future__ import annotations

from quanyu.kernel.problem import N_, Conflict, Invalid, NotFound


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


class CampaignFixed(Conflict):
    """The campaign has started, or is over: what customers were promised stays."""

    code = "promotions.campaign_fixed"
    title = N_("Of a campaign that has started only the end, the name and the priority can be changed.")
    remedy = N_("Stop it and set up another one.")


class ManualDiscountTooLarge(Invalid):
    """The till's discount on a line is negative or more than the line costs."""

    code = "promotions.manual_discount_too_large"
    title = N_("The discount on this line is larger than its amount.")
    remedy = N_("Enter a discount of at most %(limit_yuan)s yuan.")


class BasketInvalid(Invalid):
    """Two lines carry the same number, or a quantity is not positive."""

    code = "promotions.basket_invalid"
