"""A chain with a full catalogue for reading: 10,000 SKUs x 20 stores, prices on three levels, stock everywhere.

Goods, stores and prices are made through the doors; the 210,000 stock rows by one statement, with the movements that
explain them, because nobody measures how they come in.
"""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass

import psycopg

SKUS, STORES, BATCH = 10_000, 20, 1_000
_NAMES = ("纯牛奶", "全麦面包", "龙井茶", "苏打水", "洗手液", "行李箱", "保温杯", "蓝牙耳机", "棉拖鞋", "薯片")
_STOCK = """
    WITH shelf AS (
        SELECT place.unit_id AS location_id, sku.id AS sku_id, place.owner_id,
               5 + (sku.id * 7 + place.unit_id) %% 90 AS n
        FROM organization_location AS place CROSS JOIN catalog_sku AS sku
        WHERE place.unit_id = ANY (%s)
    ), moved AS (
        INSERT INTO inventory_movement (location_id, sku_id, owner_id, kind, on_hand_delta, on_hand_after,
                                        cause_kind, cause_id, cause_line, at)
        SELECT location_id, sku_id, owner_id, 'opening', n, n, 'bench', 'opening', '', now() FROM shelf
    )
    INSERT INTO inventory_stock (location_id, sku_id, owner_id, on_hand, safety, changed_at)
    SELECT location_id, sku_id, owner_id, n, sku_id %% 3, now() FROM shelf
"""


@dataclass(frozen=True)
class Shop:
    """What was made: the stores' ids, a category with a tenth of the goods, and all SKUs' ids."""

    store_ids: tuple[int, ...]
    category_id: int
    sku_ids: tuple[int, ...]
    base_book_id: int


def fill(url: str) -> Shop:
    """Make the chain in the migrated database of this (set up) Django; ``url`` is that database."""
    from tests.harness import organization, pricing

    chance = random.Random(4)
    region = organization.make_region()
    stores = [
        organization.make_store(
            parent_id=region.id, longitude=113.9 + chance.random() / 4, latitude=22.5 + chance.random() / 4
        )
        for _ in range(STORES)
    ]
    warehouse = organization.make_warehouse(parent_id=region.id)
    category_id, sku_ids = _goods(chance)
    base = pricing.make_book(unit_id=organization.enterprise().id)
    member = pricing.make_book(unit_id=region.id, kind="member")
    timed = pricing.make_book(unit_id=stores[0].unit.id, kind="timed")
    for book, share, most in ((base, 1.0, 20_000), (member, 0.3, 15_000), (timed, 0.02, 9_000)):
        chosen = [sku_id for sku_id in sku_ids if chance.random() < share]
        pricing.set_prices(book, {sku_id: chance.randrange(100, most) for sku_id in chosen})
    places = [one.unit.id for one in (*stores, warehouse)]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_STOCK, [places])
        connection.execute("VACUUM ANALYZE")
    return Shop(tuple(one.unit.id for one in stores), category_id, tuple(sku_ids), base.id)


def _goods(chance: random.Random) -> tuple[int, list[int]]:
    from quanyu.kernel.actor import SYSTEM
    from quanyu.kernel.clock import system_clock
    from quanyu.modules.catalog import api as catalog
    from quanyu.modules.catalog.contracts import NewProduct, NewSku
    from tests.harness import catalog as goods

    roots = [goods.make_category(name=f"大类{number}") for number in range(5)]
    leaves = [goods.make_category(name=f"小类{number}", parent_id=roots[number % 5].id) for number in range(50)]
    mark, sku_ids = secrets.token_hex(3), []
    for first in range(0, SKUS, BATCH):
        new = [
            NewProduct(
                code=f"P{mark}{number}",
                name=f"{chance.choice(_NAMES)} {number}",
                category_id=chance.choice(leaves).id,
                unit_name="件",
                skus=(NewSku(code=f"S{mark}{number}", name=f"{chance.choice(_NAMES)} {number} 号装"),),
            )
            for number in range(first, first + BATCH)
        ]
        made = catalog.create_products(products=new, actor=SYSTEM, now=system_clock.now())
        sku_ids += [sku_id for product in made for sku_id in product.sku_ids]
    return roots[0].id, sku_ids
