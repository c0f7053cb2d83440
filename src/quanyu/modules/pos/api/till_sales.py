"""Take what a till sold by itself, and give it what it needs to sell alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import NotFound, Problem
from quanyu.modules.checkout import api as checkout
from quanyu.modules.checkout.contracts import PriceChanged
from quanyu.modules.members import api as members
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Order
from quanyu.modules.pos.api import beyond_stock, discounts
from quanyu.modules.pos.api.authority import demand
from quanyu.modules.pos.api.sales import book_goods
from quanyu.modules.pos.contracts import DISCOUNT, SELL, Sale, Till
from quanyu.modules.pos.ops import sell
from quanyu.modules.pos.ops import till_sales as ops
from quanyu.modules.pos.queries import catalogue, rules, till_sales, tills
from quanyu.modules.pos.rules.kept import Differences, TillRules
from quanyu.modules.pos.rules.till_sales import (
    BOOKED,
    ChainBroken,
    MadeSale,
    Taken,
    TillSaleMoved,
    TillSaleUnknown,
    as_facts,
    as_quoted,
    digest,
    from_noted,
    moment_of,
    without_card_numbers,
)
from quanyu.platform import audit, db

# The server is the one in trouble: the till asks again, and nobody need look at the sale.
_OURS = (429, 500, 502, 503, 504)


def take_sale(*, made: MadeSale, till: Till, actor: Actor, now: datetime) -> tuple[Taken, Problem | None]:
    """Book what a till sold, once; what cannot be booked is kept for a person, with the problem.

    First as the server prices it; where that is another amount, with the prices that were paid: a sale that happened
    is a fact, and the console lists it for somebody to look at. The same sale again tries again or gives what became
    of it. Raises ``ChainBroken`` and ``KeyReused`` (nothing was noted), and whatever is the server's own trouble.
    """
    demand(actor, SELL, till)
    if digest(made.content) != made.digest:
        raise ChainBroken(field="digest")
    made = without_card_numbers(made, checkout.is_card_number)
    taken = db.in_transaction(lambda: ops.note(made=made, till=till, now=now))
    if taken.state == BOOKED:
        return taken, None
    return _try(made, taken, till=till, actor=actor, now=now)


def try_again(*, sale_id: UUID, actor: Actor, now: datetime) -> tuple[Taken, Problem | None]:
    """Try to book a sale that is kept, as its till would by sending it again; like :func:`take_sale`.

    For who may work at that till. Raises ``TillSaleUnknown``, and ``TillSaleMoved`` for one that is booked.
    """
    noted, till = _within_reach(sale_id, permission=SELL, actor=actor)
    taken = Taken(**{name: noted[name] for name in Taken.__slots__})
    if taken.state == BOOKED:
        raise TillSaleMoved
    return _try(from_noted(noted), taken, till=till, actor=actor, now=now)


def look_at(*, sale_id: UUID, note: str, actor: Actor, now: datetime) -> None:
    """Write down what somebody found who looked at a sale that cost something else here. Audited.

    For who may allow discounts in that store. Raises ``TillSaleUnknown`` and ``TillSaleMoved``.
    """
    noted, till = _within_reach(sale_id, permission=DISCOUNT, actor=actor)

    def work() -> None:
        ops.look(sale_id=sale_id, staff_id=int(actor.id), note=note, now=now)
        audit.record(
            actor=actor,
            action="pos.till_sale_looked_at",
            subject_kind="order",
            subject_id=noted["number"],
            reason=note,
            detail={"gap_fen": noted["gap_fen"], "payable_fen": noted["payable_fen"]},
            unit_id=till.store_id,
            now=now,
        )

    db.in_transaction(work)


def differences(
    *, till: Till, known: Sequence[str], limit: int, now: datetime, only: Sequence[int] | None = None
) -> Differences:
    """Return what the till must replace in what it keeps; ``known``: its 256 digests, none at first.

    ``only``: the buckets to look at, all of them when it is None.
    """
    return catalogue.differences(store_id=till.store_id, known=known, limit=limit, now=now, only=only)


def till_rules(*, till: Till, now: datetime) -> TillRules:
    """Return what holds at the till besides goods."""
    return rules.of_till(till=till, now=now)


def _of_present_member(made: MadeSale) -> MadeSale:
    """Return the sale with the member who stands for its own now: a till that is cut off knows of no merge.

    Who was erased since has bought as a guest. A repeat of what is booked stays as it was booked.
    """
    if made.member_id is None:
        return made
    known = members.members(ids=[made.member_id]).get(made.member_id)
    return replace(made, member_id=known.id if known is not None and known.is_active else None)


def _try(made: MadeSale, taken: Taken, *, till: Till, actor: Actor, now: datetime) -> tuple[Taken, Problem | None]:
    if not orders.orders(ids=[made.id]):
        made = _of_present_member(made)
    happened_at = moment_of(made, received_at=taken.received_at)
    permit, allowed = discounts.of_made(made=made, till=till, happened_at=happened_at)
    if allowed is not made and orders.orders(ids=[made.id]):
        # It was booked, and the answer was lost: what was allowed then is not judged again.
        allowed = made
    sale, quoted = as_facts(made, happened_at=happened_at), as_quoted(allowed, happened_at=happened_at)
    try:
        order, gap_fen = beyond_stock.selling(
            lambda: _booked(sale, quoted, taken, till=till, actor=actor, now=now),
            sale_id=made.id,
            till=till,
            actor=actor,
            now=now,
        )
    except Problem as problem:
        if problem.status in _OURS:
            raise
        code = problem.code
        db.in_transaction(lambda: ops.keep(sale_id=made.id, problem=code))
        return replace(taken, problem=code), problem

    def work() -> None:
        is_new = ops.book(sale_id=made.id, number=order.number, gap_fen=gap_fen)
        if is_new and any(line.discount_fen or line.rounding_fen for line in permit.lines):
            permit.note(sale=sale, till=till, actor=actor, now=now)

    db.in_transaction(work)
    return replace(taken, state=BOOKED, number=order.number, gap_fen=gap_fen, problem=""), None


def _booked(
    facts: Sale, quoted: Sale, taken: Taken, *, till: Till, actor: Actor, now: datetime
) -> tuple[Order, int | None]:
    """Return the order, and how much more was paid than it would have cost here (``None``: nobody can say)."""
    # What was found before an answer was lost holds: the order may stand already, and has its price then.
    gap_fen = taken.gap_fen
    try:
        return _sold(quoted, till=till, actor=actor, now=now), 0
    except PriceChanged as problem:
        found = (facts.expected_payable_fen or 0) - int(problem.params["payable_fen"])
        db.in_transaction(lambda: ops.price(sale_id=facts.id, gap_fen=found))
        gap_fen = found
    except Problem as problem:
        if problem.status in _OURS:
            raise
    return _sold(facts, till=till, actor=actor, now=now), gap_fen


def _sold(sale: Sale, *, till: Till, actor: Actor, now: datetime) -> Order:
    """Book a sale whose discounts were judged; what is written of them comes with its booking."""
    demand(actor, SELL, till)
    sell.check_people(sale=sale)
    return book_goods(sale=sale, permit=None, till=till, actor=actor, now=now)


def _within_reach(sale_id: UUID, *, permission: str, actor: Actor) -> tuple[dict[str, Any], Till]:
    noted = till_sales.noted(sale_id=sale_id)
    till = tills.by_device(device_id=noted["terminal_id"]) if noted else None
    if noted is None or till is None:
        raise TillSaleUnknown
    try:
        demand(actor, permission, till)
    except NotFound:
        raise TillSaleUnknown from None
    return noted, till
