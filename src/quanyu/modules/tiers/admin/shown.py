"""How tiers, multipliers and discounts look on a screen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.tiers import api
from quanyu.modules.tiers.contracts import ONCE_BP
from quanyu.modules.tiers.rules.standing import ZONE
from quanyu.platform.console.formats import NOTHING, in_language

CAUSE_LABELS = {
    "order": _("Order"),
    "return": _("Return"),
    "merge": _("Files merged"),
    "unmerge": _("Merge undone"),
    "demo": _("Demo"),
}


def times(basis_points: int) -> str:
    """Return ``"1.5×"`` for 15,000 basis points."""
    return f"{basis_points / ONCE_BP:g}×"


def off(basis_points: int) -> str:
    """Return a discount as each language says it: ``"95折"``, ``"5% off"``; a dash for none."""
    if not basis_points:
        return NOTHING
    figure = in_language(f"{(ONCE_BP - basis_points) / 1000:g}", f"{basis_points / 100:g}%")
    return gettext("%(figure)s off") % {"figure": figure}


def last_day(end: datetime | None) -> str:
    """Return the last day that a tier holds: ends are midnights, which belong to nobody."""
    return NOTHING if end is None else (end - timedelta(seconds=1)).astimezone(ZONE).strftime("%Y-%m-%d")


def names() -> dict[str, str]:
    """Return the tiers' names in the reader's language, by code."""
    return {tier.code: in_language(tier.name, tier.name_en) for tier in api.tiers(only_active=False)}


def tier_badge(code: str, known: Mapping[str, str]) -> SafeString:
    """Return a tier as a badge in its own colour."""
    return format_html('<span class="tier-badge tier-{}">{}</span>', code, known.get(code, code) or NOTHING)
