"""What stores make of SKUs, deviation or not: one query for any number of pairs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from quanyu.modules.catalog.contracts.overlay_and_labels import OverlayField
from quanyu.platform import db

FIELDS = tuple(field.value for field in OverlayField)
_OVERLAY = """
SELECT wanted.unit_id, s.id AS sku_id, p.is_listed_by_default,
       coalesce(l.is_listed, p.is_listed_by_default) AS is_listed,
       coalesce(l.allows_pickup, true) AS allows_pickup, coalesce(l.allows_express, true) AS allows_express,
       coalesce(l.allows_instant, true) AS allows_instant, l.id IS NOT NULL AS deviates
  FROM unnest(%s::bigint[], %s::bigint[]) AS wanted (unit_id, sku_id)
  JOIN catalog_sku s ON s.id = wanted.sku_id
  JOIN catalog_product p ON p.id = s.product_id
  LEFT JOIN catalog_listing l ON l.unit_id = wanted.unit_id AND l.sku_id = s.id
"""


@dataclass(frozen=True, slots=True)
class OverlayRow:
    """A SKU in a store: what holds, and whether the store deviates from the master record."""

    unit_id: int
    sku_id: int
    is_listed_by_default: bool
    is_listed: bool
    allows_pickup: bool
    allows_express: bool
    allows_instant: bool
    deviates: bool


def overlay(pairs: Collection[tuple[int, int]]) -> dict[tuple[int, int], OverlayRow]:
    """Return the rows by (store, SKU); unknown SKUs are left out."""
    ordered = sorted(pairs)
    rows = db.rows(_OVERLAY, [[unit for unit, _ in ordered], [sku for _, sku in ordered]])
    return {(row["unit_id"], row["sku_id"]): OverlayRow(**row) for row in rows}


def master(*, is_listed: bool) -> dict[str, bool]:
    """Return what a store has that does not deviate."""
    return {**dict.fromkeys(FIELDS, True), OverlayField.LISTED.value: is_listed}
