"""What of a member's timeline is shown: one kind of event, one way of buying, or all; kept in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from quanyu.modules.loyalty.admin.timeline_rows import CHANNEL_LABELS
from quanyu.modules.loyalty.contracts import EntryKind
from quanyu.modules.orders.contracts import Channel

KIND_LABELS: Mapping[EntryKind, object] = {
    EntryKind.ORDER: _("Orders"),
    EntryKind.RETURN: _("Returns"),
    EntryKind.POINTS: _("Points"),
    EntryKind.COUPON: _("Coupons"),
    EntryKind.TIER: _("Tier"),
    EntryKind.MERGE: _("Merges"),
}
# Only what was bought and came back has a way of buying.
_OF_CHANNELS = (None, EntryKind.ORDER, EntryKind.RETURN)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What is asked for; ``None``: everything."""

    kind: EntryKind | None = None
    channel: Channel | None = None


def read(query: Mapping[str, str]) -> Narrowing:
    """Return what an address asks for; words that nobody knows ask for nothing."""
    kind, channel = query.get("kind", ""), query.get("channel", "")
    asked = Narrowing(
        EntryKind(kind) if kind in set(EntryKind) else None, Channel(channel) if channel in set(Channel) else None
    )
    return asked if asked.kind in _OF_CHANNELS else Narrowing(asked.kind)


def address(member_id: UUID, asked: Narrowing, *, before: str = "") -> str:
    """Return the address of a member's page, narrowed, from an earlier point of time on."""
    parts = {"id": member_id, "kind": asked.kind or "", "channel": asked.channel or "", "before": before}
    return f"{reverse('admin:member_view')}?{urlencode({name: part for name, part in parts.items() if part})}"


def content(member_id: UUID, asked: Narrowing) -> list[dict[str, Any]]:
    """Return the two rows of choices; ways of buying where there are any."""
    kinds = [_choice(_("Everything"), member_id, Narrowing(None, asked.channel), asked)]
    kinds += [
        _choice(label, member_id, Narrowing(kind, asked.channel if kind in _OF_CHANNELS else None), asked)
        for kind, label in KIND_LABELS.items()
    ]
    channels = [_choice(_("All channels"), member_id, Narrowing(asked.kind), asked)]
    channels += [
        _choice(CHANNEL_LABELS[channel], member_id, Narrowing(asked.kind, channel), asked) for channel in Channel
    ]
    rows = [{"title": _("Kind"), "choices": kinds}]
    return [*rows, {"title": _("Channel"), "choices": channels}] if asked.kind in _OF_CHANNELS else rows


def _choice(label: object, member_id: UUID, leads_to: Narrowing, asked: Narrowing) -> dict[str, Any]:
    return {"label": label, "address": address(member_id, leads_to), "is_chosen": leads_to == asked}
