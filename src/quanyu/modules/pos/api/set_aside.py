"""What waits for a till, so that cut off it sells no unit that somebody else was promised (POS-07, INV-02)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import SetAside
from quanyu.modules.organization import api as organization
from quanyu.modules.pos.contracts import Till
from quanyu.modules.pos.queries import settings


def set_aside(*, wants: Mapping[int, int], till: Till, lease: timedelta, now: datetime) -> list[SetAside]:
    """Set aside for the till what it asks for (base units by SKU), and return what waits for it.

    All tills of the store together get no more than the share of ``pos.set_aside_bp``; with none everything is given
    back. What it does not ask for again is given back as well.
    """
    share_bp = settings.set_aside_bp(till=till)
    return inventory.set_aside(
        till_id=str(till.device_id),
        location_id=till.store_id,
        owner_id=organization.locations(ids=[till.store_id])[till.store_id].owner_id,
        wants=wants if share_bp else {},
        share_bp=share_bp,
        is_alone=settings.sells_only_set_aside(till=till),
        until=now + lease,
        now=now,
    )
