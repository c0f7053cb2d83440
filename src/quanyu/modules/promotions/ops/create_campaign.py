"""Set up a campaign."""

from __future__ import annotations

from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.modules.promotions.contracts import Campaign, CampaignCodeTaken
from quanyu.modules.promotions.events import CampaignCreated
from quanyu.modules.promotions.ops import campaign_rows
from quanyu.modules.promotions.queries import campaigns
from quanyu.modules.promotions.rules import campaigns as rules
from quanyu.platform import audit, db, outbox


def create_campaign(*, campaign: Campaign, actor: Actor, now: datetime) -> Campaign:
    """Create the campaign (its ``id`` does not count). Raises ``CampaignInvalid`` or ``CampaignCodeTaken``."""
    campaign = rules.checked(campaign)
    campaign_rows.demand_goods(campaign)
    campaign_id = db.value(campaign_rows.INSERT, {**campaign_rows.columns(campaign), "now": now})
    if campaign_id is None:
        raise CampaignCodeTaken(field="code", code=campaign.code)
    campaign_rows.write_parts(campaign_id, campaign)
    outbox.append(CampaignCreated(campaign_id=campaign_id, code=campaign.code), now=now)
    audit.record(
        actor=actor,
        action="promotions.create_campaign",
        subject_kind="campaign",
        subject_id=campaign_id,
        detail=campaign_rows.facts(campaign),
        now=now,
    )
    return campaigns.campaign(campaign_id)
