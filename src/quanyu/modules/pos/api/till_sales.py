"""Take what a till sold by itself, and give it what it needs to sell alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import Problem
from quanyu.modules.checkout.contracts import PriceChanged
from quanyu.modules.orders.contracts import Order
from quanyu.modules.pos.api.authority import demand
from quanyu.modules.pos.api.sales import sell_goods
from quanyu.modules.pos.contracts import SELL, Till
from quanyu.modules.pos.ops import till_sales as ops
from quanyu.modules.pos.queries import catalogue, rules
from quanyu.modules.pos.rules.kept import Differences, TillRules
from quanyu.modules.pos.rules.till_sales import BOOKED, ChainBroken, MadeSale, Taken, as_facts, as_quoted, digest
from quanyu.platform import db

# The server is the one in trouble: the till asks again, and nobody need look at the sale.
_OURS = (429, 500, 502, 503, 504)


def take_sale(*, made: MadeSale, till: Till, actor: Actor, now: datetime) -> tuple[Taken, Problem | None]:
    """Book what a till sold, once; what cannot be booked is kept for a person, with the problem.

    First as the server prices it; where that is another amount, with the prices that were paid: a sale that happened
    is a fact. The same sale again tries again or gives what became of it. Raises ``ChainBroken`` and ``KeyReused``
    (nothing was noted), and whatever is the server's own trouble.
    """
    demand(actor, SELL, till)
    if digest(made.content) != made.digest:
        raise ChainBroken(field="digest")
    taken = db.in_transaction(lambda: ops.note(made=made, till=till, now=now))
    if taken.state == BOOKED:
        return taken, None
    try:
        order, gap_fen = _booked(made, till=till, actor=actor, now=now)
    except Problem as problem:
        if problem.status in _OURS:
            raise
        code = problem.code
        db.in_transaction(lambda: ops.keep(sale_id=made.id, problem=code))
        return replace(taken, problem=code), problem
    db.in_transaction(lambda: ops.book(sale_id=made.id, number=order.number, gap_fen=gap_fen))
    return replace(taken, state=BOOKED, number=order.number, gap_fen=gap_fen, problem=""), None


def differences(*, till: Till, known: Sequence[str], limit: int, now: datetime) -> Differences:
    """Return what the till must replace in what it keeps; ``known``: its 256 digests, none at first."""
    return catalogue.differences(store_id=till.store_id, known=known, limit=limit, now=now)


def till_rules(*, till: Till, now: datetime) -> TillRules:
    """Return what holds at the till besides goods."""
    return rules.of_till(till=till, now=now)


def _booked(made: MadeSale, *, till: Till, actor: Actor, now: datetime) -> tuple[Order, int | None]:
    """Return the order, and how much more was paid than it would have cost here (``None``: nobody can say)."""
    # A till's clock may be wrong; an order of tomorrow would not be in today's figures.
    happened_at = min(made.sold_at, now)
    gap_fen: int | None = 0
    try:
        return sell_goods(sale=as_quoted(made, happened_at=happened_at), till=till, actor=actor, now=now), gap_fen
    except PriceChanged as problem:
        gap_fen = made.payable_fen - int(problem.params["payable_fen"])
    except Problem as problem:
        if problem.status in _OURS:
            raise
        gap_fen = None
    return sell_goods(sale=as_facts(made, happened_at=happened_at), till=till, actor=actor, now=now), gap_fen
