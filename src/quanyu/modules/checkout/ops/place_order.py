"""The one order path: every channel's orders go through here, alone or in batches.

Read and price in Python, then one SQL call places the whole batch in one transaction, set-based
(``checkout_place_orders``): stock, rights, headers, lines, money, events. Coupons, the points account and the stock row
decide; a short order is tried without its short gifts, then at its next source, then refused with what is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import DatabaseError

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import Problem
from quanyu.modules.checkout.contracts import CouponRefused, KeyReused, PlaceOrder, PointsRefused, PriceChanged
from quanyu.modules.checkout.ops import flash_items, wishes
from quanyu.modules.checkout.ops.order_payload import payload
from quanyu.modules.checkout.ops.price_order import PricedOrder, as_known_customer, without_gifts
from quanyu.modules.checkout.rules import commands, rights
from quanyu.modules.inventory.contracts import Shortage, StockShort
from quanyu.modules.orders import api as orders
from quanyu.platform import db, metrics

_TRIES_MAX = 8
_CARE_TRIES_MAX = 5
# What checkout_place_orders raises when an order of the batch stands already.
_STANDS = "QY003"


@dataclass(frozen=True, slots=True)
class Placed:
    """An order that stands. ``payload`` is what was written (``order_payload``), ``owners`` whose stock each line (by
    its number) took. Without a payload it stood before: a repeat, whose number is not known here.
    """

    id: UUID
    number: str = ""
    payload: Mapping[str, Any] | None = None
    owners: Mapping[int, int] = field(default_factory=dict)


Outcome = Placed | Problem


@dataclass(frozen=True, slots=True)
class _Try:
    """An order on its way: its place in the answer, and which of its sources is tried.

    ``order`` is what is tried there: ``whole``, or what is left of it without gifts that are short.
    """

    place: int
    actor: Actor
    whole: PricedOrder
    order: PricedOrder
    source: int = 0

    @property
    def command(self) -> PlaceOrder:
        return self.order.command

    @property
    def location_id(self) -> int:
        return self.order.sources[self.source]


def place(priced: Sequence[PricedOrder], *, actors: Sequence[Actor], now: datetime) -> list[Outcome]:
    """Place priced orders, each for its actor; each has its own outcome: the order, or the Problem that refused it.

    One transaction per round; a round after the first holds only the orders that were short at one source and have
    another, or that go on without a gift. Repeats of known commands give the standing order.
    """
    outcomes: list[Outcome | None] = [_refusal(one) for one in priced]
    given = enumerate(zip(actors, priced, strict=True))
    waiting = [_Try(place, actor, one, one) for place, (actor, one) in given if outcomes[place] is None]
    # Each round settles an order, or takes it to its next source, on without gifts or to its usual price: who is to be
    # looked at again waited for one of these. Many of one member may wait for each other through all of their sources.
    steps = sum((len(one.sources) + 1) * (len(one.price.lines) + 1) for one in priced)
    for _ in range(_TRIES_MAX + steps):
        if not waiting:
            break
        waiting = _round(waiting, outcomes, now=now)
    if waiting:
        raise RuntimeError(f"{len(waiting)} orders of a batch came to no end")
    placed = [outcome for outcome in outcomes if outcome is not None]
    _count(priced, placed)
    return placed


def _refusal(one: PricedOrder) -> Problem | None:
    if one.problems:
        return one.problems[0]
    expected = one.command.expected_payable_fen
    if expected is not None and expected != one.price.payable_fen:
        return PriceChanged(field="expected_payable_fen", payable_fen=one.price.payable_fen, expected_fen=expected)
    try:
        commands.check_tenders(one.command, payable_fen=one.price.payable_fen)
    except Problem as problem:
        return problem
    return None


def _round(waiting: list[_Try], outcomes: list[Outcome | None], *, now: datetime) -> list[_Try]:
    batch = [payload(one.order, source=one.location_id, actor=one.actor, now=now) for one in waiting]
    by_place = _call(batch, now=now)
    answers = [by_place[str(n)] for n in range(len(batch))]
    again: list[_Try] = []
    known = [one.command.id for one, answer in zip(waiting, answers, strict=True) if answer["outcome"] == "known"]
    digests = orders.command_digests(ids=known) if known else {}
    for one, written, answer in zip(waiting, batch, answers, strict=True):
        if answer["outcome"] == "placed":
            outcomes[one.place] = _placed(one, written, answer)
        elif answer["outcome"] == "again":
            again.append(one)
        elif answer["outcome"] == "known":
            outcomes[one.place] = _standing(one.command, digests)
        elif answer["outcome"] == "short":
            outcomes[one.place] = _short(one.order, answer["short"])
            again += _next_try(one, answer["short"])
        elif answer["outcome"] == "bought_before":
            outcomes[one.place], tries = _at_usual_price(one)
            again += tries
        elif answer["outcome"] == "flash":
            outcomes[one.place] = flash_items.refused(one.command, answer, now=now)
        elif answer["outcome"] == "slot":
            outcomes[one.place] = wishes.full()
        else:
            outcomes[one.place] = _rights_refused(one.command, answer)
    return again


def _call(batch: Sequence[Mapping[str, Any]], *, now: datetime) -> dict[str, dict[str, Any]]:
    """Write a batch in one transaction; return the outcomes by their places.

    Whoever submits has looked for orders that stand, so the database looks only when one was in the way after all:
    somebody wrote it meanwhile, or a random pickup code is taken.
    """
    orders_of, lines, tenders = [], [], []
    for n, written in enumerate(batch):
        orders_of.append({"n": n, **written["order"]})
        lines += [{"n": n, **line} for line in written["lines"]]
        tenders += [{"n": n, "nth": nth, **one} for nth, one in enumerate(written["tenders"], start=1)]
    argument = {"now": now, "careful": False, "orders": orders_of, "lines": lines, "tenders": tenders}

    def place_all() -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = db.call_json("checkout_place_orders", argument)
        return found

    for _ in range(_CARE_TRIES_MAX):
        try:
            return db.in_transaction(place_all)
        except DatabaseError as failure:
            if getattr(failure.__cause__, "sqlstate", None) != _STANDS:
                raise
            argument["careful"] = True
    return db.in_transaction(place_all)


def _placed(one: _Try, written: Mapping[str, Any], answer: Mapping[str, Any]) -> Placed:
    owners = {int(line): owner for line, owner in answer["owners"].items()}
    return Placed(one.command.id, answer["number"], written, owners)


def _next_try(one: _Try, short: list[dict[str, Any]]) -> list[_Try]:
    """Return the next try of a short order: here without the gifts that are short, else whole at its next source."""
    missing = {line["sku_id"] for line in short}
    gone = frozenset(line.sku_id for line in one.order.price.lines if line.gift_of and line.sku_id in missing)
    if gone:
        return [replace(one, order=without_gifts(one.order, gone))]
    if one.source + 1 < len(one.whole.sources):
        return [replace(one, order=one.whole, source=one.source + 1)]
    return []


def _at_usual_price(one: _Try) -> tuple[Problem, list[_Try]]:
    """Return the next try of a new customer whose other order came first, and what is said if there is none."""
    whole = as_known_customer(one.whole)
    refusal = _refusal(whole)
    if refusal is not None:
        return refusal, []
    changed = PriceChanged(
        field="expected_payable_fen",
        payable_fen=whole.price.payable_fen,
        expected_fen=one.order.price.payable_fen,
    )
    return changed, [replace(one, whole=whole, order=whole)]


def _rights_refused(command: PlaceOrder, answer: Mapping[str, Any]) -> Problem:
    """Return the refusal of a right that somebody used first, or that ran out between the price and the order."""
    if answer["outcome"] == "coupon":
        coupon_id = UUID(answer["coupon_id"])
        index = command.coupon_ids.index(coupon_id)
        return CouponRefused(field=f"coupon_ids.{index}", coupon_id=str(coupon_id), reason=answer["reason"])
    if answer["outcome"] == "offer":
        numbers = [line.points_offer_id for line in command.lines]
        index = numbers.index(answer["offer_id"])
        return PointsRefused(field=f"lines.{index}.points_offer_id", reason=answer["reason"])
    field = "points" if command.points else "lines"
    return PointsRefused(field=field, reason=rights.POINTS_SHORT)


def _standing(command: PlaceOrder, digests: Mapping[UUID, bytes]) -> Outcome:
    """Return the outcome of a command whose id, or whose till's number, an order has already."""
    digest = digests.get(command.id)
    if digest is None:
        return KeyReused(field="till.seq" if command.till else "id")
    return Placed(command.id) if digest == commands.digest(command) else KeyReused(field="id")


def _short(one: PricedOrder, short: list[dict[str, Any]]) -> StockShort:
    shortages = sorted((msgspec.convert(line, Shortage, strict=False) for line in short), key=lambda s: int(s.line))
    return StockShort(shortages, field=f"lines.{int(shortages[0].line) - 1}.quantity")


def _count(priced: Sequence[PricedOrder], outcomes: Sequence[Outcome]) -> None:
    for one, outcome in zip(priced, outcomes, strict=True):
        if isinstance(outcome, Problem):
            metrics.orders_refused.labels(code=outcome.code).inc()
        else:
            metrics.orders_placed.labels(channel=one.command.channel.value).inc()
