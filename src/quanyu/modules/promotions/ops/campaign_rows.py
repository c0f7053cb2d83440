"""The rows of a campaign: its columns, steps, items and places, as every verb writes them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from quanyu.kernel.problem import N_
from quanyu.modules.catalog import api as catalog
from quanyu.modules.promotions.contracts import Campaign, CampaignInvalid
from quanyu.platform import db

INSERT = """
    INSERT INTO promotions_campaign (
        code, name, name_en, period, channels, category_ids, sku_ids, excluded_sku_ids, members_only, tiers, repeats,
        brand_share_bp, store_share_bp, supplier_share_bp, priority, kind, stacks, count, off_bp, price_fen, same_sku,
        is_active, created_at
    ) VALUES (
        %(code)s, %(name)s, %(name_en)s, tstzrange(%(start)s, %(end)s), %(channels)s, %(category_ids)s, %(sku_ids)s,
        %(excluded_sku_ids)s, %(members_only)s, %(tiers)s, %(repeats)s, %(brand_share_bp)s, %(store_share_bp)s,
        %(supplier_share_bp)s, %(priority)s, %(kind)s, %(stacks)s, %(count)s, %(off_bp)s, %(price_fen)s, %(same_sku)s,
        true, %(now)s
    ) ON CONFLICT (code) DO NOTHING RETURNING id
"""
UPDATE = """
    UPDATE promotions_campaign SET
        code = %(code)s, name = %(name)s, name_en = %(name_en)s, period = tstzrange(%(start)s, %(end)s),
        channels = %(channels)s, category_ids = %(category_ids)s, sku_ids = %(sku_ids)s,
        excluded_sku_ids = %(excluded_sku_ids)s, members_only = %(members_only)s, tiers = %(tiers)s,
        repeats = %(repeats)s, brand_share_bp = %(brand_share_bp)s, store_share_bp = %(store_share_bp)s,
        supplier_share_bp = %(supplier_share_bp)s, priority = %(priority)s, kind = %(kind)s, stacks = %(stacks)s,
        count = %(count)s, off_bp = %(off_bp)s, price_fen = %(price_fen)s, same_sku = %(same_sku)s
    WHERE id = %(id)s
"""


def columns(campaign: Campaign) -> dict[str, Any]:
    """Return the campaign's own columns as ``INSERT`` and ``UPDATE`` name them."""
    scope, shares = campaign.scope, campaign.shares
    return {
        "code": campaign.code,
        "name": campaign.name,
        "name_en": campaign.name_en,
        "start": campaign.period.start,
        "end": campaign.period.end,
        "channels": sorted(scope.channels),
        "category_ids": sorted(scope.category_ids),
        "sku_ids": sorted(scope.sku_ids),
        "excluded_sku_ids": sorted(scope.excluded_sku_ids),
        "members_only": scope.members_only,
        "tiers": sorted(scope.tiers),
        "repeats": campaign.repeats,
        "brand_share_bp": shares.brand_bp,
        "store_share_bp": shares.store_bp,
        "supplier_share_bp": shares.supplier_bp,
        "priority": campaign.priority,
        "kind": campaign.kind.value,
        "stacks": campaign.stacks,
        "count": campaign.count,
        "off_bp": campaign.off_bp,
        "price_fen": campaign.price_fen,
        "same_sku": campaign.same_sku,
    }


def demand_goods(campaign: Campaign) -> None:
    """Raise ``CampaignInvalid`` unless the products and gifts of the campaign exist."""
    wanted = {f"items.{index}.sku_id": item.sku_id for index, item in enumerate(campaign.items)}
    gifts = {f"steps.{index}.gift_sku_id": step.gift_sku_id for index, step in enumerate(campaign.steps)}
    wanted |= {field: sku_id for field, sku_id in gifts.items() if sku_id is not None}
    known = catalog.skus(ids=wanted.values()) if wanted else {}
    for field, sku_id in wanted.items():
        if sku_id not in known:
            raise CampaignInvalid(field=field, reason=N_("there is no such product"))


def write_parts(campaign_id: int, campaign: Campaign) -> None:
    """Write steps, items and places of a campaign that has none yet."""
    db.execute(
        "INSERT INTO promotions_campaign_step (campaign_id, threshold_fen, off_fen, gift_sku_id, gift_quantity) "
        "SELECT %s, step.* FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::int[]) AS step",
        [
            campaign_id,
            [step.threshold_fen for step in campaign.steps],
            [step.off_fen for step in campaign.steps],
            [step.gift_sku_id for step in campaign.steps],
            [step.gift_quantity for step in campaign.steps],
        ],
    )
    db.execute(
        "INSERT INTO promotions_campaign_item (campaign_id, sku_id, quantity, price_fen) "
        "SELECT %s, item.* FROM unnest(%s::bigint[], %s::int[], %s::bigint[]) AS item",
        [
            campaign_id,
            [item.sku_id for item in campaign.items],
            [item.quantity for item in campaign.items],
            [item.price_fen for item in campaign.items],
        ],
    )
    db.execute(
        "INSERT INTO promotions_campaign_units (campaign_id, unit_id) SELECT %s, unnest(%s::bigint[])",
        [campaign_id, sorted(campaign.scope.unit_ids)],
    )


def drop_parts(campaign_id: int) -> None:
    """Drop steps, items and places, to write others."""
    db.execute("DELETE FROM promotions_campaign_step WHERE campaign_id = %s", [campaign_id])
    db.execute("DELETE FROM promotions_campaign_item WHERE campaign_id = %s", [campaign_id])
    db.execute("DELETE FROM promotions_campaign_units WHERE campaign_id = %s", [campaign_id])


def facts(campaign: Campaign) -> dict[str, Any]:
    """Return all that is written of a campaign, for the audit."""
    return {
        **columns(campaign),
        "unit_ids": sorted(campaign.scope.unit_ids),
        "steps": [asdict(step) for step in campaign.steps],
        "items": [asdict(item) for item in campaign.items],
    }
