"""Set up a campaign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.kernel.period import Period
from quanyu.modules.promotions.contracts import Campaign, CampaignCodeTaken, Scope, Shares, Step
from quanyu.modules.promotions.events import CampaignCreated
from quanyu.modules.promotions.queries import campaigns
from quanyu.modules.promotions.rules import campaigns as rules
from quanyu.platform import audit, db, outbox


def create_campaign(
    *,
    code: str,
    name: str,
    name_en: str,
    period: Period,
    steps: Sequence[Step],
    scope: Scope,
    shares: Shares,
    repeats: bool,
    priority: int,
    actor: Actor,
    now: datetime,
) -> Campaign:
    """Create the campaign with its steps and stores. Raises ``CampaignInvalid`` or ``CampaignCodeTaken``."""
    rules.check(code=code, name=name, steps=steps, repeats=repeats, shares=shares, scope=scope)
    campaign_id = db.value(
        "INSERT INTO promotions_campaign (code, name, name_en, period, channels, category_ids, sku_ids, "
        "excluded_sku_ids, members_only, repeats, brand_share_bp, store_share_bp, supplier_share_bp, priority, "
        "is_active, created_at) VALUES (%s, %s, %s, tstzrange(%s, %s), %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, "
        "true, %s) ON CONFLICT (code) DO NOTHING RETURNING id",
        [
            code.strip(),
            name.strip(),
            name_en.strip(),
            period.start,
            period.end,
            sorted(scope.channels),
            sorted(scope.category_ids),
            sorted(scope.sku_ids),
            sorted(scope.excluded_sku_ids),
            scope.members_only,
            repeats,
            shares.brand_bp,
            shares.store_bp,
            shares.supplier_bp,
            priority,
            now,
        ],
    )
    if campaign_id is None:
        raise CampaignCodeTaken(field="code", code=code.strip())
    db.execute(
        "INSERT INTO promotions_campaign_step (campaign_id, threshold_fen, off_fen) "
        "SELECT %s, step.threshold_fen, step.off_fen "
        "FROM unnest(%s::bigint[], %s::bigint[]) AS step (threshold_fen, off_fen)",
        [campaign_id, [step.threshold_fen for step in steps], [step.off_fen for step in steps]],
    )
    db.execute(
        "INSERT INTO promotions_campaign_units (campaign_id, unit_id) SELECT %s, unnest(%s::bigint[])",
        [campaign_id, sorted(scope.unit_ids)],
    )
    outbox.append(CampaignCreated(campaign_id=campaign_id, code=code.strip()), now=now)
    audit.record(
        actor=actor,
        action="promotions.create_campaign",
        subject_kind="campaign",
        subject_id=campaign_id,
        detail={
            "code": code.strip(),
            "start": period.start,
            "end": period.end,
            "steps": [asdict(step) for step in steps],
            "shares": asdict(shares),
        },
        now=now,
    )
    return campaigns.campaign(campaign_id)
