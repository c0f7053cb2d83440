"""What goes with a basket at the till, what came of it, and the figures of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.modules.orders import api as orders
from quanyu.modules.pos.api.authority import demand
from quanyu.modules.pos.contracts import SELL, Till
from quanyu.modules.pos.ops import note_advice as ops
from quanyu.modules.pos.queries import advice, advice_figures, tills
from quanyu.modules.pos.rules.advice import AdviceDifferences, AdviceOutcome
from quanyu.modules.pos.rules.advice_figures import AdviceReport
from quanyu.platform import db


def advice_differences(*, till: Till, known: Sequence[str], now: datetime) -> AdviceDifferences:
    """Return what the till must replace in the advice it keeps; ``known``: its 64 digests, none at first."""
    return advice.differences(till=till, known=known, now=now)


def out_of_stock(*, till: Till, sku_ids: Sequence[int], now: datetime) -> list[int]:
    """Return those of the SKUs of which the till's store can sell nothing now."""
    return advice.out_of_stock(till=till, sku_ids=sku_ids, now=now)


def note_advice(*, outcomes: Sequence[AdviceOutcome], till: Till, actor: Actor, now: datetime) -> list[UUID]:
    """Count what was advised during sales of this till, each sale once; return the sales that are settled.

    One that is not a paid order yet is not settled: the till tells it again. Raises what ``demand`` raises.
    """
    demand(actor, SELL, till)
    ids = [one.sale_id for one in outcomes]
    known, entries = orders.orders(ids=ids), tills.entries(entry_ids=ids)
    return db.in_transaction(
        lambda: ops.note_advice(outcomes=outcomes, orders=known, entries=entries, till=till, now=now)
    )


def advice_report(*, unit_ids: frozenset[int] | None, since: date, until: date) -> AdviceReport:
    """Return what advice did in these stores (``None``: all), from a day to before a day. Two queries."""
    return advice_figures.report(stores=None if unit_ids is None else sorted(unit_ids), since=since, until=until)
