"""What a till's store can sell, as it changes."""

from __future__ import annotations

from quanyu.modules.inventory import api as inventory
from quanyu.modules.pos.contracts import Till
from quanyu.modules.pos.queries import live
from quanyu.platform.http.streams import Source


async def live_stock(*, till: Till, sku_ids: frozenset[int] | None, last_event_id: str) -> Source | None:
    """Return the source of the till's live stream; ``None``: its store is closed. On an event loop."""
    return await inventory.live(kind=live.kind(store_id=till.store_id), sku_ids=sku_ids, last_position=last_event_id)
