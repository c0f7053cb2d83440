"""Which campaigns hold at a place, on a channel, at a moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from quanyu.kernel.period import Period
from quanyu.modules.promotions.contracts import Campaign


def in_force(
    campaigns: Iterable[Campaign], *, path: Sequence[int], channel: str, at: datetime
) -> tuple[tuple[Campaign, ...], Period]:
    """Return the campaigns that hold, by id, and the period around the moment in which the same ones do.

    ``queries.campaigns.in_force`` decides the same in SQL; a property test holds the two together.
    """
    start = end = None
    holding = []
    for campaign in campaigns:
        scope = campaign.scope
        if not campaign.is_active or (scope.channels and channel not in scope.channels):
            continue
        if scope.unit_ids and scope.unit_ids.isdisjoint(path):
            continue
        for border in (campaign.period.start, campaign.period.end):
            if border is not None and border <= at and (start is None or border > start):
                start = border
            if border is not None and border > at and (end is None or border < end):
                end = border
        if at in campaign.period:
            holding.append(campaign)
    return tuple(sorted(holding, key=lambda campaign: campaign.id)), Period(start, end)
