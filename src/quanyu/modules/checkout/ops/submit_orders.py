"""Take commands of any channel to orders: repeats first, then prices for all of them, then the order path.

Each command has an outcome of its own, and its own actor: one batch may hold orders of tills, shoppers and imports.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from quanyu.kernel.problem import Problem
from quanyu.modules.checkout.contracts import Asked, KeyReused, PlaceOrder
from quanyu.modules.checkout.ops import flash_items, permitted, place_order, price_batch
from quanyu.modules.checkout.ops.place_order import Placed
from quanyu.modules.checkout.ops.price_order import PricedOrder
from quanyu.modules.checkout.rules import commands as command_rules
from quanyu.modules.orders import api as orders

BATCH_MAX = 64


@dataclass(frozen=True, slots=True)
class Submitted:
    """An order that stands, and how it was priced; ``priced`` is ``None`` when it stood before: a repeat."""

    placed: Placed
    priced: PricedOrder | None = None


Outcome = Submitted | Problem


def submit(asked: Sequence[Asked], *, now: datetime) -> list[Outcome]:
    """Place the commands; return for each the order, or the Problem that refused it.

    A repeat of a command gives the standing order whatever has changed since (prices, stock, opening). Equal commands
    of one batch are one order; another command under the same id is refused once the id stands for an order.
    """
    outcomes: list[Outcome | None] = [_refusal(one.command) for one in asked]
    allowed = [place for place, refused in enumerate(outcomes) if refused is None]
    for place, refused in zip(allowed, permitted.refusals_to_place([asked[place] for place in allowed]), strict=True):
        outcomes[place] = refused
    waiting = _without_repeats(asked, outcomes)
    while waiting:
        # Of several commands under one id the first is placed; what the others are depends on its outcome.
        heads = [places[0] for places in waiting]
        _place(asked, heads, outcomes, now=now)
        waiting = [rest for places in waiting if (rest := _after_first(asked, places, outcomes))]
    return [outcome for outcome in outcomes if outcome is not None]


def _refusal(command: PlaceOrder) -> Problem | None:
    """Return what speaks against the command whatever the shop holds and whoever gives it."""
    try:
        command_rules.check(command)
    except Problem as problem:
        return problem
    return None


def _without_repeats(asked: Sequence[Asked], outcomes: list[Outcome | None]) -> list[list[int]]:
    """Settle repeats of orders that stand; return the places of the others, those under one id together."""
    open_places = [place for place, outcome in enumerate(outcomes) if outcome is None]
    ids = {asked[place].command.id for place in open_places}
    standing = orders.command_digests(ids=list(ids)) if ids else {}
    waiting: dict[UUID, list[int]] = defaultdict(list)
    for place in open_places:
        command = asked[place].command
        if command.id not in standing:
            waiting[command.id].append(place)
        elif standing[command.id] == command_rules.digest(command):
            outcomes[place] = Submitted(Placed(command.id, ""))
        else:
            outcomes[place] = KeyReused(field="id")
    return list(waiting.values())


def _place(asked: Sequence[Asked], places: list[int], outcomes: list[Outcome | None], *, now: datetime) -> None:
    """Price and place commands, each under an id of its own."""
    by_command = price_batch.priced([asked[place].command for place in places], now=now)
    priced: list[tuple[int, PricedOrder]] = []
    for place in places:
        one = by_command[asked[place].command]
        if isinstance(one, Problem):
            outcomes[place] = one
        else:
            priced.append((place, one))
    for start in range(0, len(priced), BATCH_MAX):
        batch = priced[start : start + BATCH_MAX]
        placed = place_order.place(
            [one for _, one in batch], actors=[asked[place].actor for place, _ in batch], now=now
        )
        for (place, one), outcome in zip(batch, placed, strict=True):
            outcomes[place] = outcome if isinstance(outcome, Problem) else Submitted(outcome, one)
            flash_items.learn(one.command, outcome if isinstance(outcome, Problem) else None, now=now)


def _after_first(asked: Sequence[Asked], places: list[int], outcomes: list[Outcome | None]) -> list[int]:
    """Settle what the outcome of the first command under an id decides for the others; return those still to place."""
    first, *others = places
    if not others:
        return []
    outcome = outcomes[first]
    digest = command_rules.digest(asked[first].command)
    for place in others:
        if isinstance(outcome, Problem):
            # Refused commands leave nothing: only the very same one is refused with it.
            outcomes[place] = outcome if asked[place] == asked[first] else None
        else:
            same = command_rules.digest(asked[place].command) == digest
            outcomes[place] = outcome if same else KeyReused(field="id")
    return [place for place in others if outcomes[place] is None]
