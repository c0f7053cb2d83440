"""Stop a campaign: what was sold keeps its discount, what is sold from now on gets none."""

from __future__ import annotations

from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.modules.promotions.contracts import Campaign
from quanyu.modules.promotions.events import CampaignStopped
from quanyu.modules.promotions.queries import campaigns
from quanyu.platform import audit, db, outbox


def stop_campaign(*, campaign_id: int, reason: str, actor: Actor, now: datetime) -> Campaign:
    """Stop it; stopping a stopped one changes nothing. Raises ``CampaignUnknown``."""
    campaign = campaigns.campaign(campaign_id)
    if not db.execute("UPDATE promotions_campaign SET is_active = false WHERE id = %s AND is_active", [campaign_id]):
        return campaign
    outbox.append(CampaignStopped(campaign_id=campaign_id, code=campaign.code), now=now)
    audit.record(
        actor=actor,
        action="promotions.stop_campaign",
        subject_kind="campaign",
        subject_id=campaign_id,
        reason=reason,
        now=now,
    )
    return campaigns.campaign(campaign_id)
