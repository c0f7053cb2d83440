"""Take commands of any channel to orders: repeats first, then one reading of each shop, then the order path."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import Problem
from quanyu.modules.checkout.contracts import KeyReused, PlaceOrder
from quanyu.modules.checkout.ops import permitted, place_order, price_batch
from quanyu.modules.checkout.rules import commands as command_rules
from quanyu.modules.orders import api as orders

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
    priced = []
    for command, one in price_batch.priced(fresh, now=now).items():
        if isinstance(one, Problem):
            outcomes[command] = one
        else:
            priced.append(one)
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
