"""A week of trade in the demo chain, sold through the real order path, so that every screen has something to tell."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import NamedTuple
from uuid import UUID, uuid5

from quanyu.entrypoints.imports.progress import bar
from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.problem import Problem
from quanyu.modules.aftersales import api as aftersales
from quanyu.modules.aftersales.contracts import ReturnCommand, ReturnedLine
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import PlaceOrder, TenderGiven, WantedLine
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Channel, Delivery, Order, State
from quanyu.modules.organization.contracts import Location

DAYS = 7
ORDERS_A_DAY = 3
SOURCE = "demo"
_NAMESPACE = UUID("5f0d7c0e-7c1b-5d4e-8f6a-2b1c0d9e8f7a")
_OPEN_FROM, _OPEN_HOURS = 9, 12
_RETURNED_ONE_IN = 25


class Trade(NamedTuple):
    """Who trades, and with what; everything is drawn from one seed."""

    stores: list[Location]
    skus: list[SkuInfo]
    member_ids: list[UUID]
    chance: random.Random


def make(trade: Trade, *, now: datetime) -> None:
    """Sell for a week in every store; some mall orders wait for pickup, a few goods come back."""
    of_stores = [sorted(_plan(trade, store, now=now), key=_moment) for store in trade.stores]
    with bar("orders", sum(map(len, of_stores))) as advance:
        # One order per store and round: within a store everything happens in the order of time.
        for turn in zip_longest(*of_stores):
            batch = [one for one in turn if one is not None]
            _sell(batch, trade, now=now)
            advance(len(batch))


def _moment(order: PlaceOrder) -> datetime:
    assert order.happened_at is not None
    return order.happened_at


def _plan(trade: Trade, store: Location, *, now: datetime) -> Iterator[PlaceOrder]:
    chance = trade.chance
    for day in range(DAYS, -1, -1):
        for number in range(chance.randint(1, ORDERS_A_DAY)):
            # Shanghai's shop hours, told in UTC; today only what is already past.
            hour = _OPEN_FROM - 8 + chance.randrange(_OPEN_HOURS)
            moment = (now - timedelta(days=day)).replace(hour=hour, minute=chance.randrange(60), second=0)
            if moment < now:
                yield _order(trade, store, key=f"{store.unit.code}:{day}:{number}", at=moment)


def _order(trade: Trade, store: Location, *, key: str, at: datetime) -> PlaceOrder:
    chance = trade.chance
    in_mall = chance.random() < 0.35
    lines = tuple(
        WantedLine(
            sku_id=sku.id, quantity=chance.randint(1, 3) if sku.quantity_scale == 1 else chance.randint(300, 2400)
        )
        for sku in chance.sample(trade.skus, k=chance.randint(1, 4))
    )
    return PlaceOrder(
        id=uuid5(_NAMESPACE, key),
        channel=Channel.MALL if in_mall else Channel.POS,
        store_id=store.unit.id,
        delivery=Delivery.PICKUP if in_mall else Delivery.CARRY_OUT,
        lines=lines,
        member_id=chance.choice(trade.member_ids) if in_mall or chance.random() < 0.5 else None,
        happened_at=at,
        source=SOURCE,
    )


def _sell(batch: list[PlaceOrder], trade: Trade, *, now: datetime) -> None:
    """Place a batch, take the money, hand over what is older than a day, and take a little back."""
    outcomes = checkout.place_orders(commands=batch, actor=SYSTEM, now=now)
    placed = [outcome for outcome in outcomes if not isinstance(outcome, Problem)]
    for order in orders.orders(ids=placed).values():
        if order.state is State.PLACED:
            _pay(order, trade)
        paid = orders.order(id=order.id)
        if paid.state is State.PAID and paid.placed_at < now - timedelta(days=1):
            paid = checkout.hand_over(
                order_id=paid.id,
                code=paid.pickup_code,
                store_id=paid.selling_store_id,
                actor=SYSTEM,
                now=paid.placed_at + timedelta(hours=2),
            )
        if paid.state is State.COMPLETED and trade.chance.randrange(_RETURNED_ONE_IN) == 0:
            _return_one(paid)


def _pay(order: Order, trade: Trade) -> None:
    tender = trade.chance.choice(("cash", "card"))
    checkout.add_tenders(
        order_id=order.id,
        tenders=(TenderGiven(tender=tender, amount_fen=order.payable_fen),),
        till=None,
        actor=SYSTEM,
        now=order.placed_at + timedelta(minutes=1),
    )


def _return_one(order: Order) -> None:
    line = order.lines[0]
    aftersales.return_lines(
        command=ReturnCommand(
            id=uuid5(_NAMESPACE, f"return:{order.id}"),
            order_id=order.id,
            lines=(ReturnedLine(line_number=line.number, quantity=min(line.quantity, line.quantity_scale)),),
            reason="changed_mind",
            happened_at=order.placed_at + timedelta(hours=20),
        ),
        actor=SYSTEM,
        now=order.placed_at + timedelta(hours=20),
    )
