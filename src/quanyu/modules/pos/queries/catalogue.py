"""What a till can sell, as it keeps it: products, codes, prices, stock."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import msgspec

from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.inventory import api as inventory
from quanyu.modules.orders.contracts import Channel
from quanyu.modules.organization import api as organization
from quanyu.modules.pos.contracts import CatalogueItem, CataloguePage
from quanyu.modules.pos.rules import kept as kept_rules
from quanyu.modules.pos.rules.kept import BUCKETS, Bucket, Differences, KeptItem, Pack, TierPrice
from quanyu.modules.pricing import api as pricing
from quanyu.modules.pricing.contracts import PriceSet
from quanyu.modules.tiers import api as tiers
from quanyu.platform import db


def page(*, store_id: int, after: int | None, limit: int, now: datetime) -> CataloguePage:
    """Return the items after a SKU id, and the version of the whole.

    The version is a digest over every product, code and price (not stock, which moves with each sale): a
    till that sees it change between two pages starts again.
    """
    sku_ids = sorted(listed(store_id))
    prices = pricing.prices(unit_id=store_id, sku_ids=sku_ids, at=now)
    skus = catalog.skus(ids=prices)
    priced = [sku_id for sku_id in sku_ids if sku_id in prices]
    wanted = [sku_id for sku_id in priced if after is None or sku_id > after]
    shown = wanted[:limit]
    return CataloguePage(
        version=_version([skus[sku_id] for sku_id in priced], prices),
        items=tuple(items(store_id=store_id, skus=[skus[sku_id] for sku_id in shown], prices=prices, now=now)),
        next_after=shown[-1] if len(wanted) > limit else None,
    )


def differences(
    *, store_id: int, known: Sequence[str], limit: int, now: datetime, only: Sequence[int] | None = None
) -> Differences:
    """Return the buckets whose digest is not the known one, until ``limit`` items are reached (at least one bucket).

    ``only`` names the buckets that are asked about. Nobody looks at the others, so that a first sync in many parts
    costs as much as one in a whole; what the whole is can be told only when it was asked about.
    """
    lying: list[list[int]] = [[] for _ in range(BUCKETS)]
    for sku_id in listed(store_id):
        lying[sku_id % BUCKETS].append(sku_id)
    asked, later = list(range(BUCKETS)), list[int]()
    if only is not None:
        asked, later = _fitting(sorted(set(only)), [len(ids) for ids in lying], limit)
    found: dict[int, list[KeptItem]] = {number: [] for number in asked}
    for item in _kept(store_id, [sku_id for number in asked for sku_id in lying[number]], now=now):
        found[item.item.sku_id % BUCKETS].append(item)
    digests = {number: kept_rules.digest(items) for number, items in found.items()}
    differing = [number for number in asked if digests[number] != (known[number] if known else "")]
    shown, rest = _fitting(differing, {number: len(items) for number, items in found.items()}, limit)
    stocked = _with_stock(store_id, [item for number in shown for item in found[number]], now=now)
    return Differences(
        version=kept_rules.version(list(digests.values())) if only is None else None,
        buckets=tuple(
            Bucket(number, digests[number], tuple(stocked[item.item.sku_id] for item in found[number]))
            for number in shown
        ),
        remaining=(*rest, *later),
        items=sum(len(items) for items in (found.values() if only is None else lying)),
    )


def _fitting(
    numbers: Sequence[int], sizes: Sequence[int] | Mapping[int, int], limit: int
) -> tuple[list[int], list[int]]:
    """Part the buckets into the first ones that hold ``limit`` items together, at least one, and the others."""
    count = 0
    for place, number in enumerate(numbers):
        count += sizes[number]
        if place and count > limit:
            return list(numbers[:place]), list(numbers[place:])
    return list(numbers), []


def kept_items(*, store_id: int, sku_ids: Sequence[int], now: datetime) -> list[KeptItem]:
    """Return SKUs as the store's tills keep them, listed by it or not; those without a price here are left out."""
    return list(_with_stock(store_id, _kept(store_id, sku_ids, now=now), now=now).values())


def _kept(store_id: int, sku_ids: Sequence[int], *, now: datetime) -> list[KeptItem]:
    """Return what the store lists with every tier's prices, by SKU id; without stock, which moves."""
    sku_ids = sorted(sku_ids)
    path = organization.paths(unit_ids=[store_id])[store_id]
    prices = pricing.prices(unit_id=store_id, sku_ids=sku_ids, at=now, path=path)
    codes = ["", *(tier.code for tier in tiers.tiers())]
    by_tier = pricing.member_prices(path=path, sku_ids=sku_ids, tiers=codes, at=now)
    skus, texts, packs = catalog.skus(ids=prices), catalog.search_texts(ids=prices), catalog.packs(ids=prices)
    return [
        KeptItem(
            item=_item(skus[sku_id], prices[sku_id], available=0),
            category_path=skus[sku_id].category_path,
            search=texts.get(sku_id, ""),
            tier_prices=tuple(
                TierPrice(tier, by_tier[sku_id][tier]) for tier in codes if tier in by_tier.get(sku_id, {})
            ),
            packs=tuple(Pack(code, quantity) for code, quantity in packs.get(sku_id, {}).items()),
        )
        for sku_id in sku_ids
        if sku_id in prices
    ]


def _with_stock(store_id: int, kept: Sequence[KeptItem], *, now: datetime) -> dict[int, KeptItem]:
    store = organization.locations(ids=[store_id])[store_id]
    stock = inventory.availability(
        sku_ids=[one.item.sku_id for one in kept],
        location_ids=[store_id],
        channel=Channel.POS,
        seller_owner_id=store.owner_id,
        now=now,
    )
    return {
        one.item.sku_id: replace(one, item=replace(one.item, available=stock.get((store_id, one.item.sku_id), 0)))
        for one in kept
    }


def items(
    *, store_id: int, skus: Sequence[SkuInfo], prices: Mapping[int, PriceSet], now: datetime
) -> list[CatalogueItem]:
    """Return SKUs as a till keeps them; those without a price are left out. One query for all of them."""
    store = organization.locations(ids=[store_id])[store_id]
    stock = inventory.availability(
        sku_ids=[sku.id for sku in skus],
        location_ids=[store_id],
        channel=Channel.POS,
        seller_owner_id=store.owner_id,
        now=now,
    )
    return [_item(sku, prices[sku.id], available=stock.get((store_id, sku.id), 0)) for sku in skus if sku.id in prices]


def listed(store_id: int) -> list[int]:
    """Return every SKU on sale that the store lists: an empty search, in one query."""
    rows = db.rows("SELECT sku_id FROM catalog_search('{}', '{}', '', %s, NULL, NULL, NULL, 1000000)", [store_id])
    return [row["sku_id"] for row in rows]


def _item(sku: SkuInfo, price: PriceSet, *, available: int) -> CatalogueItem:
    return CatalogueItem(
        sku_id=sku.id,
        sku_code=sku.code,
        name=sku.name,
        name_en=sku.name_en,
        specification=dict(sku.specification),
        unit_name=sku.unit_name,
        quantity_scale=sku.quantity_scale,
        category_id=sku.category_id,
        tax_rate_bp=sku.tax_rate_bp,
        image=sku.image_thumb,
        barcodes=sku.barcodes,
        plu=sku.plu,
        price_fen=price.base_fen,
        member_price_fen=price.member_fen,
        timed_price_fen=price.timed_fen,
        available=available,
    )


def _version(skus: Sequence[SkuInfo], prices: Mapping[int, PriceSet]) -> str:
    digest = hashlib.sha256()
    for sku in skus:
        digest.update(msgspec.json.encode((sku, prices[sku.id]), enc_hook=str))
    return digest.hexdigest()[:16]
