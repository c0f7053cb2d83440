"""Take commands of any channel to orders: repeats first, then one reading of each shop, then the order path."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import Problem
from quanyu.modules.checkout.contracts import KeyReused, PlaceOrder
from quanyu.modules.checkout.ops import permitted, place_order, price_order, read_rights
from quanyu.modules.checkout.ops.price_order import PricedOrder
from quanyu.modules.checkout.rules import commands as command_rules
from quanyu.modules.inventory import api as inventory
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Channel, Delivery

BATCH_MAX = 64


def submit(commands: Sequence[PlaceOrder], *, actor: Actor, now: datetime) -> list[UUID | Problem]:
    """Place the commands; return for each its order id, or the Problem that refused it.

    A repeat of a command gives the standing order whatever has changed since (prices, stock, opening).
    """
    # By command, not by id: two different commands under one id have two outcomes.
    outcomes: dict[PlaceOrder, UUID | Problem] = {}
    standing = orders.command_digests(ids=[command.id for command in commands])
    fresh = []
    for command in dict.fromkeys(commands):
        refusal = _refusal(command, actor=actor)
        if refusal is not None:
            outcomes[command] = refusal
        elif command.id not in standing:
            fresh.append(command)
        elif standing[command.id] == command_rules.digest(command):
            outcomes[command] = command.id
        else:
            outcomes[command] = KeyReused(field="id")
    priced = _priced(fresh, outcomes, now=now)
    for start in range(0, len(priced), BATCH_MAX):
        batch = priced[start : start + BATCH_MAX]
        placed = place_order.place(batch, actors=[actor] * len(batch), now=now)
        for one, outcome in zip(batch, placed, strict=True):
            outcomes[one.command] = outcome.id if isinstance(outcome, place_order.Placed) else outcome
    return [outcomes[command] for command in commands]


def _refusal(command: PlaceOrder, *, actor: Actor) -> Problem | None:
    """Return what speaks against the command whatever the shop holds: who gives it, and what it says."""
    try:
        command_rules.check(command)
    except Problem as problem:
        return problem
    return permitted.refusal_to_place(command, actor=actor)


def _priced(
    batch: Sequence[PlaceOrder], outcomes: dict[PlaceOrder, UUID | Problem], *, now: datetime
) -> list[PricedOrder]:
    """Price commands, reading each (store, channel, delivery, tier) once; refusals go to ``outcomes``."""
    rights = read_rights.read(batch, at=now)
    groups: dict[tuple[int, Channel, Delivery, str | None], list[PlaceOrder]] = defaultdict(list)
    for command in batch:
        tier = rights.tier_of(command.member_id)
        groups[command.store_id, command.channel, command.delivery, tier].append(command)
    priced = []
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
                priced.append(_with_likely_sources(one, now=now))
            except Problem as problem:
                outcomes[command] = problem
    return priced


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
