"""What can be sold, where, by whom: one query for a whole page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from quanyu.modules.inventory import rules
from quanyu.modules.inventory.contracts import Asked
from quanyu.platform import db


def availability(
    *, sku_ids: Collection[int], location_ids: Collection[int], channel: str, seller_owner_id: int, now: datetime
) -> dict[tuple[int, int], int]:
    """Return ``{(location_id, sku_id): base units}`` for every pair asked for."""
    found = db.rows(
        "SELECT location_id, sku_id, available FROM inventory_availability(%s::bigint[], %s::bigint[], %s, %s, %s, %s)",
        [list(location_ids), list(sku_ids), seller_owner_id, channel, rules.keeps_safety(channel), now],
    )
    available = {(location_id, sku_id): 0 for location_id in location_ids for sku_id in sku_ids}
    available.update({(row["location_id"], row["sku_id"]): row["available"] for row in found})
    return available


def availabilities(*, asked: Sequence[Asked], now: datetime) -> list[dict[tuple[int, int], int]]:
    """Return for each question ``{(location_id, sku_id): base units}``, without the pairs of which there is nothing."""
    questions = [
        {
            "number": number,
            "skus": one.sku_ids,
            "locations": one.location_ids,
            "seller": one.seller_owner_id,
            "channel": one.channel,
            "keep_safety": rules.keeps_safety(one.channel),
        }
        for number, one in enumerate(asked)
    ]
    answers: list[dict[tuple[int, int], int]] = [{} for _ in asked]
    for row in db.rows(
        "SELECT asked.number, found.location_id, found.sku_id, found.available FROM jsonb_to_recordset(%s::jsonb) "
        "AS asked (number int, skus bigint[], locations bigint[], seller bigint, channel text, keep_safety boolean) "
        "CROSS JOIN LATERAL inventory_availability(asked.locations, asked.skus, asked.seller, asked.channel, "
        "asked.keep_safety, %s) AS found",
        [msgspec.json.encode(questions).decode(), now],
    ):
        answers[row["number"]][row["location_id"], row["sku_id"]] = row["available"]
    return answers


def allowed_owners(*, seller_owner_id: int, sku_ids: Collection[int], channel: str) -> dict[int, tuple[int, ...]]:
    """Return for each SKU whose stock the seller may sell, its own first."""
    owners: dict[int, tuple[int, ...]] = dict.fromkeys(sku_ids, ())
    for row in db.rows(
        "SELECT sku_id, owner_id FROM inventory_allowed_owners(%s::bigint[], %s, %s) ORDER BY sku_id, preference",
        [list(sku_ids), seller_owner_id, channel],
    ):
        owners[row["sku_id"]] += (row["owner_id"],)
    return owners
