"""Goods that wait for tills, so that they may sell them when they are cut off (reliability: escrow)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from quanyu.modules.inventory.contracts import SetAside
from quanyu.modules.inventory.ops import set_aside as _set_aside
from quanyu.platform import db


def set_aside(
    *,
    till_id: str,
    location_id: int,
    owner_id: int,
    wants: Mapping[int, int],
    share_bp: int,
    is_alone: bool,
    until: datetime,
    now: datetime,
) -> list[SetAside]:
    """Set goods of one owner aside for a till at a place, and return what waits for it then.

    ``wants``: base units by SKU; it gets what is free, and all tills together no more than ``share_bp`` (basis points)
    of what could be sold of a SKU. What it had of anything else is given back. ``is_alone``: no other till of the place
    draws on it. Belongs to a deed that has been permitted. Publishes ``StockChanged``.
    """
    return db.in_transaction(
        lambda: _set_aside.set_aside(
            till_id=till_id,
            location_id=location_id,
            owner_id=owner_id,
            wants=wants,
            share_bp=share_bp,
            is_alone=is_alone,
            until=until,
            now=now,
        )
    )


def set_aside_for(*, till_id: str, location_id: int, now: datetime) -> list[SetAside]:
    """Return what waits for a till at a place. One query."""
    held = db.value("SELECT inventory_aside_for(%s, %s, %s)", [till_id, location_id, now])
    return msgspec.json.decode(held, type=list[SetAside])
