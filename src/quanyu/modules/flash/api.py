"""The door of flash sales: announce and stop them, admit tries, judge orders, show what runs.

A channel's door wraps an order in ``admit``; the coordinator of orders calls ``want_sales``, ``post_sales``,
``refusal``, ``takes`` and ``learn``. The SQL doors ``flash_take``, ``flash_give_back`` and ``flash_take_again`` belong
into the transaction that moves the order: after rights, before stock. Everything but the SQL doors is memory of this
process.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.kernel.problem import Problem
from quanyu.modules.flash.contracts import Figures, Pieces, Sale, SaleAtStore, Wish
from quanyu.modules.flash.ops import admission as _admission_ops
from quanyu.modules.flash.ops import announce_sale as _announce_sale
from quanyu.modules.flash.ops import follow_merges as _follow_merges
from quanyu.modules.flash.queries import kept as _kept
from quanyu.modules.flash.queries import sales as _sales
from quanyu.modules.flash.queries import settings as _settings
from quanyu.modules.flash.rules.board import Board
from quanyu.modules.identity import api as _identity
from quanyu.modules.members.contracts import DataHolder, MergeFollower
from quanyu.modules.organization import api as _organization
from quanyu.platform import db
from quanyu.platform.marks import Reading, day_of

EDIT = "flash.edit"
VIEW = "flash.view"

UnpaidSource = Callable[[Sequence[UUID]], Iterable[UUID]]

_admission = _admission_ops.Admission()
_unpaid_source: list[UnpaidSource] = []


def announce(
    *,
    sku_id: int,
    starts_at: datetime,
    ends_at: datetime,
    per_member_limit: int,
    units_total: int | None = None,
    unit_ids: Collection[int] = (),
    channels: Collection[str] | None = None,
    closed_from: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> Sale:
    """Announce a flash sale of a SKU, everywhere unless units are named. Audited.

    ``channels`` ``None``: the mall, and the till when the setting says so. ``closed_from``: from when on it is not sold
    there before the start; ``None``: from now. Raises ``Forbidden``, ``SaleInvalid``, ``SaleOverlaps``.
    """
    _demand_at(unit_ids, actor=actor)
    bound = channels if channels is not None else default_channels()
    return db.in_transaction(
        lambda: _announce_sale.announce(
            sku_id=sku_id,
            unit_ids=unit_ids,
            channels=bound,
            closed_from=min(closed_from or now, starts_at),
            starts_at=starts_at,
            ends_at=ends_at,
            per_member_limit=per_member_limit,
            units_total=units_total,
            actor=actor,
            now=now,
        )
    )


def stop(*, sale_id: int, reason: str, actor: Actor, now: datetime) -> Sale:
    """End a flash sale before its time. Raises ``Forbidden``, ``SaleUnknown``, ``SaleEnded``. Audited."""
    _demand_at(_sales.sale(sale_id).unit_ids, actor=actor)
    return db.in_transaction(lambda: _announce_sale.stop(sale_id=sale_id, reason=reason, actor=actor, now=now))


def default_channels() -> tuple[str, ...]:
    """Return the channels that a new sale binds."""
    return ("mall", "pos") if _settings.binds_till() else ("mall",)


def admit(*, wish: Wish, household: str | None, now: datetime) -> AbstractContextManager[None]:
    """Let a try in for the time of the block: before anything that costs. No query, never waits.

    ``household``: the caller's address. For an item under sale raises ``OneAtATime``, ``QueueFull``, ``TooManyTries``
    (429, Retry-After); any other item passes.
    """
    return _admission.admit(wish, household=household, now=now)


def want_sales(*, reading: Reading, at: datetime) -> None:
    """Ask a batch's reading for the sales that run or are to come; no query while none was announced or stopped."""
    reading.want(_kept.BOARD, [day_of(at)])


def post_sales(*, reading: Reading, at: datetime) -> None:
    """Let this process go by the sales of a reading that was asked; before ``refusal`` and ``takes``."""
    _admission.post(reading.of(_kept.BOARD)[day_of(at)] or Board())


def refusal(*, wish: Wish, now: datetime) -> Problem | None:
    """Return what speaks against an order that is not known yet, from memory: not started, sold out, above the limit.

    Not for repeats of an order that stands. When something is sold out, now and then one order passes to look again.
    """
    return _admission.refusal(wish, now=now)


def takes(*, wish: Wish, at: datetime) -> tuple[Pieces, ...]:
    """Return what an order takes of flash sales: the ``flash`` of its element in the batch."""
    return _admission.takes(wish, at=at)


def learn(*, wish: Wish, problem: Problem | None, now: datetime) -> None:
    """Remember how an order that passed ``refusal`` ended: placed (``None``) or refused. Never what memory refused."""
    _admission.learn(wish, problem, now=now)


def refused(*, wish: Wish, answer: Mapping[str, Any], now: datetime) -> Problem:
    """Return the refusal for the outcome ``flash`` of an order."""
    return _admission_ops.refused_by_database(wish, answer, board=_admission.board, now=now)


def came_back(*, sku_ids: Iterable[int]) -> None:
    """Pieces of these SKUs can be sold again (an order was cancelled, goods arrived): ask the database again."""
    _admission.came_back(sku_ids)


def at_store(*, store_id: int, channel: str, now: datetime) -> list[SaleAtStore]:
    """Return the sales that run or are to come at a store, the first to start first. Two queries."""
    reading = Reading()
    want_sales(reading=reading, at=now)
    reading.read()
    post_sales(reading=reading, at=now)
    fresh = {sale.id: sale for sale in _sales.coming(at=now)}
    found = (fresh.get(sale.id) for sale in _admission.board.at_store(store_id, channel))
    return [
        SaleAtStore(
            sale=sale,
            state=sale.state(now),
            sold_out=sale.units_total is not None and sale.taken >= sale.units_total,
            left=None if sale.units_total is None else max(0, sale.units_total - sale.taken),
        )
        for sale in found
        if sale is not None
    ]


def had_by_member(*, member_id: UUID, sale_ids: Collection[int]) -> dict[int, int]:
    """Return how many pieces a member has of sales, by id. One query."""
    return _sales.had_by_member(member_id=member_id, sale_ids=sale_ids)


def sale(*, sale_id: int) -> Sale:
    """Return one sale. Raises ``SaleUnknown``."""
    return _sales.sale(sale_id)


def figures(*, sale_ids: Collection[int]) -> dict[int, Figures]:
    """Return what sales did so far; refused tries of other processes are a few seconds late. Two queries."""
    _admission.write_down()
    return _sales.figures(sale_ids=sale_ids)


def use_unpaid_source(*, source: UnpaidSource) -> None:
    """Set who tells which of some orders wait for payment; entrypoints do, for orders stand above this module."""
    _unpaid_source.append(source)
    del _unpaid_source[:-1]


def unpaid(*, sale_id: int) -> int:
    """Return how many pieces of a sale stand in orders that wait for payment."""
    held = _sales.pieces_by_order(sale_id)
    waiting = _unpaid_source[-1](list(held)) if _unpaid_source and held else ()
    return sum(held[order_id] for order_id in waiting)


def merge_follower() -> MergeFollower:
    """Return what moves takings with merged member files; entrypoints register it with ``members``."""
    return _follow_merges.Follower()


def data_holder() -> DataHolder:
    """Return what hands out what is kept of a member; entrypoints register it with ``members``."""
    return _follow_merges.Holder()


def _demand_at(unit_ids: Collection[int], *, actor: Actor) -> None:
    """Raise unless the actor may edit flash sales at every one of the units; everywhere, when there is none."""
    for unit_id in unit_ids or {_organization.enterprise().id}:
        _identity.require(actor=actor, permission=EDIT, unit_id=unit_id)
