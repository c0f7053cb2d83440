"""The demo's stock: opening figures, deliveries of goods that were sold, and what happens to goods in a chain."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime

from quanyu.entrypoints.demo import consignment, goods, places
from quanyu.entrypoints.demo.chain import Chain
from quanyu.entrypoints.demo.progress import Told
from quanyu.kernel.actor import SYSTEM
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import Goods

# Pieces (kilograms) on the shelf of a store of the ordinary size, by the top category.
SHELF = {
    "FRUIT": 60, "DAIRY": 48, "DRINK": 60, "SNACK": 40, "STAPLE": 30, "HOME": 14, "BABY": 20, "BEAUTY": 20, "EYE": 13,
    "APP": 13,
}  # fmt: skip
_WAREHOUSE_TIMES = 6
_GAP_SHARE = 0.03
_NEARLY_OUT_SHARE = 0.0025
_LEAST = 8
ORDINARY = 10


def opening(chain: Chain, skus: Mapping[str, SkuInfo], told: Told, *, chance: random.Random, now: datetime) -> None:
    """Put goods everywhere: plenty in warehouses, a shelf's worth in stores, a few gaps."""
    told.part("opening stock", len(chain.locations))
    groups = {sku.code: item.group for item in goods.ITEMS for sku in _of(item, skus)}
    stores = {store.code: store for store in places.STORES}
    for code, location in chain.locations.items():
        store = stores.get(code)
        left_out = places.FORMATS[store.format] if store else frozenset()
        lines = []
        for sku in skus.values():
            group = groups[sku.code]
            if group in left_out or (store and chance.random() < _GAP_SHARE):
                continue
            most = SHELF[group] * (store.size / ORDINARY if store else _WAREHOUSE_TIMES)
            pieces = max(_LEAST, round(most * chance.uniform(0.7, 1.3)))
            if store and chance.random() < _NEARLY_OUT_SHARE:
                pieces = chance.randint(1, 3)
            lines.append(Goods(sku_id=sku.id, quantity=pieces * sku.quantity_scale, line=sku.code))
        for owner_id, owned in consignment.by_owner(chain, code, lines).items():
            inventory.receive(
                location_id=location.unit.id,
                owner_id=owner_id,
                lines=owned,
                cause_kind="demo",
                cause_id=f"opening:{code}:{owner_id}",
                kind="opening",
                actor=SYSTEM,
                now=now,
            )
        told.step()


def _of(item: goods.Item, skus: Mapping[str, SkuInfo]) -> list[SkuInfo]:
    return [skus[f"{item.code}{variant.suffix}"] for variant in item.variants]
