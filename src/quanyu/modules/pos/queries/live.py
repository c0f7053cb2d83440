"""What a till's live stream shows: what it can sell of its store's stock, safety stock included."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from quanyu.modules.inventory.contracts import LiveKind, LivePlace
from quanyu.modules.orders.contracts import Channel
from quanyu.platform.db import lean


class _Shop(msgspec.Struct):
    owner_id: int


def kind(*, store_id: int) -> LiveKind:
    """Return the kind of stream that all tills of a store share."""

    async def place() -> LivePlace | None:
        found = await lean.json("SELECT row_to_json(shop) FROM organization_shop(%s) AS shop", [store_id])
        if found is None:
            return None
        return LivePlace((store_id,), msgspec.json.decode(found, type=_Shop).owner_id, Channel.POS)

    return LiveKind(("pos", store_id), place, _shown)


def _shown(place: LivePlace, sku_id: int, here: int, anywhere: int) -> Mapping[str, int]:
    return {"sku_id": sku_id, "available": here}
