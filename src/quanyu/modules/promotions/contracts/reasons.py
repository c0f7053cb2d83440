"""Kinds of discounts with their labels, and why something did not apply."""

from __future__ import annotations

from enum import StrEnum

from quanyu.kernel.problem import N_


class DiscountKind(StrEnum):
    """What a row of a line is. Rows of kind ``coupon`` are the line's ``coupon_fen``, all others its discount."""

    POINTS_MALL = "points_mall"
    MEMBER = "member"
    TIMED = "timed"
    TIER = "tier"
    MANUAL = "manual"
    THRESHOLD = "threshold"
    NTH = "nth"
    BUNDLE = "bundle"
    NEW_CUSTOMER = "new_customer"
    COUPON = "coupon"
    GIFT = "gift"


# Labels of discounts that have no campaign's name; the edge translates them.
POINTS_MALL_LABEL = N_("Points mall")
MEMBER_LABEL = N_("Member price")
TIMED_LABEL = N_("Timed price")
TIER_LABEL = N_("Tier discount")
MANUAL_LABEL = N_("Discount at the till")
POINTS_LABEL = N_("Points")
FREIGHT_LABEL = N_("Free delivery")


class Reason(StrEnum):
    """Why something does not apply. ``REASON_TEXTS`` has the text, ``params`` its values."""

    AMOUNT_MISSING = "amount_missing"
    QUANTITY_MISSING = "quantity_missing"
    NOT_IN_PERIOD = "not_in_period"
    NOT_ON_THIS_DATE = "not_on_this_date"
    NOT_ON_THIS_WEEKDAY = "not_on_this_weekday"
    NOT_AT_THIS_HOUR = "not_at_this_hour"
    MEMBERS_ONLY = "members_only"
    NEW_CUSTOMERS_ONLY = "new_customers_only"
    TIER_TOO_LOW = "tier_too_low"
    NOT_IN_STORE = "not_in_store"
    NOT_IN_CHANNEL = "not_in_channel"
    NO_MATCHING_GOODS = "no_matching_goods"
    BETTER_OFFER = "better_offer"
    NOT_STACKABLE = "not_stackable"
    WOULD_BE_FREE = "would_be_free"
    NO_FREIGHT = "no_freight"
    GIFT_GONE = "gift_gone"
    IS_SERVICE = "is_service"
    POINTS_SHORT = "points_short"
    POINTS_LEAST = "points_least"
    POINTS_CAPPED = "points_capped"


REASON_TEXTS = {
    Reason.AMOUNT_MISSING: N_("%(missing_yuan)s yuan more and it applies"),
    Reason.QUANTITY_MISSING: N_("%(missing)s more and it applies"),
    Reason.NOT_IN_PERIOD: N_("Not valid at this time"),
    Reason.NOT_ON_THIS_DATE: N_("Not valid on this date"),
    Reason.NOT_ON_THIS_WEEKDAY: N_("Not valid on this day of the week"),
    Reason.NOT_AT_THIS_HOUR: N_("Not valid at this hour"),
    Reason.MEMBERS_ONLY: N_("For members only"),
    Reason.NEW_CUSTOMERS_ONLY: N_("For new customers only"),
    Reason.TIER_TOO_LOW: N_("Not for this membership tier"),
    Reason.NOT_IN_STORE: N_("Not valid in this store"),
    Reason.NOT_IN_CHANNEL: N_("Not valid for this way of buying"),
    Reason.NO_MATCHING_GOODS: N_("No matching products in the basket"),
    Reason.BETTER_OFFER: N_("A better offer applies to these products"),
    Reason.NOT_STACKABLE: N_("Cannot be combined with what already applies"),
    Reason.WOULD_BE_FREE: N_("Nothing is left to take it off"),
    Reason.NO_FREIGHT: N_("There is no delivery fee to save"),
    Reason.GIFT_GONE: N_("The gift is out of stock"),
    Reason.IS_SERVICE: N_("A service of the store: the till hands it out without a purchase"),
    Reason.POINTS_SHORT: N_("%(missing)s points are missing"),
    Reason.POINTS_LEAST: N_("Points can be used from %(least)s on"),
    Reason.POINTS_CAPPED: N_("At most %(most)s points can be used for this order"),
}
