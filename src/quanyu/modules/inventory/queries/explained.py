"""Why a figure is what it is: its ledger with the sums of all of it, one statement and so one snapshot.

Whatever moves at the same time is either in the figure and in the ledger, or in neither.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.inventory.contracts import Explained, Figure, LedgerEntry, Part, StockLevel
from quanyu.platform import db

_LEVEL = (
    "SELECT location_id, sku_id, owner_id, on_hand, reserved, damaged, in_transit, safety FROM inventory_stock "
    "WHERE location_id = %(location)s AND sku_id = %(sku)s AND owner_id = %(owner)s"
)
_OF_ROW = "location_id = %(location)s AND sku_id = %(sku)s AND owner_id = %(owner)s"
# {delta} and {condition} name a figure's column, {balance} the balance after a movement. The other end of a transfer
# (other_id) is where the same line moved at another location.
_MOVED = """
WITH level AS ({level}),
sums AS (
    SELECT kind, count(*) FILTER (WHERE {during}) AS count,
           coalesce(sum({delta}) FILTER (WHERE {during}), 0)::bigint AS quantity,
           coalesce(sum({delta}) FILTER (WHERE at < %(since)s), 0)::bigint AS before
    FROM inventory_movement WHERE {row} AND {condition} GROUP BY kind
),
page AS (
    SELECT id, kind, {delta} AS quantity, {balance} AS balance, cause_kind, cause_id, cause_line, actor, reason, at
    FROM inventory_movement WHERE {row} AND {condition}
)
SELECT jsonb_build_object(
    'level', (SELECT to_jsonb(level) FROM level),
    'opening', (SELECT coalesce(sum(before), 0)::bigint FROM sums),
    'parts', coalesce((SELECT jsonb_agg(to_jsonb(sums) ORDER BY kind) FROM sums WHERE count > 0), '[]'),
    'entries', coalesce((SELECT jsonb_agg(to_jsonb(entry) ORDER BY entry.id DESC) FROM (
        SELECT shown.*, shown.id::text AS key, (
            SELECT min(other.location_id) FROM inventory_movement AS other
            WHERE shown.cause_kind = 'transfer' AND other.cause_kind = 'transfer'
              AND other.cause_id = shown.cause_id AND other.cause_line = shown.cause_line
              AND other.location_id <> %(location)s
        ) AS other_id
        FROM (SELECT * FROM page WHERE id < %(before)s AND {during} ORDER BY id DESC LIMIT %(limit)s) AS shown
    ) AS entry), '[]')
)
"""
_PROMISED = """
WITH level AS ({level}),
open AS (
    SELECT id, CASE WHEN expires_at IS NULL THEN 'pinned' WHEN expires_at <= %(now)s THEN 'lapsed'
                    WHEN cause_kind IN ('till', 'till_only') THEN 'aside' ELSE 'held' END AS kind,
           quantity, sum(quantity) OVER (ORDER BY id)::bigint AS balance, cause_kind, cause_id, cause_line,
           created_at AS at, expires_at AS until
    FROM inventory_reservation WHERE {row} AND state = 'open'
)
SELECT jsonb_build_object(
    'level', (SELECT to_jsonb(level) FROM level),
    'opening', 0,
    'parts', coalesce((SELECT jsonb_agg(to_jsonb(part) ORDER BY part.kind) FROM (
        SELECT kind, count(*) AS count, sum(quantity)::bigint AS quantity FROM open GROUP BY kind
    ) AS part), '[]'),
    'entries', coalesce((SELECT jsonb_agg(to_jsonb(entry) ORDER BY entry.id DESC) FROM (
        SELECT open.*, open.id::text AS key, '' AS actor, '' AS reason FROM open
        WHERE %(before)s::uuid IS NULL OR id < %(before)s ORDER BY id DESC LIMIT %(limit)s
    ) AS entry), '[]')
)
"""
_DURING = "(at >= %(since)s AND at < %(until)s)"
# Sales move nothing of damaged goods and of those in transit: so little is left that the whole of it is added up.
_SUM_SO_FAR = "sum({delta}) OVER (ORDER BY id)::bigint"
_COLUMNS = {
    Figure.ON_HAND: ("on_hand_delta", "on_hand_delta <> 0", "on_hand_after"),
    Figure.DAMAGED: ("damaged_delta", "damaged_delta <> 0", _SUM_SO_FAR.format(delta="damaged_delta")),
    Figure.IN_TRANSIT: ("in_transit_delta", "in_transit_delta <> 0", _SUM_SO_FAR.format(delta="in_transit_delta")),
}
_NEWEST = 2**63 - 1


class _Read(msgspec.Struct):
    level: StockLevel | None
    opening: int
    parts: list[Part]
    entries: list[LedgerEntry]


def explained(
    *,
    location_id: int,
    sku_id: int,
    owner_id: int,
    figure: Figure,
    since: datetime | None,
    until: datetime | None,
    before: str,
    limit: int,
    now: datetime,
) -> Explained | None:
    """Return why a figure is what it is; ``None`` where there is no such row. Raises ``Invalid`` for a cursor."""
    row = {"location": location_id, "sku": sku_id, "owner": owner_id, "limit": limit + 1}
    if figure in (Figure.RESERVED, Figure.AVAILABLE):
        sql = _PROMISED.format(level=_LEVEL, row=_OF_ROW)
        given: dict[str, Any] = {**row, "before": _uuid(before) if before else None, "now": now}
    else:
        delta, condition, balance = _COLUMNS[figure]
        sql = _MOVED.format(
            level=_LEVEL, row=_OF_ROW, delta=delta, condition=condition, balance=balance, during=_DURING
        )
        given = {
            **row,
            "before": _number(before) if before else _NEWEST,
            "since": since or "-infinity",
            "until": until or "infinity",
        }
    read = msgspec.convert(db.json_value(sql, given), _Read)
    if read.level is None:
        return None
    entries = tuple(read.entries[:limit])
    return Explained(
        level=read.level,
        figure=figure,
        opening=read.opening,
        parts=tuple(read.parts),
        closing=read.opening + sum(part.quantity for part in read.parts),
        entries=entries,
        next=entries[-1].key if len(read.entries) > limit else "",
    )


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) > _NEWEST:
        raise Invalid(field="before", reason=N_("this is not a place in the list"))
    return int(text)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(field="before", reason=N_("this is not a place in the list")) from None
