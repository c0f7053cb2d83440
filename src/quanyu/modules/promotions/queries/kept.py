"""Campaigns as the order path keeps them in memory: all that hold at some time of a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from quanyu.kernel.period import Period
from quanyu.modules.promotions.contracts import Campaign
from quanyu.modules.promotions.queries import campaigns
from quanyu.modules.promotions.rules import in_force
from quanyu.platform import marks

_PLACES_MAX = 20_000


class CampaignsOfDay:
    """The campaigns of a day, and those that hold at the places met so far until the next of them begins or ends."""

    __slots__ = ("_campaigns", "_found")

    def __init__(self, found: Sequence[Campaign]) -> None:
        self._campaigns = found
        self._found: dict[tuple[tuple[int, ...], str], tuple[tuple[Campaign, ...], Period]] = {}

    def at(self, *, path: tuple[int, ...], channel: str, at: datetime) -> tuple[Campaign, ...]:
        """Return the campaigns that hold at the end of a path on a channel at a moment of this day, by id."""
        known = self._found.get((path, channel))
        if known is None or at not in known[1]:
            known = in_force.in_force(self._campaigns, path=path, channel=channel, at=at)
            if len(self._found) >= _PLACES_MAX:
                self._found.clear()
            self._found[path, channel] = known
        return known[0]


def _part(days: Sequence[date]) -> marks.Part[dict[date, CampaignsOfDay]]:
    def made(rows: list[dict[str, Any]]) -> dict[date, CampaignsOfDay]:
        for row in rows:
            row |= {name: marks.moment(row[name]) for name in ("starts_at", "ends_at")}
        return dict.fromkeys(days, CampaignsOfDay([campaigns.made(row) for row in rows]))

    return marks.Part(campaigns.NOT_OVER, [marks.start_of(min(days))], made)


CAMPAIGNS: marks.Kept[date, CampaignsOfDay] = marks.Kept(topics=["promotions.campaign"], part=_part, most=8)
