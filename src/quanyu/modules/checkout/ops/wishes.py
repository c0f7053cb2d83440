"""What an order wishes beside its goods, what its store promises, and what speaks against either."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanyu.kernel import geo
from quanyu.kernel.problem import Problem
from quanyu.modules.checkout.contracts import (
    GiftNotOffered,
    HomeTimeGone,
    PickupSlotFull,
    PickupSlotGone,
    PlaceOrder,
    QuotedWay,
    WishInvalid,
)
from quanyu.modules.checkout.ops.price_order import PricedOrder, Shop
from quanyu.modules.fulfilment import api as fulfilment
from quanyu.modules.orders.contracts import Channel, Delivery

_CARD_MAX, _SENDER_MAX = 120, 20
_SLOT_FIELD = "wishes.pickup_from"


def refusals(command: PlaceOrder, *, shop: Shop, at: datetime) -> list[Problem]:
    """Return what speaks against the wishes of a command in its shop, whatever others have ordered."""
    wishes = command.wishes
    if wishes is None:
        return [HomeTimeGone(field=_SLOT_FIELD)] if command.is_brought_home else []
    problems: list[Problem] = []
    start, end = wishes.pickup_from, wishes.pickup_until
    if command.is_brought_home:
        if start is None or end is None or not _brought(start, end, shop=shop, at=at):
            problems.append(HomeTimeGone(field=_SLOT_FIELD))
    elif (start is None) != (end is None) or (start is not None and command.delivery is not Delivery.PICKUP):
        problems.append(WishInvalid(field=_SLOT_FIELD))
    elif start is not None and end is not None and not _offered(start, end, shop=shop, at=at):
        problems.append(PickupSlotGone(field=_SLOT_FIELD))
    gift = wishes.gift
    # What a till wrapped while it was alone is wrapped, whatever the store offers now.
    if gift is not None and gift.wrap and command.happened_at is None and not shop.options.wraps_gifts:
        problems.append(GiftNotOffered(field="wishes.gift.wrap"))
    if gift is not None and (len(gift.card) > _CARD_MAX or len(gift.sender) > _SENDER_MAX):
        problems.append(WishInvalid(field="wishes.gift.card"))
    return problems


def _offered(start: datetime, end: datetime, *, shop: Shop, at: datetime) -> bool:
    return fulfilment.has_slot(store=shop.store, starts_at=start, ends_at=end, options=shop.options.way, now=at)


def _brought(start: datetime, end: datetime, *, shop: Shop, at: datetime) -> bool:
    return fulfilment.has_home_time(store=shop.store, starts_at=start, ends_at=end, options=shop.options.way, now=at)


def seems_full(command: PlaceOrder, *, shop: Shop) -> bool:
    """Tell whether the pickup time seems to be taken: for a quote; placing the order decides."""
    wishes = command.wishes
    if wishes is None or wishes.pickup_from is None or wishes.pickup_until is None or command.is_brought_home:
        return False
    return fulfilment.is_full(
        store_id=command.store_id,
        starts_at=wishes.pickup_from,
        ends_at=wishes.pickup_until,
        capacity=shop.options.way.slot_capacity,
    )


def full() -> Problem:
    """Return the refusal of an order whose pickup time is taken."""
    return PickupSlotFull(field=_SLOT_FIELD)


def slot(one: PricedOrder) -> dict[str, Any] | None:
    """Return the pickup time that an order takes a place in; ``None``: none, or as many as like fetch theirs in it."""
    wishes, capacity = one.command.wishes, one.shop.options.way.slot_capacity
    if wishes is None or wishes.pickup_from is None or not capacity or one.command.is_brought_home:
        return None
    return {"starts_at": wishes.pickup_from, "ends_at": wishes.pickup_until, "capacity": capacity}


def promised_at(command: PlaceOrder, *, shop: Shop, at: datetime) -> datetime | None:
    """Return when goods are promised to be there: to shoppers on the phone, and by a till that does not hand out."""
    if command.channel not in (Channel.MALL, Channel.POS) or command.happened_at is not None:
        return None
    if command.is_brought_home:
        return command.wishes.pickup_until if command.wishes else None
    return fulfilment.promised_at(
        delivery=command.delivery, store=shop.store, wishes=command.wishes, options=shop.options.way, now=at
    )


def quoted_way(one: PricedOrder, *, at: datetime) -> QuotedWay:
    """Return how and when the goods of a priced order would come, and what is missing for free freight."""
    command, shop, address = one.command, one.shop, one.address
    distance = None
    if address is not None and address.longitude is not None and address.latitude is not None:
        distance = geo.distance_m(
            longitude=shop.store.longitude,
            latitude=shop.store.latitude,
            to_longitude=address.longitude,
            to_latitude=address.latitude,
        )
    fetched = command.delivery in (Delivery.PICKUP, Delivery.IN_STORE)
    free_from = shop.options.free_from_fen.get(command.delivery)
    counted = sum(line.net_fen + line.points_fen for line in one.price.lines)
    return QuotedWay(
        promised_at=promised_at(command, shop=shop, at=at),
        ready_at=fulfilment.ready_at(store=shop.store, options=shop.options.way, now=at) if fetched else None,
        distance_m=distance,
        free_from_fen=free_from,
        missing_for_free_fen=None
        if free_from is None
        else 0
        if one.price.freight_fen == 0
        else max(0, free_from - counted),
    )
