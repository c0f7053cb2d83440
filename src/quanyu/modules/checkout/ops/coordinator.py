"""The coordinator: every channel's orders of this process gather here, and those that wait are placed together.

One transaction is flushed to disk for all orders of a batch, so the more come, the less each costs; a lone order
waits for nobody (``platform.gather``). Each is answered after the commit, with its own outcome.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import OperationalError

from quanyu.kernel.problem import Problem
from quanyu.modules.checkout.contracts import Asked, Ending, NewOrder, OrderWay
from quanyu.modules.checkout.ops import submit_orders
from quanyu.modules.checkout.ops.submit_orders import Outcome
from quanyu.platform import db
from quanyu.platform.gather import Gatherer

# Orders asked within this time are placed as of the moment of the last of them; others keep their own.
_SAME_MOMENT = timedelta(seconds=1)
# Batches hold rows for some milliseconds. Who holds one for a second is no batch, and may hold it for half a minute.
_LOCK_WAIT_MS, _HELD_WAIT_MS, _HELD_S = 1_000, 100, 5.0
_held_until = 0.0


@dataclass(frozen=True, slots=True)
class Item:
    """An order on its way: what its channel knows of it, and the moment at which it was asked."""

    way: OrderWay
    asked: Any
    at: datetime


class _Bare:
    """The way of a command that needs nothing around it."""

    def begin(self, items: Sequence[Any]) -> list[Asked | Exception]:
        return list(items)

    def end(self, items: Sequence[Any], endings: Sequence[Ending]) -> list[Any]:
        del items
        return list(endings)


BARE = _Bare()


def place_together(items: list[Item]) -> list[Any]:
    """Place orders of any channels; return what each way answers, or the exception that concerns one of them."""
    results: list[Any] = [None] * len(items)
    ways: dict[int, list[int]] = {}
    for place, item in enumerate(items):
        ways.setdefault(id(item.way), []).append(place)
    commands: dict[int, Asked] = {}
    for places in ways.values():
        begun = items[places[0]].way.begin([items[place].asked for place in places])
        for place, one in zip(places, begun, strict=True):
            if isinstance(one, Asked):
                commands[place] = one
            else:
                results[place] = one
    endings: dict[int, Ending] = {}
    for now, places in _moments(items, list(commands)):
        outcomes = _submitted([commands[place] for place in places], now=now)
        endings.update(zip(places, map(_ending, outcomes), strict=True))
    for places in ways.values():
        ended = [place for place in places if place in endings]
        if ended:
            way = items[ended[0]].way
            answers = way.end([items[place].asked for place in ended], [endings[place] for place in ended])
            for place, answer in zip(ended, answers, strict=True):
                results[place] = answer
    return results


def _submitted(commands: Sequence[Asked], *, now: datetime) -> list[Outcome]:
    """Place commands in one transaction. A row that somebody sits on is not waited for long: others wait behind.

    Whoever needs it is told to come again; once one was met, the halves of the batch wait no longer than a moment.
    """
    global _held_until
    met = time.monotonic() < _held_until
    try:
        with db.lock_waits(ms_max=_HELD_WAIT_MS if met else _LOCK_WAIT_MS):
            return submit_orders.submit(commands, now=now)
    except OperationalError as failure:
        if db.is_lock_refused(failure):
            _held_until = time.monotonic() + _HELD_S
        raise


def _moments(items: Sequence[Item], places: list[int]) -> list[tuple[datetime, list[int]]]:
    """Put orders that were asked at nearly the same time together, with the moment at which they are placed."""
    groups: list[tuple[datetime, list[int]]] = []
    for place in sorted(places, key=lambda place: items[place].at):
        at = items[place].at
        if groups and at - items[groups[-1][1][0]].at < _SAME_MOMENT:
            groups[-1] = at, [*groups[-1][1], place]
        else:
            groups.append((at, [place]))
    return groups


def _ending(outcome: Outcome) -> Ending:
    if isinstance(outcome, Problem):
        return outcome
    placed, priced = outcome.placed, outcome.priced
    if priced is None or placed.payload is None:
        return placed.id
    return NewOrder(
        id=placed.id,
        number=placed.number,
        header=placed.payload["order"],
        lines=placed.payload["lines"],
        tenders=placed.payload["tenders"],
        skus=priced.shop.skus,
        store=priced.shop.store,
        wishes=priced.command.wishes,
    )


orders: Gatherer[Item, Any] = Gatherer(
    "checkout",
    place_together,
    most=settings.CONFIG.orders_together,
    waiting=settings.CONFIG.orders_waiting,
    threads=settings.CONFIG.orders_in_flight,
)
