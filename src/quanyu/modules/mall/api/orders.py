"""Buying: quotes, orders, their payments and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import PaymentStarted, PlaceOrder, Quote, WantedLine
from quanyu.modules.fulfilment import api as fulfilment
from quanyu.modules.mall.contracts import (
    Again,
    BestQuote,
    OrderFacts,
    PickupTimes,
    Step,
    Way,
)
from quanyu.modules.mall.ops import again, change_cart
from quanyu.modules.mall.queries import order_facts as fact_queries
from quanyu.modules.mall.queries import shops
from quanyu.modules.mall.rules import best_coupons
from quanyu.modules.mall.rules import orders as order_rules
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Channel, Delivery, Order, OrderUnknown, Stage, Wishes
from quanyu.modules.organization import api as organization
from quanyu.modules.payments import api as payments
from quanyu.modules.payments.contracts import Payment, PaymentState, Tender
from quanyu.platform import rate

PAYMENT_CHECKS_PER_MINUTE = 30
BEST_QUOTES_PER_MINUTE = 30
_LIVE = (PaymentState.CREATED, PaymentState.ASKING)


def command(
    *,
    order_id: UUID,
    member_id: UUID,
    store_id: int,
    delivery: Delivery,
    lines: Sequence[WantedLine],
    address_id: UUID | None = None,
    note: str = "",
    expected_payable_fen: int | None = None,
    coupon_ids: Sequence[UUID] = (),
    points: int = 0,
    wishes: Wishes | None = None,
) -> PlaceOrder:
    """Return what a shopper wants, in checkout's words."""
    return PlaceOrder(
        id=order_id,
        channel=Channel.MALL,
        store_id=store_id,
        delivery=delivery,
        lines=tuple(lines),
        member_id=member_id,
        address_id=address_id,
        note=note,
        expected_payable_fen=expected_payable_fen,
        coupon_ids=tuple(coupon_ids),
        points=points,
        wishes=order_rules.wanted(wishes),
    )


def quote(*, command: PlaceOrder, actor: Actor, now: datetime) -> Quote:
    """Return what the order would cost now, and what would refuse it. Raises ``StoreUnknown``."""
    shops.shop(store_id=command.store_id, tier=None, now=now)
    return checkout.quote(command=command, actor=actor, now=now)


def best_quote(*, command: PlaceOrder, actor: Actor, now: datetime) -> BestQuote:
    """Choose the coupons that save most on the order, and quote it with them.

    Raises ``StoreUnknown``, and ``RateLimited``: trying combinations is dear.
    """

    def ask(coupon_ids: tuple[UUID, ...]) -> Quote:
        return checkout.quote(command=replace(command, coupon_ids=coupon_ids), actor=actor, now=now)

    rate.hit("mall.best_quote", actor.id, BEST_QUOTES_PER_MINUTE, 60, now)
    shops.shop(store_id=command.store_id, tier=None, now=now)
    coupon_ids, found = best_coupons.best_coupons(bare=ask(()), ask=ask)
    return BestQuote(coupon_ids=coupon_ids, saved_fen=best_coupons.saved_fen(found), quote=found)


def place_order(*, command: PlaceOrder, actor: Actor, now: datetime) -> Order:
    """Place a member's order and take what was ordered out of the cart. Raises ``StoreUnknown`` and checkout's."""
    shops.shop(store_id=command.store_id, tier=None, now=now)
    placed = checkout.place_order(command=command, actor=actor, now=now)
    remove_ordered(commands=[command])
    return placed


def remove_ordered(*, commands: Sequence[PlaceOrder]) -> None:
    """Take what was ordered out of the carts of its members, by one statement."""
    if commands:
        change_cart.remove_ordered(commands)


def order(*, order_id: UUID, member_id: UUID) -> Order:
    """Return a member's own order. Raises ``OrderUnknown``, also for somebody else's."""
    found = orders.order(id=order_id)
    if found.member_id != member_id:
        raise OrderUnknown
    return found


def pickup_times(*, store_id: int, now: datetime) -> PickupTimes:
    """Return when goods can be fetched at a store, and what is left of each time. Raises ``StoreUnknown``."""
    store = shops.shop(store_id=store_id, tier=None, now=now).store
    options = fulfilment.way_options(path=organization.settings_path_of(store.unit.path))
    ready_at = fulfilment.ready_at(store=store, options=options, now=now)
    if not store.offers_pickup:
        return PickupTimes(None, ())
    return PickupTimes(ready_at, tuple(fulfilment.pickup_days(store=store, options=options, now=now)))


def orders_of(
    *, member_id: UUID, stage: Stage | None = None, before: tuple[datetime, UUID] | None, limit: int
) -> list[Order]:
    """Return a member's orders of all channels, newest first; ``stage``: only those that stand there for him."""
    if stage is None:
        return orders.of_member(member_id=member_id, before=before, limit=limit)
    ids = fact_queries.ids_that_move(member_id=member_id)
    return orders.at_stage(
        member_id=member_id, stage=stage, moving=ids.moving, asked=ids.asked, before=before, limit=limit
    )


def order_counts(*, member_id: UUID) -> dict[Stage, int]:
    """Return how many of a member's orders stand where."""
    ids = fact_queries.ids_that_move(member_id=member_id)
    return orders.stage_counts(member_id=member_id, moving=ids.moving, asked=ids.asked)


def buy_again(*, order_id: UUID, member_id: UUID, store_id: int, tier: str | None, now: datetime) -> Again:
    """Put what was bought into the cart of a store, so far as it is offered there; gifts are not bought.

    Raises ``OrderUnknown`` and ``StoreUnknown``.
    """
    found = order(order_id=order_id, member_id=member_id)
    shop = shops.shop(store_id=store_id, tier=tier, now=now)
    return again.into_cart(found, member_id=member_id, shop=shop, now=now)


def order_facts(*, orders: Sequence[Order], now: datetime) -> dict[UUID, OrderFacts]:
    """Return what other books say of these orders: parcels, invoices, requests."""
    return fact_queries.of_orders(orders=orders, now=now)


def payments_of(*, order_id: UUID, member_id: UUID) -> list[Payment]:
    """Return the payments of a member's own order, oldest first. Raises ``OrderUnknown``."""
    found = order(order_id=order_id, member_id=member_id)
    return payments.of_orders(order_ids=[found.id]).get(found.id, [])


def start_payment(
    *,
    order_id: UUID,
    member_id: UUID,
    tender: Tender,
    way: str,
    payer_id: str,
    return_path: str = "/mall/",
    client_ip: str,
    actor: Actor,
    now: datetime,
) -> PaymentStarted:
    """Open a payment of a member's own order at a provider. Raises ``OrderUnknown`` and checkout's."""
    order(order_id=order_id, member_id=member_id)
    return checkout.start_payment(
        order_id=order_id,
        tender=tender,
        way=way,
        payer_id=payer_id,
        return_path=return_path,
        client_ip=client_ip,
        actor=actor,
        now=now,
    )


def check_payment(*, order_id: UUID, member_id: UUID, now: datetime) -> list[Payment]:
    """Ask the provider about the open payment of a member's own order, and return all of its payments.

    Raises ``OrderUnknown``, and ``RateLimited`` for an impatient page.
    """
    open_ones = [one for one in payments_of(order_id=order_id, member_id=member_id) if one.state in _LIVE]
    if open_ones:
        rate.hit("mall.payment_check", str(order_id), PAYMENT_CHECKS_PER_MINUTE, 60, now)
        checkout.poll_payment(payment_id=open_ones[-1].id, now=now)
    return payments_of(order_id=order_id, member_id=member_id)


def cancel_order(*, order_id: UUID, member_id: UUID, reason: str, actor: Actor, now: datetime) -> Order:
    """Cancel a member's own order. Raises ``OrderUnknown`` and ``StateConflict``."""
    order(order_id=order_id, member_id=member_id)
    return checkout.cancel_order(order_id=order_id, reason=reason, actor=actor, now=now)


def way_of_new(*, header: Mapping[str, Any]) -> Way:
    """Return what decides the steps of an order just placed, from what was written."""
    return order_rules.way_of_new(header)


def steps(*, way: Way, facts: OrderFacts) -> list[Step]:
    """Return the steps of an order, those to come without a time."""
    return order_rules.steps(way, facts)


def may(*, way: Way, facts: OrderFacts) -> dict[str, bool]:
    """Return what the member can do with the order now."""
    return order_rules.may(way, facts)


def way_of(*, order: Order) -> Way:
    """Return what of an order decides its steps."""
    return order_rules.way_of(order)
