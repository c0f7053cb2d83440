"""The timeline as a page shows it: days with their entries, each with an icon, words and figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.loyalty.contracts import EntryKind, TimelineEntry
from quanyu.modules.tiers.contracts import Tier
from quanyu.platform.console.formats import in_language, yuan

CHANNEL_LABELS: Mapping[str, object] = {
    "mall": _("Mall"),
    "pos": _("Till"),
    "kiosk": _("Kiosk"),
    "assistant": _("Associate"),
    "b2b": _("Dealer ordering"),
    "market": _("Marketplace"),
    "import": _("Import"),
    "console": _("Console"),
    "demo": _("Demo"),
}
ORDER_STATES: Mapping[str, tuple[object, str]] = {
    "placed": (_("Waiting for payment"), "warn"),
    "paid": (_("Paid"), "info"),
    "completed": (_("Completed"), "good"),
    "cancelled": (_("Cancelled"), "plain"),
}
POINTS_WORDS: Mapping[str, object] = {
    "earn": _("Points earned"),
    "mature": _("Points became usable"),
    "give": _("Points given"),
    "spend": _("Points used"),
    "restore": _("Points came back"),
    "claw_back": _("Points taken back"),
    "expire": _("Points expired"),
    "adjust": _("Points adjusted"),
    "debt": _("Points owed"),
    "repay": _("Owed points paid"),
    "move": _("Points of a merged file"),
}
COUPON_WORDS: Mapping[str, object] = {
    "issued": _("Coupon claimed"),
    "redeemed": _("Coupon used"),
    "returned": _("Coupon came back"),
    "handed_out": _("Service handed out"),
    "put_back": _("Hand-out of a service undone"),
    "expired": _("Coupon expired"),
    "voided": _("Coupon withdrawn"),
    "offered": _("Coupon offered as a gift"),
    "taken_back": _("Gift taken back"),
    "transferred": _("Coupon received as a gift"),
    "merged": _("Coupon of a merged file"),
}
TIER_WORDS: Mapping[str, object] = {
    "growth": _("Tier reached"),
    "level": _("Tier reached"),
    "kept": _("Tier kept"),
    "downgrade": _("Tier lowered"),
    "refund": _("Tier lowered after a refund"),
    "paid": _("Paid tier began"),
    "paid_ended": _("Paid tier ended"),
    "merged": _("Tier of merged files"),
    "unmerged": _("Tier after a merge was undone"),
}
MERGE_WORDS: Mapping[str, object] = {"merged": _("Files merged"), "unmerged": _("Merge undone")}
ICONS = {
    EntryKind.ORDER: ("shopping_bag", "order"),
    EntryKind.RETURN: ("assignment_return", "return"),
    EntryKind.POINTS: ("toll", "points"),
    EntryKind.COUPON: ("confirmation_number", "coupon"),
    EntryKind.TIER: ("military_tech", "tier"),
    EntryKind.MERGE: ("merge", "merge"),
}


def by_day(
    entries: Iterable[TimelineEntry], *, stores: Mapping[int, str], tiers: Mapping[str, Tier]
) -> list[dict[str, Any]]:
    """Return the days, newest first, each with its entries."""
    return [
        {"day": date_format(day, "Y-m-d"), "rows": [_row(entry, stores, tiers) for entry in of_day]}
        for day, of_day in groupby(entries, key=lambda entry: timezone.localtime(entry.at).date())
    ]


def _row(entry: TimelineEntry, stores: Mapping[int, str], tiers: Mapping[str, Tier]) -> dict[str, Any]:
    icon, look = ICONS[entry.kind]
    row: dict[str, Any] = {
        "time": timezone.localtime(entry.at).strftime("%H:%M"),
        "icon": icon,
        "look": look,
        "store": stores.get(entry.store_id or 0, ""),
        "channel": CHANNEL_LABELS.get(entry.channel, entry.channel),
        "text": entry.text,
        "points": f"{entry.points:+,}" if entry.points else "",
        "amount": yuan(entry.amount_fen) if entry.amount_fen else "",
    }
    return row | _WORDS[entry.kind](entry, tiers)


def _order(entry: TimelineEntry, _tiers: Mapping[str, Tier]) -> dict[str, Any]:
    state, tone = ORDER_STATES[entry.what]
    return {
        "title": gettext("Order"),
        "badge": state,
        "tone": tone,
        "link": reverse("admin:orders_order_change", args=[entry.subject]),
        "link_text": entry.text,
        "text": _joined(entry.items),
        "amount": yuan(entry.amount_fen),
    }


def _return(entry: TimelineEntry, _tiers: Mapping[str, Tier]) -> dict[str, Any]:
    return {
        "title": gettext("Goods returned"),
        "link": reverse("admin:orders_order_change", args=[entry.subject]),
        "link_text": gettext("to the order"),
    }


def _points(entry: TimelineEntry, _tiers: Mapping[str, Tier]) -> dict[str, Any]:
    return {"title": POINTS_WORDS.get(entry.what, entry.what), "channel": ""}


def _coupon(entry: TimelineEntry, _tiers: Mapping[str, Tier]) -> dict[str, Any]:
    name_en = entry.items[0] if entry.items else ""
    return {
        "title": COUPON_WORDS.get(entry.what, entry.what),
        "text": in_language(entry.text, name_en),
        "amount": yuan(-entry.amount_fen) if entry.amount_fen else "",
    }


def _tier(entry: TimelineEntry, tiers: Mapping[str, Tier]) -> dict[str, Any]:
    return {
        "title": TIER_WORDS.get(entry.what, entry.what),
        "from": _name(tiers, entry.text),
        "to": _name(tiers, entry.subject),
        "to_code": entry.subject,
        "from_code": entry.text,
        "text": "",
    }


def _merge(entry: TimelineEntry, _tiers: Mapping[str, Tier]) -> dict[str, Any]:
    return {"title": MERGE_WORDS.get(entry.what, entry.what)}


_WORDS = {
    EntryKind.ORDER: _order,
    EntryKind.RETURN: _return,
    EntryKind.POINTS: _points,
    EntryKind.COUPON: _coupon,
    EntryKind.TIER: _tier,
    EntryKind.MERGE: _merge,
}


def _name(tiers: Mapping[str, Tier], code: str) -> str:
    return in_language(tiers[code].name, tiers[code].name_en) if code in tiers else code


def _joined(names: Iterable[str]) -> str:
    return ("、" if (get_language() or "").startswith("zh") else ", ").join(names)
