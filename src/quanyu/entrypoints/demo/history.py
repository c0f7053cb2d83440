"""A week of trade in the demo chain, sold through the real order path, so that every screen has something to tell."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid5

from quanyu.entrypoints.demo.progress import Told
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
from quanyu.modules.points import api as points

DAYS = 7
ORDERS_A_DAY = 3
_TOGETHER = 16
SOURCE = "demo"
_NAMESPACE = UUID("5f0d7c0e-7c1b-5d4e-8f6a-2b1c0d9e8f7a")
_OPEN_FROM, _OPEN_HOURS = 9, 12
_PAID_AFTER = timedelta(minutes=1)
_RETURNED_ONE_IN = 25
_RETURNED_AFTER = timedelta(hours=20)
_RIGHTS_SHARE = 0.5
_POINTS_MALL_SHARE = 0.4
_POINTS_ROUND = 100


class Trade(NamedTuple):
    """Who trades, and with what; everything is drawn from one seed."""

    stores: list[Location]
    skus: list[SkuInfo]
    member_ids: list[UUID]
    chance: random.Random


def make(trade: Trade, told: Told, *, now: datetime) -> None:
    """Sell for a week in every store; some mall orders wait for pickup, a few goods come back."""
    # In the order of time over all stores, as the ledgers will tell it.
    planned = sorted((one for store in trade.stores for one in _plan(trade, store, now=now)), key=_moment)
    told.part("orders", len(planned))
    for start in range(0, len(planned), _TOGETHER):
        batch = planned[start : start + _TOGETHER]
        _sell(batch, trade, now=now)
        told.step(len(batch))


def _moment(order: PlaceOrder) -> datetime:
    assert order.happened_at is not None
    return order.happened_at


def _plan(trade: Trade, store: Location, *, now: datetime) -> Iterator[PlaceOrder]:
    chance = trade.chance
    for day in range(DAYS, -1, -1):
        for number in range(chance.randint(1, ORDERS_A_DAY)):
            # Shanghai's shop hours, told in UTC; today only what is already past, its payment too.
            hour = _OPEN_FROM - 8 + chance.randrange(_OPEN_HOURS)
            moment = (now - timedelta(days=day)).replace(hour=hour, minute=chance.randrange(60), second=0)
            if moment + _PAID_AFTER < now:
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
    batch = _with_rights(batch, trade, now=now)
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
        comes_back = trade.chance.randrange(_RETURNED_ONE_IN) == 0
        if paid.state is State.COMPLETED and comes_back and paid.placed_at + _RETURNED_AFTER < now:
            _return_one(paid)


def _with_rights(batch: list[PlaceOrder], trade: Trade, *, now: datetime) -> list[PlaceOrder]:
    """Let some members use what they have, as far as their orders allow; each member once per batch."""
    shopping: set[UUID] = set()
    chosen = []
    for one in batch:
        wants = trade.chance.random() < _RIGHTS_SHARE
        if wants and one.member_id is not None and one.member_id not in shopping:
            shopping.add(one.member_id)
            chosen.append(_with_right(one, trade, now=now))
        else:
            chosen.append(one)
    return chosen


def _with_right(one: PlaceOrder, trade: Trade, *, now: datetime) -> PlaceOrder:
    """Return the order with a coupon, with something from the points mall, or paid with points in part."""
    quote = checkout.quote(command=one, actor=SYSTEM, now=now)
    if quote.problems:
        return one
    coupon = next((coupon.id for coupon in quote.coupons if coupon.usable), None)
    if coupon is not None:
        return replace(one, coupon_ids=(coupon,))
    path = next(store.unit.path for store in trade.stores if store.unit.id == one.store_id)
    offers = [offer for offer in points.offers(path=path, at=now) if offer.points <= quote.points_balance]
    if offers and trade.chance.random() < _POINTS_MALL_SHARE:
        offer = trade.chance.choice(offers)
        return replace(one, lines=(*one.lines, WantedLine(offer.sku_id, 1, points_offer_id=offer.id)))
    return replace(one, points=quote.points_max - quote.points_max % _POINTS_ROUND)


def _pay(order: Order, trade: Trade) -> None:
    tender = trade.chance.choice(("cash", "card"))
    checkout.add_tenders(
        order_id=order.id,
        tenders=(TenderGiven(tender=tender, amount_fen=order.payable_fen),),
        till=None,
        actor=SYSTEM,
        now=order.placed_at + _PAID_AFTER,
    )


def _return_one(order: Order) -> None:
    line = order.lines[0]
    aftersales.return_lines(
        command=ReturnCommand(
            id=uuid5(_NAMESPACE, f"return:{order.id}"),
            order_id=order.id,
            lines=(ReturnedLine(line_number=line.number, quantity=min(line.quantity, line.quantity_scale)),),
            reason="changed_mind",
            happened_at=order.placed_at + _RETURNED_AFTER,
        ),
        actor=SYSTEM,
        now=order.placed_at + _RETURNED_AFTER,
    )
