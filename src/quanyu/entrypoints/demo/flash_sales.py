"""The demo's flash sales: one some evenings ago that people waited for, and one that runs now."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from uuid import uuid5

from quanyu.entrypoints.demo import history, places
from quanyu.entrypoints.demo.history import Trade
from quanyu.entrypoints.demo.shoppers import NAMESPACE, SOURCE, Planned
from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.period import Period
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.checkout.contracts import PlaceOrder, WantedLine
from quanyu.modules.flash import api as flash
from quanyu.modules.orders.contracts import Channel, Delivery
from quanyu.modules.pricing import api as pricing
from quanyu.modules.pricing.contracts import BookKind, NewPrice

_PAST = ("B26", 9900, timedelta(hours=2), 120)
_RUNNING = ("F19", 3990, timedelta(hours=48), 300)
_PER_MEMBER = 2
_BUYERS = 22
_BUYERS_NOW = 6


def plan(trade: Trade, *, evening: datetime, opened: datetime) -> None:
    """Announce both with their prices, and let members buy; ``evening``: when the past one began."""
    _announce(trade, _PAST, starts_at=evening, opened=opened)
    _announce(trade, _RUNNING, starts_at=trade.now - timedelta(hours=2), opened=opened)
    past, running = trade.supply.skus[_PAST[0]], trade.supply.skus[_RUNNING[0]]
    for number in range(_BUYERS):
        at = evening + timedelta(minutes=1 + number * 2, seconds=number * 17 % 60)
        trade.plan(at, partial(_buy, trade, past, number))
    for number in range(_BUYERS_NOW):
        at = trade.now - timedelta(minutes=100 - 15 * number)
        trade.plan(at, partial(_buy, trade, running, number))


def _announce(trade: Trade, sale: tuple[str, int, timedelta, int], *, starts_at: datetime, opened: datetime) -> None:
    code, price_fen, lasts, pieces = sale
    sku = trade.supply.skus[code]
    period = Period(starts_at, starts_at + lasts)
    book = pricing.create_book(
        code=f"FLASH-{code}",
        name=f"限时抢购 {sku.name}",
        kind=BookKind.TIMED,
        unit_id=trade.chain.units["HQ"].id,
        period=period,
        actor=SYSTEM,
        now=opened,
    )
    pricing.set_prices(book_id=book.id, prices=[NewPrice(sku.id, price_fen)], actor=SYSTEM, now=opened)
    flash.announce(
        sku_id=sku.id,
        starts_at=starts_at,
        ends_at=starts_at + lasts,
        per_member_limit=_PER_MEMBER,
        units_total=pieces,
        closed_from=starts_at,
        actor=SYSTEM,
        now=opened,
    )


def _buy(trade: Trade, sku: SkuInfo, number: int, now: datetime) -> None:
    store = places.STORES[number % len(places.STORES)].code
    command = PlaceOrder(
        id=uuid5(NAMESPACE, f"flash:{sku.code}:{number}"),
        channel=Channel.MALL,
        store_id=trade.chain.units[store].id,
        delivery=Delivery.PICKUP,
        lines=(WantedLine(sku.id, 1 + number % _PER_MEMBER),),
        member_id=trade.shoppers.regular(store, number),
        happened_at=now,
        source=SOURCE,
    )
    history.sell(trade, [Planned(command, store, pays=True)])
