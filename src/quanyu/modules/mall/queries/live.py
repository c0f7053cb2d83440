"""What a store's live stream shows to shoppers: the figures of its pages, of goods that it offers."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from quanyu.kernel.clock import system_clock
from quanyu.modules.inventory.contracts import LiveKind, LivePlace
from quanyu.modules.mall.queries import settings
from quanyu.modules.orders.contracts import Channel
from quanyu.platform import settings_tree
from quanyu.platform.db import lean


class _Shop(msgspec.Struct):
    owner_id: int
    offers_express: bool
    source_ids: list[int]


async def is_on(*, store_id: int) -> bool:
    """Tell whether the store's live stream is switched on. One statement, on an event loop."""
    key = settings.LIVE_STOCK.setting_key
    found = await lean.json(
        "SELECT platform_settings_at(%s::jsonb, '{brand}'::text[] || ARRAY("
        "SELECT 'unit:' || step.id FROM unnest(organization_path(%s)) WITH ORDINALITY AS step (id, place) "
        "ORDER BY step.place))",
        [msgspec.json.encode(settings_tree.defaults([key])).decode(), store_id],
    )
    return bool(msgspec.json.decode(found or b"{}").get(key))


def kind(*, store_id: int) -> LiveKind:
    """Return the kind of a store's stream."""

    async def place() -> LivePlace | None:
        found = await lean.json("SELECT row_to_json(shop) FROM organization_shop(%s) AS shop", [store_id])
        if found is None:
            return None
        shop = msgspec.json.decode(found, type=_Shop)
        sources = tuple(shop.source_ids) if shop.offers_express else (store_id,)
        return LivePlace(sources, shop.owner_id, Channel.MALL, ships=shop.offers_express)

    async def offered(place: LivePlace, sku_ids: Collection[int]) -> Collection[int]:
        found = await lean.json("SELECT mall_offered(%s, %s, %s)", [store_id, list(sku_ids), system_clock.now()])
        return set(msgspec.json.decode(found or b"[]", type=list[int]))

    return LiveKind(("mall", store_id), place, _shown, offered)


def _shown(place: LivePlace, sku_id: int, here: int, anywhere: int) -> Mapping[str, int]:
    return {"sku_id": sku_id, "available": here, "express_available": anywhere if place.ships else 0}
