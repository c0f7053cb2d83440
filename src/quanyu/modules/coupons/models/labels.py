"""Kinds, scopes and states of coupons in the words of the console."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from quanyu.modules.coupons.contracts import CouponState, TemplateState, UseScope, Via
from quanyu.modules.promotions.contracts import CouponKind

KIND_LABELS = {
    CouponKind.AMOUNT: _("Money-off coupon"),
    CouponKind.PERCENT: _("Percent-off coupon"),
    CouponKind.GIFT: _("Gift coupon"),
    CouponKind.FREIGHT: _("Free-delivery coupon"),
    CouponKind.SERVICE: _("Service coupon"),
}
SCOPE_LABELS = {
    UseScope.ANY: _("Online and in stores"),
    UseScope.ONLINE: _("Online only"),
    UseScope.STORE: _("In stores"),
}
TEMPLATE_STATE_LABELS = {
    TemplateState.DRAFT: _("Draft"),
    TemplateState.WAITING: _("Waiting for approval"),
    TemplateState.REFUSED: _("Refused"),
    TemplateState.LIVE: _("Live"),
    TemplateState.STOPPED: _("Stopped"),
    TemplateState.FORCED_OFF: _("Taken down"),
}
COUPON_STATE_LABELS = {
    CouponState.AVAILABLE: _("Available"),
    CouponState.RESERVED: _("Reserved"),
    CouponState.REDEEMED: _("Redeemed"),
    CouponState.EXPIRED: _("Expired"),
    CouponState.VOID: _("Void"),
}
VIA_LABELS = {
    Via.CENTRE: _("Coupon centre"),
    Via.STAFF: _("Staff code"),
    Via.POINTS: _("Exchanged for points"),
    Via.PACK: _("New-member pack"),
    Via.TRIGGER: _("Given by the chain"),
}
