"""Put a former order into the cart again."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from uuid import UUID

from quanyu.kernel.problem import Problem
from quanyu.modules.mall.contracts import (
    Again,
    AgainLine,
    AgainRefused,
    CartFull,
    CartQuantityTooLarge,
    OfferUnknown,
    Shop,
)
from quanyu.modules.mall.ops import change_cart
from quanyu.modules.mall.queries import offers, settings
from quanyu.modules.orders.contracts import Order
from quanyu.platform import db


def into_cart(order: Order, *, member_id: UUID, shop: Shop, now: datetime) -> Again:
    """Let the cart hold at least what was bought; each line has its own outcome, and a repeat changes nothing."""
    wanted: Counter[int] = Counter()
    names: dict[int, str] = {}
    for line in order.lines:
        if not line.gift_of:
            wanted[line.sku_id] += line.quantity
            names[line.sku_id] = line.name
    offered = offers.offers(shop=shop, sku_ids=list(wanted), now=now)
    store_id = shop.store.unit.id
    limits = settings.of_store(settings.CART_PIECES_MAX.key, settings.CART_LINES_MAX.key, store_id=store_id)
    added: list[AgainLine] = []
    refused: list[AgainRefused] = []
    for sku_id, quantity in wanted.items():
        offer = offered.get(sku_id)
        try:
            if offer is None:
                raise OfferUnknown(field="sku_id")
            most = limits[settings.CART_PIECES_MAX.key] * offer.sku.quantity_scale
            if quantity > most:
                raise CartQuantityTooLarge(field="quantity", most=most)
            db.in_transaction(
                lambda sku_id=sku_id, quantity=quantity: change_cart.hold_at_least(  # type: ignore[misc]
                    member_id=member_id,
                    store_id=store_id,
                    sku_id=sku_id,
                    quantity=quantity,
                    lines_max=limits[settings.CART_LINES_MAX.key],
                    now=now,
                )
            )
        except (OfferUnknown, CartFull, CartQuantityTooLarge) as problem:
            refused.append(_refused(sku_id, names[sku_id], problem))
        else:
            added.append(AgainLine(sku_id, names[sku_id], quantity))
    return Again(tuple(added), tuple(refused))


def _refused(sku_id: int, name: str, problem: Problem) -> AgainRefused:
    return AgainRefused(sku_id=sku_id, name=name, reason=problem.code, text=problem.title, params=problem.params)
