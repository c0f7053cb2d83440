"""Set goods aside for a till. One SQL call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from quanyu.modules.inventory.contracts import SetAside
from quanyu.platform import db

# Every till of the place draws on it, or only the till itself.
SHARED, ALONE = "till", "till_only"


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
    """Hold what is asked for as far as it is free, give the rest back, and return what the till holds then."""
    lines = [{"sku_id": sku_id, "quantity": quantity} for sku_id, quantity in wants.items() if quantity > 0]
    held = db.value(
        "SELECT inventory_set_aside(%s, %s, %s, %s, %s::jsonb, %s, %s, %s)",
        [
            till_id,
            ALONE if is_alone else SHARED,
            location_id,
            owner_id,
            msgspec.json.encode(lines).decode(),
            share_bp,
            until,
            now,
        ],
    )
    return msgspec.json.decode(held, type=list[SetAside])
