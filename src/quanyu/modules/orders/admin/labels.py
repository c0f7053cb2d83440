"""What states, reasons, discounts and coupons of orders are called on screens."""

from __future__ import annotations

from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from quanyu.modules.orders.contracts import State
from quanyu.modules.orders.models import STATE_LABELS, Order
from quanyu.platform.console.formats import badge

STATE_TONES = {State.PLACED: "warn", State.PAID: "info", State.COMPLETED: "good", State.CANCELLED: "plain"}
REASON_LABELS: dict[str, Any] = {
    "expired": _("Not paid in time"),
    "sold_out": _("Sold out before it was paid"),
    "sold_at_counter": _("Sold at the counter before it was set aside"),
    "fetched_elsewhere": _("Fetched at another store"),
    "changed_mind": _("Changed their mind"),
    "mistake": _("Ordered by mistake"),
    "too_late": _("Takes too long"),
    "given_up": _("Given up at the till"),
}
DISCOUNT_LABELS: dict[str, Any] = {
    "points_mall": _("Points mall"),
    "member": _("Member price"),
    "timed": _("Timed price"),
    "tier": _("Tier discount"),
    "manual": _("At the till"),
    "threshold": _("Threshold discount"),
    "nth": _("Nth piece"),
    "bundle": _("Bundle"),
    "new_customer": _("New customer"),
    "gift": _("Gift"),
    "coupon": _("Coupon"),
}
COUPON_LABELS: dict[str, Any] = {
    "amount": _("Amount off"),
    "percent": _("Percentage off"),
    "gift": _("Gift"),
    "freight": _("Free delivery"),
}


def state_badge(order: Order) -> SafeString:
    """Return the order's state in its colour."""
    state = State(order.state)
    return badge(STATE_LABELS[state], STATE_TONES[state])


def reason_text(reason: str) -> str:
    """Return a reason as a person reads it; the machine's own ones are translated."""
    return str(REASON_LABELS.get(reason, reason))
