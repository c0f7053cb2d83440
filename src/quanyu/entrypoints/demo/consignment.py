"""Goods on consignment: the orchard's fruit stands in some shops as its own until it is sold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from quanyu.entrypoints.demo import goods
from quanyu.entrypoints.demo.chain import Chain
from quanyu.kernel.actor import SYSTEM
from quanyu.modules.catalog import api as catalog
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import Goods

SUPPLIER = "S-FR"
_PLACES = frozenset({"0001", "0002", "0008", "0009"})
_GOODS = frozenset(item.code for item in goods.ITEMS if item.brand.supplier == SUPPLIER)


def is_consigned(place: str, sku_code: str) -> bool:
    """Tell whether a SKU belongs to the supplier at a place, by their codes."""
    return place in _PLACES and sku_code.partition("-")[0] in _GOODS


def by_owner(chain: Chain, place: str, lines: Iterable[Goods]) -> Mapping[int, list[Goods]]:
    """Return lines (named by their SKU's code) by whose they are at a place."""
    owned: dict[int, list[Goods]] = defaultdict(list)
    for line in lines:
        theirs = is_consigned(place, line.line)
        owned[chain.units[SUPPLIER].id if theirs else chain.locations[place].owner_id].append(line)
    return owned


def agree(chain: Chain, *, now: datetime) -> None:
    """Let the shops sell the supplier's fruit."""
    fruit = next(category.id for category in catalog.categories() if category.code == "FRUIT")
    inventory.set_sharing(owner_id=chain.units[SUPPLIER].id, category_id=fruit, is_shared=True, actor=SYSTEM, now=now)
