"""Offers in the words of a shop: what they give, when, where; and states as badges."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.period import Period
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.coupons.contracts import CouponState, Template, TemplateState, Terms
from quanyu.modules.coupons.models.labels import COUPON_STATE_LABELS, TEMPLATE_STATE_LABELS
from quanyu.modules.promotions.contracts import CouponKind
from quanyu.platform.console.formats import badge, in_language, moment, percent, quantity, yuan

WEEKDAYS = (
    (0, _("Monday")),
    (1, _("Tuesday")),
    (2, _("Wednesday")),
    (3, _("Thursday")),
    (4, _("Friday")),
    (5, _("Saturday")),
    (6, _("Sunday")),
)
LEVEL_LABELS = {"identified": _("Every member"), "verified": _("Members with a verified phone")}
_TEMPLATE_TONES = {
    TemplateState.DRAFT: "plain",
    TemplateState.WAITING: "warn",
    TemplateState.REFUSED: "bad",
    TemplateState.LIVE: "good",
    TemplateState.STOPPED: "plain",
    TemplateState.FORCED_OFF: "bad",
}
_COUPON_TONES = {
    CouponState.AVAILABLE: "good",
    CouponState.RESERVED: "info",
    CouponState.REDEEMED: "plain",
    CouponState.EXPIRED: "warn",
    CouponState.VOID: "bad",
}


def template_badge(state: str) -> object:
    """Return the state of an offer as a label."""
    known = TemplateState(state)
    return badge(TEMPLATE_STATE_LABELS[known], _TEMPLATE_TONES[known])


def coupon_badge(state: CouponState) -> object:
    """Return the state of a coupon as a label."""
    return badge(COUPON_STATE_LABELS[state], _COUPON_TONES[state])


def gives(
    kind: str,
    *,
    amount_fen: int,
    percent_off_bp: int,
    cap_fen: int | None,
    threshold_fen: int,
    gift: SkuInfo | None = None,
    gift_quantity: int = 0,
) -> str:
    """Return what a coupon gives as a customer reads it."""
    parts = []
    if threshold_fen:
        parts.append(gettext("from %(threshold)s") % {"threshold": yuan(threshold_fen)})
    if kind == CouponKind.AMOUNT:
        parts.append(gettext("%(amount)s off") % {"amount": yuan(amount_fen)})
    elif kind == CouponKind.PERCENT:
        parts.append(gettext("%(percent)s off") % {"percent": percent(percent_off_bp)})
        if cap_fen is not None:
            parts.append(gettext("at most %(cap)s") % {"cap": yuan(cap_fen)})
    elif kind == CouponKind.FREIGHT:
        parts.append(gettext("free delivery"))
    elif kind == CouponKind.SERVICE:
        parts.append(gettext("a service in the store"))
    elif gift is not None:
        name = in_language(gift.name, gift.name_en)
        count = quantity(gift_quantity, gift.quantity_scale, gift.unit_name)
        parts.append(gettext("a gift: %(name)s × %(count)s") % {"name": name, "count": count})
    else:
        parts.append(gettext("a gift"))
    return gettext(", ").join(parts)


def gives_of(terms: Terms, gift: SkuInfo | None = None) -> str:
    """Return what the coupons of an offer give."""
    return gives(
        terms.kind,
        amount_fen=terms.amount_fen,
        percent_off_bp=terms.percent_off_bp,
        cap_fen=terms.cap_fen,
        threshold_fen=terms.threshold_fen,
        gift=gift,
        gift_quantity=terms.gift_quantity,
    )


def span(start: datetime | None, end: datetime | None) -> str:
    """Return a period of time."""
    return f"{moment(start)} – {moment(end)}"


def time_of_use(terms: Terms) -> str:
    """Return when a coupon of the offer may be used."""
    if isinstance(terms.use_period, Period):
        return span(terms.use_period.start, terms.use_period.end)
    if terms.starts_after_days:
        text = gettext("for %(lasts)s days, from %(after)s days after the claim")
    else:
        text = gettext("for %(lasts)s days from the claim")
    return text % {"lasts": terms.lasts_days, "after": terms.starts_after_days}


def exceptions(terms: Terms) -> str:
    """Return the weekdays and hours of use, and the days without; empty when there are none."""
    parts = [str(name) for day, name in WEEKDAYS if day in terms.weekdays]
    parts += [f"{hour(start)}–{hour(end)}" for start, end in terms.hours]
    if terms.excluded_dates:
        days = " ".join(day.isoformat() for day in sorted(terms.excluded_dates))
        parts.append(gettext("not on %(days)s") % {"days": days})
    return gettext(", ").join(parts)


def hour(minutes: int) -> str:
    """Return ``"09:30"`` for 570 minutes."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def used_of(count: int, most: int | None) -> str:
    """Return ``"120 / 500"``, or the count alone without a limit."""
    return f"{count:,}" if most is None else f"{count:,} / {most:,}"


def conditions(template: Template) -> str:
    """Return how a member comes by a coupon of the offer."""
    terms = template.terms
    parts = []
    if terms.is_new_member_pack:
        parts.append(gettext("given to new members"))
    elif not terms.is_listed and not terms.needs_staff_code:
        parts.append(gettext("given by head office or automatically"))
    else:
        parts.append(gettext("claimed in the coupon centre") if terms.is_listed else gettext("claimed by a code"))
    if terms.needs_staff_code:
        parts.append(gettext("with a staff code"))
    if terms.points_price:
        parts.append(gettext("for %(points)s points") % {"points": f"{terms.points_price:,}"})
    return gettext(", ").join(parts)
