"""Sheets of stock: the rows of a location or of a SKU with their sums, one statement and so one moment."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from quanyu.kernel.problem import N_, Invalid
from quanyu.modules.catalog import api as catalog
from quanyu.modules.inventory import rules
from quanyu.modules.inventory.contracts import PlaceStock, Sheet, SheetFilter, SheetRow, SheetSums
from quanyu.platform import db

# The rows that the filter chooses. What is outgoing has left and has not arrived; an alarm is of goods on sale.
_CHOSEN = """
WITH away AS MATERIALIZED (
    SELECT from_id AS location_id, sku_id, owner_id, sum(quantity)::bigint AS quantity
    FROM inventory_underway(%(sku)s, NULL, %(location)s) GROUP BY from_id, sku_id, owner_id
),
judged AS (
    SELECT stock.id, stock.location_id, stock.sku_id, stock.owner_id, stock.on_hand, stock.reserved, stock.damaged,
           stock.in_transit AS incoming, coalesce(away.quantity, 0) AS outgoing, stock.safety,
           stock.on_hand - stock.reserved AS available, goods.code, goods.quantity_scale AS scale,
           (stock.on_hand * goods.cost_fen + goods.quantity_scale / 2) / goods.quantity_scale AS value_fen,
           CASE WHEN NOT goods.is_active THEN NULL
                WHEN stock.on_hand = stock.reserved THEN 'out'
                WHEN stock.on_hand < stock.reserved + stock.safety + %(low)s * goods.quantity_scale THEN 'low'
           END AS alarm
    FROM inventory_stock AS stock
    JOIN catalog_goods(%(tokens)s::text[], %(patterns)s::text[], %(category)s) AS goods
        ON goods.sku_id = stock.sku_id
    LEFT JOIN away
        ON away.location_id = stock.location_id AND away.sku_id = stock.sku_id AND away.owner_id = stock.owner_id
    WHERE {conditions}
),
chosen AS MATERIALIZED (
    SELECT * FROM judged
    WHERE (%(only)s <> 'stock' OR greatest(on_hand, damaged, incoming, outgoing) > 0)
      AND (%(only)s <> 'alarm' OR alarm IS NOT NULL)
)
"""
_SHEET = """
SELECT jsonb_build_object(
    'sums', coalesce((SELECT jsonb_agg(sums ORDER BY sums.scale) FROM (
        SELECT scale, count(*) AS rows, sum(on_hand)::bigint AS on_hand, sum(reserved)::bigint AS reserved,
               sum(damaged)::bigint AS damaged, sum(incoming)::bigint AS incoming, sum(outgoing)::bigint AS outgoing,
               sum(safety)::bigint AS safety, sum(available)::bigint AS available, sum(value_fen)::bigint AS value_fen,
               count(*) FILTER (WHERE alarm = 'low') AS low, count(*) FILTER (WHERE alarm = 'out') AS out
        FROM chosen GROUP BY scale
    ) AS sums), '[]'),
    'rows', coalesce((SELECT jsonb_agg(to_jsonb(page) ORDER BY {order}) FROM (
        SELECT listed.*, (
            SELECT movement.at FROM inventory_movement AS movement
            WHERE movement.location_id = listed.location_id AND movement.sku_id = listed.sku_id
              AND movement.owner_id = listed.owner_id
            ORDER BY movement.id DESC LIMIT 1
        ) AS moved_at
        FROM (SELECT * FROM chosen WHERE {after} ORDER BY {order} LIMIT %(limit)s) AS listed
    ) AS page), '[]')
)
"""
_PLACES = """
SELECT stock.location_id, count(*)::int AS rows,
       (count(*) FILTER (WHERE goods.is_active AND stock.on_hand <> stock.reserved
            AND stock.on_hand < stock.reserved + stock.safety + %(low)s * goods.quantity_scale))::int AS low,
       (count(*) FILTER (WHERE goods.is_active AND stock.on_hand = stock.reserved))::int AS out,
       sum((stock.on_hand * goods.cost_fen + goods.quantity_scale / 2) / goods.quantity_scale)::bigint AS value_fen,
       sum(stock.on_hand)::bigint AS on_hand, sum(stock.on_hand - stock.reserved)::bigint AS available
FROM inventory_stock AS stock
JOIN catalog_goods('{{}}'::text[], '{{}}'::text[], NULL) AS goods ON goods.sku_id = stock.sku_id
WHERE {conditions}
GROUP BY stock.location_id
"""
_WITHIN = "(stock.location_id = ANY(%(units)s) OR stock.owner_id = ANY(%(units)s))"
_CURSOR = re.compile(r"(?P<available>-?[0-9]{1,18})\.(?P<id>[0-9]{1,18})\.(?P<code>.{1,40})", re.DOTALL)


class _Read(msgspec.Struct):
    sums: list[SheetSums]
    rows: list[SheetRow]


def sheet(*, of: SheetFilter, after: str, limit: int) -> Sheet:
    """Return a page of the rows a filter chooses and the sums of all of them. Raises ``Invalid`` for a cursor."""
    words = catalog.search_words(text=of.text)
    if not words.possible:
        return Sheet((), ())
    order = "available, code, id" if of.least_first else "code, id"
    conditions, parameters = _conditions(of)
    beyond, place = _after(after, least_first=of.least_first)
    found = db.json_value(
        _CHOSEN.format(conditions=conditions) + _SHEET.format(order=order, after=beyond),
        {
            **parameters,
            **place,
            "tokens": list(words.tokens),
            "patterns": list(words.patterns),
            "category": of.category_id,
            "only": of.only,
            "low": rules.LOW_STOCK,
            "limit": limit + 1,
        },
    )
    read = msgspec.convert(found, _Read)
    rows = read.rows[:limit]
    further = f"{rows[-1].available}.{rows[-1].id}.{rows[-1].code}" if len(read.rows) > limit else ""
    return Sheet(tuple(rows), tuple(read.sums), further)


def places(*, units: frozenset[int] | None, sku_id: int | None) -> dict[int, PlaceStock]:
    """Return what lies at each location with stock within reach, of all SKUs or of one; one statement."""
    conditions, parameters = _conditions(SheetFilter(units=units, sku_id=sku_id))
    found = db.rows(_PLACES.format(conditions=conditions), {**parameters, "low": rules.LOW_STOCK})
    return {row["location_id"]: PlaceStock(**row) for row in found}


def _conditions(of: SheetFilter) -> tuple[str, dict[str, Any]]:
    """Return the conditions that narrow the stock rows; those that do not are left out, so that indexes serve."""
    wanted = {
        "location": ("stock.location_id = %(location)s", of.location_id),
        "sku": ("stock.sku_id = %(sku)s", of.sku_id),
        "locations": ("stock.location_id = ANY(%(locations)s)", _list(of.location_ids)),
        "units": (_WITHIN, _list(of.units)),
        "ids": ("stock.id = ANY(%(ids)s)", _list(of.ids)),
    }
    conditions = [text for text, value in wanted.values() if value is not None]
    return " AND ".join(conditions) or "true", {name: value for name, (_text, value) in wanted.items()}


def _list(ids: Any) -> list[int] | None:
    return None if ids is None else sorted(ids)


def _after(cursor: str, *, least_first: bool) -> tuple[str, dict[str, Any]]:
    if not cursor:
        return "true", {}
    place = _CURSOR.fullmatch(cursor)
    if place is None:
        raise Invalid(field="after", reason=N_("this is not a place in the list"))
    given = {"after_available": int(place["available"]), "after_id": int(place["id"]), "after_code": place["code"]}
    if least_first:
        return "(available, code, id) > (%(after_available)s, %(after_code)s, %(after_id)s)", given
    return "(code, id) > (%(after_code)s, %(after_id)s)", given
