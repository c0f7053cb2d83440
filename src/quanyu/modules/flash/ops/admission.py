"""The admission of this process: which sales bind, who may try, what is known to be sold out.

All of it is memory: losing it costs a few questions to the database, which alone decides. The coordinator of orders
posts the board that its reading proved, asks ``refusal`` and ``takes`` for each order, and says ``learn`` after; the
door of a channel calls ``admit`` around the whole.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from quanyu.kernel.problem import Problem
from quanyu.modules.flash.contracts import (
    LimitReached,
    MembersOnly,
    NotStarted,
    OneAtATime,
    Pieces,
    QueueFull,
    Sale,
    SaleOver,
    SoldOut,
    TooManyTries,
    Waiting,
    Wish,
)
from quanyu.modules.flash.rules.board import Board
from quanyu.modules.flash.rules.gate import ONE_AT_A_TIME, QUEUE_FULL, TOO_MANY_TRIES, Gate, Limits
from quanyu.modules.inventory.contracts import StockShort
from quanyu.platform import db, rate

_WAITING: Final[Mapping[str, type[Waiting]]] = {
    ONE_AT_A_TIME: OneAtATime,
    QUEUE_FULL: QueueFull,
    TOO_MANY_TRIES: TooManyTries,
}
_COUNTED_S = 3.0


@dataclass(slots=True)
class Admission:
    """The admission of one process; tests make their own."""

    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], float] = time.monotonic
    board: Board = field(default_factory=Board)
    _gate: Gate = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _refused: Counter[tuple[int, str]] = field(default_factory=Counter)
    _counted_at_s: float = 0.0

    def __post_init__(self) -> None:
        self._gate = Gate(self.limits)

    def post(self, board: Board) -> None:
        """Take the sales that a reading has just found or proven."""
        self.board = board
        if self._refused and self.clock() - self._counted_at_s > _COUNTED_S:
            self.write_down()

    @contextmanager
    def admit(self, wish: Wish, *, household: str | None, now: datetime) -> Iterator[None]:
        """Let a try in for the time of the block, when its item is on the board. Raises ``Waiting`` (429) at once."""
        binding = self.board.binding(wish, now)
        if not binding:
            yield
            return
        sale_ids = [sale.id for sale in binding]
        member: Hashable = wish.member_id or wish.order_id
        with self._lock:
            refused = self._gate.enter(
                sale_ids, member=member, household=household and rate.household(household), now_s=self.clock()
            )
        if refused is not None:
            self._count(sale_ids, refused.code)
            raise _WAITING[refused.code](retry_after_s=refused.retry_after_s)
        try:
            yield
        finally:
            with self._lock:
                self._gate.leave(sale_ids, member=member)

    def refusal(self, wish: Wish, *, now: datetime) -> Problem | None:
        """Return what is known to speak against an order that does not stand yet, from memory."""
        for sale in self.board.binding(wish, now):
            problem = self._refusal(sale, wish, now=now)
            if problem is not None:
                self._count([sale.id], problem.code)
                return problem
        return None

    def takes(self, wish: Wish, *, at: datetime) -> tuple[Pieces, ...]:
        """Return what an order takes of the sales that bind it, for ``flash_take``."""
        return tuple(Pieces(sale.id, wish.pieces[sale.sku_id]) for sale in self.board.binding(wish, at))

    def learn(self, wish: Wish, problem: Problem | None, *, now: datetime) -> None:
        """Remember what the database said: sold (``None``), sold out, or what tells nothing about the stock."""
        binding = self.board.binding(wish, now)
        if not binding:
            return
        now_s = self.clock()
        with self._lock:
            for sale in binding:
                quantity = wish.pieces[sale.sku_id]
                for key in _keys(sale, wish):
                    if problem is None:
                        self._gate.open(key)
                    elif key == _gone_key(sale, wish, problem):
                        self._gate.close(key, quantity, now_s=now_s)
                    else:
                        self._gate.look_again(key)
        if problem is not None:
            self._count([sale.id for sale in binding], SoldOut.code if _is_short(problem) else problem.code)

    def came_back(self, sku_ids: Iterable[int]) -> None:
        """Pieces of these SKUs can be sold again: nobody is told *sold out* from memory."""
        with self._lock:
            for sku_id in sku_ids:
                for one in self.board.posted.get(sku_id, ()):
                    self._gate.open_all(one.sale.id)

    def write_down(self) -> None:
        """Add the refused tries of this process to those of all."""
        counted, self._refused = self._refused, Counter()
        self._counted_at_s = self.clock()
        if counted:
            db.execute(
                "INSERT INTO flash_refusal AS kept (sale_id, code, tries) "
                "SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) ORDER BY 1, 2 "
                "ON CONFLICT (sale_id, code) DO UPDATE SET tries = kept.tries + excluded.tries",
                [[sale_id for sale_id, _ in counted], [code for _, code in counted], list(counted.values())],
            )

    def _refusal(self, sale: Sale, wish: Wish, *, now: datetime) -> Problem | None:
        if now < sale.starts_at:
            return NotStarted(field=_field(wish, sale), sale_id=sale.id, starts_at=sale.starts_at.isoformat())
        if wish.member_id is None:
            return MembersOnly(field="member_id", sale_id=sale.id)
        quantity = wish.pieces[sale.sku_id]
        if quantity > sale.per_member_limit:
            limit = sale.per_member_limit
            return LimitReached(field=_field(wish, sale), sale_id=sale.id, limit=limit, left=limit)
        with self._lock:
            now_s = self.clock()
            closed = any(self._gate.is_closed(key, quantity, now_s=now_s) for key in _keys(sale, wish))
        return SoldOut(field=_field(wish, sale), sale_id=sale.id) if closed else None

    def _count(self, sale_ids: Iterable[int], code: str) -> None:
        with self._lock:
            self._refused.update((sale_id, code) for sale_id in sale_ids)


def refused_by_database(wish: Wish, answer: Mapping[str, Any], *, board: Board, now: datetime) -> Problem:
    """Return the refusal of an order that ``flash_take`` refused."""
    sale_id, left = answer["sale_id"], answer.get("left") or 0
    sale = next((sale for sale in board.binding(wish, now) if sale.id == sale_id), None)
    field_name = _field(wish, sale) if sale else None
    match answer["reason"]:
        case "limit_reached":
            limit = sale.per_member_limit if sale else left
            return LimitReached(field=field_name, sale_id=sale_id, limit=limit, left=left)
        case "sold_out":
            return SoldOut(field=field_name, sale_id=sale_id)
        case "members_only":
            return MembersOnly(field="member_id", sale_id=sale_id)
        case "not_started":
            starts_at = sale.starts_at.isoformat() if sale else ""
            return NotStarted(field=field_name, sale_id=sale_id, starts_at=starts_at)
        case _:
            return SaleOver(field=field_name, sale_id=sale_id)


def _keys(sale: Sale, wish: Wish) -> tuple[Hashable, ...]:
    """Return under what an order may be known to be sold out: the sale in all, and the stock that it would take."""
    return ((sale.id,), (sale.id, wish.store_id, wish.delivery))


def _gone_key(sale: Sale, wish: Wish, problem: Problem) -> Hashable | None:
    """Return under which key a refusal says that pieces of this sale are gone."""
    if isinstance(problem, SoldOut) and problem.params.get("sale_id") == sale.id:
        return (sale.id,)
    if isinstance(problem, StockShort) and any(short.sku_id == sale.sku_id for short in problem.shortages):
        return (sale.id, wish.store_id, wish.delivery)
    return None


def _is_short(problem: Problem) -> bool:
    return isinstance(problem, StockShort)


def _field(wish: Wish, sale: Sale) -> str | None:
    """Return the field of the line: its place among the lines of the order, when the wish knows them in their order."""
    places = list(wish.pieces)
    return f"lines.{places.index(sale.sku_id)}.sku_id" if sale.sku_id in wish.pieces else None
