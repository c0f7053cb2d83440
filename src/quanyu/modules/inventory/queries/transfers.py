"""Transfers as the ledger tells of them: what was sent, what arrived, what is still on its way."""

from __future__ import annotations

from typing import Any

import msgspec

from quanyu.modules.inventory.contracts import Transfer
from quanyu.platform import db

# A transfer is the movements of its number. Its lines are told at the place of arrival: what came into transit there
# was sent, what left transit arrived (on hand) or was missing.
_TRANSFERS = """
WITH chosen AS MATERIALIZED (
    SELECT sent.cause_id, min(sent.id) AS key
    FROM inventory_movement AS sent
    WHERE sent.kind = 'transfer_out' AND sent.in_transit_delta > 0 AND {conditions}
    GROUP BY sent.cause_id
    HAVING min(sent.id) < %(before)s
    ORDER BY min(sent.id) DESC LIMIT %(limit)s
),
line AS (
    SELECT chosen.key, movement.cause_id, movement.cause_line AS line, movement.location_id AS to_id, movement.sku_id,
           movement.owner_id, min(movement.at) AS sent_at,
           max(movement.at) FILTER (WHERE movement.in_transit_delta < 0) AS closed_at,
           min(movement.actor) FILTER (WHERE movement.in_transit_delta > 0) AS actor,
           sum(movement.in_transit_delta) FILTER (WHERE movement.kind = 'transfer_out')::bigint AS sent,
           coalesce(-sum(movement.in_transit_delta) FILTER (WHERE movement.kind = 'transfer_in'), 0)::bigint AS arrived,
           coalesce(-sum(movement.in_transit_delta) FILTER (WHERE movement.kind = 'shortage'), 0)::bigint AS missing,
           sum(movement.in_transit_delta) > 0 AS is_open
    FROM chosen
    JOIN inventory_movement AS movement
        ON movement.cause_kind = 'transfer' AND movement.cause_id = chosen.cause_id AND movement.in_transit_delta <> 0
    GROUP BY chosen.key, movement.cause_id, movement.cause_line, movement.location_id, movement.sku_id,
             movement.owner_id
)
SELECT coalesce(jsonb_agg(jsonb_build_object(
    'id', told.cause_id, 'key', told.key, 'to_location_id', told.to_id, 'sent_at', told.sent_at, 'actor', told.actor,
    'closed_at', CASE WHEN told.open_count = 0 THEN told.closed_at END, 'line_count', told.line_count,
    'open_count', told.open_count, 'missing_count', told.missing_count, 'lines', coalesce(told.lines, '[]'),
    'from_location_id', (
        SELECT min(origin.location_id) FROM inventory_movement AS origin
        WHERE origin.cause_kind = 'transfer' AND origin.cause_id = told.cause_id AND origin.kind = 'transfer_out'
          AND origin.on_hand_delta < 0
    )
) ORDER BY told.key DESC), '[]')
FROM (
    SELECT line.cause_id, line.key, min(line.to_id) AS to_id, min(line.sent_at) AS sent_at,
           max(line.closed_at) AS closed_at, min(line.actor) AS actor, count(*) AS line_count,
           count(*) FILTER (WHERE line.is_open) AS open_count,
           count(*) FILTER (WHERE line.missing > 0) AS missing_count,
           jsonb_agg(jsonb_build_object(
               'line', line.line, 'sku_id', line.sku_id, 'owner_id', line.owner_id, 'sent', line.sent,
               'arrived', line.arrived, 'missing', line.missing
           ) ORDER BY line.line) FILTER (WHERE %(lines)s AND (%(sku)s IS NULL OR line.sku_id = %(sku)s)) AS lines
    FROM line GROUP BY line.cause_id, line.key
) AS told
"""
_WITHIN = """
(sent.location_id = ANY(%(units)s) OR sent.owner_id = ANY(%(units)s) OR EXISTS (
    SELECT FROM inventory_movement AS origin
    WHERE origin.cause_kind = 'transfer' AND origin.cause_id = sent.cause_id AND origin.cause_line = sent.cause_line
      AND origin.kind = 'transfer_out' AND origin.location_id = ANY(%(units)s)
))
"""
_UNDERWAY = """
sent.cause_id IN (SELECT transfer_id FROM inventory_underway(%(sku)s, %(to)s, NULL))
"""
_NEWEST = 2**63 - 1


def transfers(
    *,
    units: frozenset[int] | None,
    transfer_id: str | None,
    only_open: bool,
    sku_id: int | None,
    to_location_id: int | None,
    before: int | None,
    limit: int,
    with_lines: bool,
) -> list[Transfer]:
    """Return transfers from, to or of units (``None``: all), the newest first; one statement."""
    conditions = []
    if units is not None:
        conditions.append(_WITHIN)
    if only_open:
        conditions.append(_UNDERWAY)
    if transfer_id is not None:
        conditions.append("sent.cause_id = %(transfer)s")
    given: dict[str, Any] = {
        "units": None if units is None else sorted(units),
        "transfer": transfer_id,
        "sku": sku_id,
        "to": to_location_id,
        "before": before or _NEWEST,
        "limit": limit,
        "lines": with_lines,
    }
    found = db.json_value(_TRANSFERS.format(conditions=" AND ".join(conditions) or "true"), given)
    return msgspec.convert(found, list[Transfer])
