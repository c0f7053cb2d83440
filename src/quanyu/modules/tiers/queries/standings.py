"""Where members stand, their growth ledger and their steps between tiers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from quanyu.modules.tiers.contracts import BASIC, GrowthEntry, NextTier, Standing, Tier, TierChange
from quanyu.modules.tiers.queries import tiers as definitions
from quanyu.modules.tiers.rules import settings
from quanyu.modules.tiers.rules import standing as rules
from quanyu.platform import db

_OF_MEMBERS = """
SELECT rights.member_id, rights.tier, rights.level, standing.growth, standing.growth_tier_id AS growth_tier,
       standing.since, standing.valid_until, standing.paid_tier_id AS paid_tier, standing.paid_until,
       tiers_growth_between(rights.member_id, %(window_from)s, 'infinity') AS window_growth,
       CASE WHEN standing.valid_until IS NULL THEN 0 ELSE
            tiers_growth_between(rights.member_id,
                                 standing.valid_until - make_interval(days => tier.validity_days), 'infinity')
       END AS validity_growth
  FROM members_rights(%(members)s) AS rights
  LEFT JOIN tiers_standing AS standing ON standing.member_id = rights.member_id
  LEFT JOIN tiers_tier AS tier ON tier.code = standing.growth_tier_id
"""


def standings(member_ids: Iterable[UUID], *, now: datetime) -> dict[UUID, Standing]:
    """Return where members stand; three queries for any number. Who never had growth is in the lowest tier."""
    found = definitions.tiers()
    rows = db.rows(_OF_MEMBERS, {"members": list(member_ids), "window_from": now - settings.window()})
    return {row["member_id"]: _standing(row, found) for row in rows}


def history(*, member_id: UUID, before: int | None, limit: int) -> list[GrowthEntry]:
    """Return the growth ledger of a member, newest first; ``before`` is the last id seen."""
    rows = db.rows(
        "SELECT id, at, amount, balance, cause_kind, cause_id, reason, actor FROM tiers_growth "
        "WHERE member_id = %s AND (%s::bigint IS NULL OR id < %s) ORDER BY id DESC LIMIT %s",
        [member_id, before, before, limit],
    )
    return [GrowthEntry(**row) for row in rows]


def changes(*, member_id: UUID, before: int | None, limit: int) -> list[TierChange]:
    """Return the steps of a member between tiers, newest first; renewals are among them."""
    rows = db.rows(
        "SELECT id, at, from_tier, to_tier, reason, valid_until FROM tiers_change "
        "WHERE member_id = %s AND (%s::bigint IS NULL OR id < %s) ORDER BY id DESC LIMIT %s",
        [member_id, before, before, limit],
    )
    return [TierChange(**row) for row in rows]


def due(*, now: datetime, limit: int) -> list[UUID]:
    """Return members whose tier has come to an end, or who proved who they are and may rise now."""
    rows = db.rows(
        "(SELECT member_id FROM tiers_standing WHERE valid_until <= %(now)s ORDER BY valid_until LIMIT %(limit)s) "
        "UNION (SELECT member_id FROM tiers_standing WHERE paid_until <= %(now)s ORDER BY paid_until LIMIT %(limit)s) "
        "UNION (SELECT standing.member_id FROM tiers_standing AS standing "
        "CROSS JOIN LATERAL members_rights(ARRAY[standing.member_id]) AS rights "
        "WHERE standing.awaits_level AND rights.level = 'verified' LIMIT %(limit)s) ORDER BY 1 LIMIT %(limit)s",
        {"now": now, "limit": limit},
    )
    return [row["member_id"] for row in rows]


def _standing(row: dict[str, Any], tiers: list[Tier]) -> Standing:
    held = row["growth_tier"] or BASIC
    above = rules.next_above(tiers, held)
    keep = rules.tier_of(tiers, held).keep_threshold - row["validity_growth"] if row["valid_until"] else 0
    following = None
    if above is not None:
        missing = max(above.threshold - row["window_growth"], 0)
        following = NextTier(above.code, above.name, above.name_en, above.threshold, missing)
    return Standing(
        member_id=row["member_id"],
        tier=row["tier"],
        growth_tier=held,
        growth=row["growth"] or 0,
        window_growth=row["window_growth"],
        since=row["since"],
        valid_until=row["valid_until"],
        keep_missing=max(keep, 0),
        paid_tier=row["paid_tier"] or "",
        paid_until=row["paid_until"],
        next=following,
    )
