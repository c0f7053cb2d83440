"""Change a campaign: all of it until it starts, its end, name and priority while it runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanyu.kernel.actor import Actor
from quanyu.modules.promotions import models
from quanyu.modules.promotions.contracts import Campaign, CampaignCodeTaken
from quanyu.modules.promotions.events import CampaignChanged
from quanyu.modules.promotions.ops import campaign_rows
from quanyu.modules.promotions.queries import campaigns
from quanyu.modules.promotions.rules import campaigns as rules
from quanyu.platform import audit, db, locks, outbox


def change_campaign(*, campaign: Campaign, reason: str, actor: Actor, now: datetime) -> Campaign:
    """Write the campaign of this id as it is given. Raises what ``rules.changed`` does, ``CampaignCodeTaken``."""
    # Under the row's lock, so that what is compared with is what is overwritten.
    locks.rows_for_update(models.Campaign.objects.filter(pk=campaign.id))
    before = campaigns.campaign(campaign.id)
    after = rules.changed(before, campaign, now)
    if after == before:
        return before
    campaign_rows.demand_goods(after)
    if db.value("SELECT 1 FROM promotions_campaign WHERE code = %s AND id <> %s", [after.code, after.id]):
        raise CampaignCodeTaken(field="code", code=after.code)
    db.execute(campaign_rows.UPDATE, {**campaign_rows.columns(after), "id": after.id})
    campaign_rows.drop_parts(after.id)
    campaign_rows.write_parts(after.id, after)
    outbox.append(CampaignChanged(campaign_id=after.id, code=after.code), now=now)
    audit.record(
        actor=actor,
        action="promotions.change_campaign",
        subject_kind="campaign",
        subject_id=after.id,
        reason=reason,
        detail=_difference(before, after),
        now=now,
    )
    return campaigns.campaign(after.id)


def _difference(before: Campaign, after: Campaign) -> dict[str, Any]:
    """Return what changed as ``{fact: [before, after]}``."""
    old, new = campaign_rows.facts(before), campaign_rows.facts(after)
    return {name: [old[name], new[name]] for name in new if old[name] != new[name]}
