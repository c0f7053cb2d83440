"""Price a batch of commands: what they need is read once for all of them, then each is priced by itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from quanyu.kernel.problem import Problem
from quanyu.modules.checkout.contracts import PlaceOrder
from quanyu.modules.checkout.ops import price_order, read_rights
from quanyu.modules.checkout.ops.price_order import PricedOrder
from quanyu.modules.inventory import api as inventory
from quanyu.modules.orders.contracts import Channel, Delivery


def priced(commands: Sequence[PlaceOrder], *, now: datetime) -> dict[PlaceOrder, PricedOrder | Problem]:
    """Price commands; each has its own outcome: the priced order, or the Problem that no shop could price.

    What speaks against an order that has a price stands in its ``problems``.
    """
    rights = read_rights.read(commands, at=now)
    groups: dict[tuple[int, Channel, Delivery, str | None], list[PlaceOrder]] = defaultdict(list)
    for command in commands:
        tier = rights.tier_of(command.member_id)
        groups[command.store_id, command.channel, command.delivery, tier].append(command)
    outcomes: dict[PlaceOrder, PricedOrder | Problem] = {}
    for (store_id, channel, delivery, tier), group in groups.items():
        try:
            shop = price_order.read_shop(
                store=price_order.open_store(store_id, at=now),
                channel=channel,
                delivery=delivery,
                tier=tier,
                commands=group,
                coupons=[coupon for command in group for coupon in rights.coupons_of(command)],
                at=now,
            )
        except Problem as problem:
            outcomes.update((command, problem) for command in group)
            continue
        for command in group:
            try:
                one = price_order.price(command, shop=shop, rights=rights, at=now)
                outcomes[command] = _with_likely_sources(one, now=now)
            except Problem as problem:
                outcomes[command] = problem
    return outcomes


def _with_likely_sources(one: PricedOrder, *, now: datetime) -> PricedOrder:
    """Leave only the sources that seem to have everything, so that an order is not tried everywhere in vain.

    A look, not a promise: placing decides. When none seems to have it all, the store is asked and says what it lacks.
    """
    if len(one.sources) == 1:
        return one
    available = inventory.availability(
        sku_ids=[line.sku_id for line in one.command.lines],
        location_ids=list(one.sources),
        channel=one.command.channel.value,
        seller_owner_id=one.shop.store.owner_id,
        now=now,
    )
    wanted: Counter[int] = Counter()
    for line in one.command.lines:
        wanted[line.sku_id] += line.quantity
    likely = tuple(
        location_id
        for location_id in one.sources
        if all(available.get((location_id, sku_id), 0) >= quantity for sku_id, quantity in wanted.items())
    )
    return replace(one, sources=likely or one.sources[:1])
