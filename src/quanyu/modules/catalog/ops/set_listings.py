"""A store lists, unlists, or limits how SKUs are handed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import msgspec

from quanyu.kernel.actor import Actor
from quanyu.modules.catalog.contracts import ListingChange, SkuUnknown
from quanyu.modules.catalog.events import ListingChanged
from quanyu.modules.catalog.models import Sku
from quanyu.modules.catalog.ops import authorise
from quanyu.platform import audit, db, locks, outbox

_UPSERT = """
INSERT INTO catalog_listing (unit_id, sku_id, is_listed, allows_pickup, allows_express, allows_instant)
SELECT %s, n.sku_id, n.is_listed, n.allows_pickup, n.allows_express, n.allows_instant
  FROM jsonb_to_recordset(%s::jsonb) AS n(sku_id bigint, is_listed boolean, allows_pickup boolean,
       allows_express boolean, allows_instant boolean)
 ORDER BY n.sku_id
    ON CONFLICT (unit_id, sku_id) DO UPDATE SET is_listed = excluded.is_listed,
       allows_pickup = excluded.allows_pickup, allows_express = excluded.allows_express,
       allows_instant = excluded.allows_instant
"""


def hold() -> None:
    """Let whoever else writes listings wait: what is read from here on stays true until the transaction ends."""
    locks.advisory(locks.Space.OVERLAY, 0)


def set_listings(*, unit_id: int, listings: Sequence[ListingChange], actor: Actor, now: datetime) -> None:
    """Write a store's deviations from the master record; the last of two for one SKU holds."""
    authorise.demand_list(actor, unit_id=unit_id)
    wanted = {listing.sku_id: listing for listing in listings}
    if Sku.objects.filter(pk__in=wanted).count() != len(wanted):
        raise SkuUnknown(field="sku_id")
    hold()
    rows = [asdict(listing) for listing in wanted.values()]
    db.execute(_UPSERT, [unit_id, msgspec.json.encode(rows).decode()])
    _changed("catalog.listing_set", unit_id=unit_id, sku_ids=sorted(wanted), actor=actor, now=now)


def clear_listings(*, unit_id: int, sku_ids: Sequence[int], actor: Actor, now: datetime) -> None:
    """Remove a store's deviations: the master record holds again."""
    authorise.demand_list(actor, unit_id=unit_id)
    hold()
    db.execute("DELETE FROM catalog_listing WHERE unit_id = %s AND sku_id = ANY(%s)", [unit_id, list(sku_ids)])
    _changed("catalog.listing_clear", unit_id=unit_id, sku_ids=sorted(sku_ids), actor=actor, now=now)


def _changed(action: str, *, unit_id: int, sku_ids: list[int], actor: Actor, now: datetime) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject_kind="unit",
        subject_id=unit_id,
        unit_id=unit_id,
        detail={"sku_ids": sku_ids[:50], "count": len(sku_ids)},
        now=now,
    )
    outbox.append(ListingChanged(unit_id=unit_id, sku_ids=tuple(sku_ids)), now=now)
