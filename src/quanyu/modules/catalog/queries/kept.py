"""SKUs and the stores' listings as the order path keeps them in memory: both by SKU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quanyu.modules.catalog.contracts import Sellable, SkuInfo
from quanyu.modules.catalog.queries import skus
from quanyu.platform import marks

_LISTINGS = (
    "SELECT sku_id, json_agg(json_build_array(unit_id, is_listed, allows_pickup, allows_express, allows_instant)) "
    "AS listings FROM catalog_listing WHERE sku_id = ANY(%s::bigint[]) GROUP BY sku_id"
)


@dataclass(frozen=True, slots=True)
class Goods:
    """A SKU, and whether stores list it that say nothing of it."""

    info: SkuInfo
    is_listed_by_default: bool


def _skus_part(ids: Sequence[int]) -> marks.Part[dict[int, Goods]]:
    return marks.Part(
        skus.WITH_DEFAULT,
        [list(ids)],
        lambda rows: {row["id"]: _goods(row) for row in rows},
    )


def _goods(row: dict[str, Any]) -> Goods:
    by_default = row.pop("by_default")
    return Goods(skus.made(row), by_default)


def _listings_part(ids: Sequence[int]) -> marks.Part[dict[int, Mapping[int, Sellable]]]:
    return marks.Part(
        _LISTINGS,
        [list(ids)],
        lambda rows: {row["sku_id"]: {unit_id: Sellable(*says) for unit_id, *says in row["listings"]} for row in rows},
    )


SKUS: marks.Kept[int, Goods] = marks.Kept(topics=["catalog.sku"], part=_skus_part, most=100_000)
# What a listing says by itself, by store; the master record has a say, see rules/overlay.py.
LISTINGS: marks.Kept[int, Mapping[int, Sellable]] = marks.Kept(
    topics=["catalog.listing"], part=_listings_part, most=300_000, weight=len
)
