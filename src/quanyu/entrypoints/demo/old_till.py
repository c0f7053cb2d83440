"""One store of the demo still sells at an old till: its last hours, and what of them waits for somebody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from quanyu.entrypoints.demo.chain import BRAND, Chain
from quanyu.kernel.actor import SYSTEM
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.inventory import api as inventory
from quanyu.modules.partners import api as partners
from quanyu.modules.partners.contracts import SALE, Partner, Said
from quanyu.modules.pricing import api as pricing
from quanyu.platform import outbox

STORE, TILL, STRANGE_TILL = "0005", "01", "03"
_SALES, _LEAST = 8, 5
_EVERY = timedelta(minutes=11)
# What the old system calls goods that nobody has mapped yet: its code, its name, fen.
_UNKNOWN = ("100234", "鲜橙汁 1L", 990)


def make(chain: Chain, skus: Mapping[str, SkuInfo], *, now: datetime) -> None:
    """Let the old system in, and hand in what its till has sold since noon or so."""
    unit, store = chain.units[BRAND], chain.units[STORE]
    made = partners.add_partner(name="旧收银系统", unit_id=unit.id, actor=SYSTEM, now=now)
    partners.add_till(partner_id=made.id, code=TILL, store_id=store.id, actor=SYSTEM, now=now)
    goods = _goods(chain, skus, now=now)
    said = [_sale(TILL, seq, [goods[seq % len(goods)]], now=now) for seq in range(1, _SALES + 1)] if goods else []
    said.append(_sale(TILL, _SALES + 1, [_UNKNOWN], now=now))
    said.append(_sale(STRANGE_TILL, 1, [_UNKNOWN], now=now))
    system = Partner(made.id, "旧收银系统", unit.id, SYSTEM)
    partners.take(said=said, partner=system, now=now)
    outbox.drain()


def _goods(chain: Chain, skus: Mapping[str, SkuInfo], *, now: datetime) -> list[tuple[str, str, int]]:
    """Return a few goods of the store as the old system calls them: by our codes; one costs a little less there."""
    store = chain.units[STORE]
    shelf = inventory.stock_levels(location_ids=[store.id])
    plenty = {level.sku_id for level in shelf if level.on_hand - level.reserved >= _LEAST}
    pieces = [sku for sku in skus.values() if sku.id in plenty and sku.quantity_scale == 1][:_SALES]
    prices = pricing.prices(unit_id=store.id, sku_ids=[sku.id for sku in pieces], at=now)
    told = [(sku.code, sku.name, prices[sku.id].base_fen) for sku in pieces if sku.id in prices]
    return [(code, name, fen - (50 if place == 0 and fen > 50 else 0)) for place, (code, name, fen) in enumerate(told)]


def _sale(till: str, seq: int, goods: list[tuple[str, str, int]], *, now: datetime) -> Said:
    at = now - _EVERY * (_SALES + 2 - seq)
    fen = sum(one[2] for one in goods)
    number = f"{now:%Y%m%d}{till}{seq:04d}"
    content: dict[str, Any] = {
        "till": till,
        "external_id": number,
        "seq": seq,
        "sold_at": at.isoformat(),
        "lines": [
            {"code": code, "name": name, "quantity": 1, "unit_price_fen": net_fen, "net_fen": net_fen}
            for code, name, net_fen in goods
        ],
        "tenders": [{"tender": "cash" if seq % 2 else "wechat", "amount_fen": fen, "reference": ""}],
        "payable_fen": fen,
    }
    return Said(SALE, till, number, seq, at, fen, content)
