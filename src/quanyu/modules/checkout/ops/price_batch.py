"""Price a batch of commands: what they need is read once for all of them, then each is priced by itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from quanyu.kernel.problem import Problem
from quanyu.modules.checkout.contracts import PlaceOrder
from quanyu.modules.checkout.ops import flash_items, price_order, wishes
from quanyu.modules.checkout.ops.price_order import PricedOrder, Shop
from quanyu.modules.checkout.ops.read_rights import Rights
from quanyu.modules.checkout.ops.read_shops import Shops
from quanyu.modules.inventory import api as inventory
from quanyu.modules.inventory.contracts import Asked
from quanyu.modules.orders.contracts import Channel, Delivery

Outcomes = dict[PlaceOrder, PricedOrder | Problem]


def priced(commands: Sequence[PlaceOrder], *, now: datetime) -> Outcomes:
    """Price commands of any stores; each has its own outcome: the priced order, or why no shop could price it.

    What speaks against an order that has a price stands in its ``problems``. One statement while nothing kept in memory
    has changed, two otherwise; one more for orders that could come from several places.
    """
    if not commands:
        return {}
    shops = Shops(commands, at=now)
    outcomes: Outcomes = {**flash_items.refusals(commands, now=now)}
    commands = [command for command in commands if command not in outcomes]
    if not commands:
        return outcomes
    shops.complete()
    rights = shops.rights
    groups: dict[tuple[int, Channel, Delivery, str | None], list[PlaceOrder]] = defaultdict(list)
    for command in commands:
        groups[command.store_id, command.channel, command.delivery, rights.tier_of(command.member_id)].append(command)
    for (_, channel, delivery, tier), group in groups.items():
        coupons = [coupon for command in group for coupon in rights.coupons_of(command)]
        try:
            shop = shops.shop(group, channel=channel, delivery=delivery, tier=tier, coupons=coupons)
        except Problem as problem:
            outcomes.update((command, problem) for command in group)
            for command in group:
                flash_items.learn(command, problem, now=now)
            continue
        for command in group:
            try:
                outcomes[command] = _priced(command, shop=shop, rights=rights, now=now)
            except Problem as problem:
                outcomes[command] = problem
                flash_items.learn(command, problem, now=now)
    _leave_likely_sources(outcomes, now=now)
    return outcomes


def _priced(command: PlaceOrder, *, shop: Shop, rights: Rights, now: datetime) -> PricedOrder:
    one = price_order.price(command, shop=shop, rights=rights, at=now)
    asks = command.wishes is not None or command.is_brought_home
    against = wishes.refusals(command, shop=shop, at=now) if asks else None
    return replace(one, problems=(*one.problems, *against)) if against else one


def _leave_likely_sources(outcomes: Outcomes, *, now: datetime) -> None:
    """Leave only the sources that seem to have everything, so that an order is not tried everywhere in vain.

    A look, not a promise: placing decides. When none seems to have it all, the store is asked and says what it lacks.
    """
    spread = [one for one in outcomes.values() if isinstance(one, PricedOrder) and len(one.sources) > 1]
    if not spread:
        return
    asked = [
        Asked(
            sku_ids=tuple(sorted({line.sku_id for line in one.command.lines})),
            location_ids=one.sources,
            seller_owner_id=one.shop.store.owner_id,
            channel=one.command.channel.value,
        )
        for one in spread
    ]
    for one, available in zip(spread, inventory.availabilities(asked=asked, now=now), strict=True):
        likely = _likely(one, available)
        if likely != one.sources:
            outcomes[one.command] = replace(one, sources=likely)


def _likely(one: PricedOrder, available: Mapping[tuple[int, int], int]) -> tuple[int, ...]:
    wanted: Counter[int] = Counter()
    for line in one.command.lines:
        wanted[line.sku_id] += line.quantity
    likely = tuple(
        location_id
        for location_id in one.sources
        if all(available.get((location_id, sku_id), 0) >= quantity for sku_id, quantity in wanted.items())
    )
    return likely or one.sources[:1]
