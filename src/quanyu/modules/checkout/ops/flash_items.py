"""What flash sales have to do with orders: who is refused from memory, what an order takes, what is learned from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from quanyu.kernel.problem import Problem
from quanyu.modules.checkout.contracts import PlaceOrder
from quanyu.modules.flash import api as flash
from quanyu.modules.flash.contracts import Wish
from quanyu.modules.orders.contracts import Order


def wish(command: PlaceOrder) -> Wish:
    """Return what a command wants of its items. What was sold elsewhere (a journal line) no sale of today binds."""
    pieces: Counter[int] = Counter()
    for line in command.lines:
        if line.journal is None:
            pieces[line.sku_id] += line.quantity
    return Wish(
        order_id=command.id,
        channel=command.channel.value,
        store_id=command.store_id,
        delivery=command.delivery.value,
        member_id=command.member_id,
        pieces=pieces,
    )


def refusals(commands: Sequence[PlaceOrder], *, now: datetime) -> dict[PlaceOrder, Problem]:
    """Return what is known to speak against commands that do not stand yet: from memory, without a query."""
    found = ((command, flash.refusal(wish=wish(command), now=now)) for command in commands)
    return {command: problem for command, problem in found if problem is not None}


def learn(command: PlaceOrder, problem: Problem | None, *, now: datetime) -> None:
    """Remember how a command that was not refused from memory ended."""
    flash.learn(wish=wish(command), problem=problem, now=now)


def taken(command: PlaceOrder, *, now: datetime) -> list[dict[str, int]]:
    """Return the ``flash`` of a command's order; empty for almost every order."""
    return [msgspec.to_builtins(pieces) for pieces in flash.takes(wish=wish(command), at=now)]


def came_back(order: Order) -> None:
    """The goods of a cancelled order can be sold again: nobody is told *sold out* from this process's memory."""
    flash.came_back(sku_ids={line.sku_id for line in order.lines})


def refused(command: PlaceOrder, answer: Mapping[str, Any], *, now: datetime) -> Problem:
    """Return the refusal for the outcome ``flash``."""
    return flash.refused(wish=wish(command), answer=answer, now=now)
