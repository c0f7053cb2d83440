"""How points look on the console: figures with their sign, causes, badges, rules in words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.points import rules
from quanyu.modules.points.models import Lot, Rule
from quanyu.platform.console import access
from quanyu.platform.console.formats import NOTHING, badge, link, number, yuan

VIEW = "points.view"
CAUSE_LABELS: dict[str, Any] = {
    "order": _("Order"),
    "adjustment": _("Adjustment"),
    "coupon": _("Coupon"),
    "lot": _("End of time"),
    "merge": _("Files merged"),
    "unmerge": _("Merge undone"),
    "clock": _("End of waiting"),
    "birthday": _("Birthday"),
    "demo": _("Demo"),
}


def signed(points: int) -> str:
    """Return a change with its sign; a dash for none."""
    return NOTHING if not points else f"{'+' if points > 0 else ''}{number(points)}"


def cause(row: Any) -> object:
    """Return what caused a row, with a link where it has a page."""
    kind = CAUSE_LABELS.get(row.cause_kind, row.cause_kind)
    if row.cause_kind == "order":
        return link("orders_order_change", row.cause_id, kind)
    if row.cause_kind == "adjustment":
        return link("points_adjustment_change", row.cause_id, kind)
    return kind


def done_by(actor: str) -> str:
    """Return who moved points; what nobody did by hand was the system's."""
    return access.person(actor) if actor else gettext("System")


def last_day(row: Lot) -> str:
    """Return the last day on which the points of a lot can be used."""
    return rules.last_day_before(row.expires_at).isoformat()


def lot_badge(row: Lot) -> object:
    """Return the state of a lot in its colour."""
    tones = {"live": "good", "pending": "info", "expired": "warn"}
    return badge(row.get_state_display(), tones.get(row.state, "plain"))


def rule_text(rule: Rule) -> str:
    """Return a rule as a shop says it: 1 per ¥10.00."""
    if rule.points is None:
        return gettext("As the unit above")
    return gettext("%(points)s per %(money)s") % {
        "points": number(rule.points),
        "money": yuan(rule.per_fen),
    }


def price_text(points: int, cash_fen: int) -> str:
    """Return what an offer costs: so many points, and the cash."""
    if not cash_fen:
        return gettext("%(points)s points") % {"points": number(points)}
    return gettext("%(points)s points + %(cash)s") % {"points": number(points), "cash": yuan(cash_fen)}
