"""Campaigns with their steps and scopes: one query for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from quanyu.kernel.period import Period
from quanyu.modules.promotions.contracts import (
    Campaign,
    CampaignItem,
    CampaignKind,
    CampaignUnknown,
    Scope,
    Shares,
    Step,
)
from quanyu.platform import db

_CAMPAIGN = """
    SELECT campaign.id, campaign.code, campaign.name, campaign.name_en,
           lower(campaign.period) AS starts_at, upper(campaign.period) AS ends_at,
           campaign.channels, campaign.category_ids, campaign.sku_ids, campaign.excluded_sku_ids,
           campaign.members_only, campaign.repeats, campaign.brand_share_bp, campaign.store_share_bp,
           campaign.supplier_share_bp, campaign.priority, campaign.is_active,
           campaign.tiers, campaign.kind, campaign.stacks, campaign.count, campaign.off_bp, campaign.price_fen,
           campaign.same_sku, scope.unit_ids,
           step.thresholds, step.offs, step.gifts, step.gift_quantities, item.skus, item.quantities, item.prices
    FROM promotions_campaign AS campaign
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(place.unit_id), '{}') AS unit_ids
        FROM promotions_campaign_units AS place
        WHERE place.campaign_id = campaign.id
    ) AS scope
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(rung.threshold_fen ORDER BY rung.threshold_fen), '{}') AS thresholds,
               coalesce(array_agg(rung.off_fen ORDER BY rung.threshold_fen), '{}') AS offs,
               coalesce(array_agg(rung.gift_sku_id ORDER BY rung.threshold_fen), '{}') AS gifts,
               coalesce(array_agg(rung.gift_quantity ORDER BY rung.threshold_fen), '{}') AS gift_quantities
        FROM promotions_campaign_step AS rung
        WHERE rung.campaign_id = campaign.id
    ) AS step
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(part.sku_id ORDER BY part.sku_id), '{}') AS skus,
               coalesce(array_agg(part.quantity ORDER BY part.sku_id), '{}') AS quantities,
               coalesce(array_agg(part.price_fen ORDER BY part.sku_id), '{}') AS prices
        FROM promotions_campaign_item AS part
        WHERE part.campaign_id = campaign.id
    ) AS item
"""
# Those that hold at some time from a moment on.
NOT_OVER = _CAMPAIGN + "WHERE campaign.is_active AND (upper(campaign.period) IS NULL OR upper(campaign.period) > %s)"


def in_force(*, path: Sequence[int], channel: str, at: datetime) -> list[Campaign]:
    """Return the campaigns that hold at a unit (its path) on a channel at a moment, by id."""
    rows = db.rows(
        _CAMPAIGN + "WHERE campaign.is_active AND campaign.period @> %s "
        "AND (campaign.channels = '{}' OR %s = ANY(campaign.channels)) "
        "AND (scope.unit_ids = '{}' OR scope.unit_ids && %s::bigint[]) ORDER BY campaign.id",
        [at, channel, list(path)],
    )
    return [made(row) for row in rows]


def campaign(campaign_id: int) -> Campaign:
    """Return one campaign. Raises ``CampaignUnknown``."""
    found = db.row(_CAMPAIGN + "WHERE campaign.id = %s", [campaign_id])
    if found is None:
        raise CampaignUnknown(field="campaign_id")
    return made(found)


def campaigns(*, ending_after: datetime | None) -> list[Campaign]:
    """Return all campaigns, or those that have not ended by a moment, the newest first."""
    rows = db.rows(
        _CAMPAIGN + "WHERE %s::timestamptz IS NULL OR upper(campaign.period) IS NULL OR upper(campaign.period) > %s "
        "ORDER BY campaign.id DESC",
        [ending_after, ending_after],
    )
    return [made(row) for row in rows]


def made(row: dict[str, Any]) -> Campaign:
    """Make the contract of a row."""
    return Campaign(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        name_en=row["name_en"],
        period=Period(row["starts_at"], row["ends_at"]),
        steps=tuple(
            Step(*step)
            for step in zip(row["thresholds"], row["offs"], row["gifts"], row["gift_quantities"], strict=True)
        ),
        scope=Scope(
            unit_ids=frozenset(row["unit_ids"]),
            channels=frozenset(row["channels"]),
            category_ids=frozenset(row["category_ids"]),
            sku_ids=frozenset(row["sku_ids"]),
            excluded_sku_ids=frozenset(row["excluded_sku_ids"]),
            members_only=row["members_only"],
            tiers=frozenset(row["tiers"]),
        ),
        shares=Shares(row["brand_share_bp"], row["store_share_bp"], row["supplier_share_bp"]),
        repeats=row["repeats"],
        priority=row["priority"],
        is_active=row["is_active"],
        kind=CampaignKind(row["kind"]),
        stacks=row["stacks"],
        count=row["count"],
        off_bp=row["off_bp"],
        price_fen=row["price_fen"],
        same_sku=row["same_sku"],
        items=tuple(CampaignItem(*item) for item in zip(row["skus"], row["quantities"], row["prices"], strict=True)),
    )
