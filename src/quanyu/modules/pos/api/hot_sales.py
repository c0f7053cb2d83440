"""Plain sales of many tills at once: who asks, and what the till journal notes of them before and after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from quanyu.kernel.problem import Problem
from quanyu.modules.checkout.contracts import Asked, Ending, NewOrder, Unusual
from quanyu.modules.identity import api as identity
from quanyu.modules.orders.contracts import State
from quanyu.modules.pos.contracts import SELL
from quanyu.modules.pos.ops import journal, sell
from quanyu.modules.pos.queries import askers
from quanyu.modules.pos.rules.plain_sales import AskerTokens, BegunSale, Cashier


async def ask_cashiers(*, asked: Sequence[AskerTokens], now: datetime) -> list[Cashier | None]:
    """Return who works at which till, ``None`` where the tokens are not (or no longer) good for it. One query."""
    return await askers.ask_cashiers(asked, now=now)


def refusal_to_sell(*, cashier: Cashier) -> Problem | None:
    """Return why he may not sell at this till; no query."""
    return identity.refusal_at(actor=cashier.actor, permission=SELL, path=cashier.path)


def begin_sales(*, sales: Sequence[BegunSale]) -> list[Asked | Exception]:
    """Note sales in the open shifts of their tills and return their commands; ``Unusual`` for one that is not plain.

    Not plain are repeats, numbers used before, people who do not exist, and a till without a shift.
    """
    known = sell.with_known_people([one.sale for one in sales])
    noted = journal.begin_sales([one for one, is_known in zip(sales, known, strict=True) if is_known])
    commands: list[Asked | Exception] = []
    for one in sales:
        shift_id = noted.get(one.sale.id)
        if shift_id is None:
            commands.append(Unusual())
            continue
        command = sell.command(sale=one.sale, till=one.till, shift_id=shift_id, staff_id=int(one.actor.id))
        commands.append(Asked(command, one.actor, path=one.path))
    return commands


def end_sales(*, sales: Sequence[BegunSale], endings: Sequence[Ending]) -> None:
    """End the notes of sales that are done or refused; a sale that waits for its payment stays open."""
    ended: list[tuple[UUID, str, datetime]] = []
    for one, ending in zip(sales, endings, strict=True):
        if isinstance(ending, Problem):
            ended.append((one.sale.id, "refused", one.now))
        elif isinstance(ending, NewOrder) and ending.header["state"] != State.PLACED:
            ended.append((one.sale.id, "done", one.now))
    journal.end_sales(ended)
