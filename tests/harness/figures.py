"""Figures of a test chain: events brought to their listener, and what the books say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection
from django.utils import timezone

from quanyu.kernel.clock import system_clock
from quanyu.modules.checkout.contracts import JournalPrice, WantedLine
from quanyu.modules.insights import api as insights
from quanyu.modules.insights import handlers
from quanyu.modules.insights.contracts import Board, Totals
from quanyu.modules.orders.contracts import Order
from quanyu.modules.organization.contracts import Location
from quanyu.platform import db, outbox
from tests.harness import checkout as buying
from tests.harness.chain import MILK_FEN, Chain

_HANDLERS = {
    "orders.paid.1": handlers.sale_changed,
    "orders.cancelled.1": handlers.sale_changed,
    "orders.returned.1": handlers.goods_came_back,
}


def tell(store: Location) -> int:
    """Bring what waits of a store's orders to insights, as the relay does; return how many events."""

    def deliver() -> int:
        found = db.rows(
            "SELECT id, topic, aggregate, payload, occurred_at FROM platform_outbox WHERE published_at IS NULL "
            "AND topic = ANY(%s) AND (payload->>'store_id')::bigint = %s ORDER BY id FOR UPDATE",
            [list(_HANDLERS), store.unit.id],
        )
        for row in found:
            event = outbox._delivery({**row, "attempts": 0})
            _HANDLERS[event.topic](event)
        db.execute("UPDATE platform_outbox SET published_at = now() WHERE id = ANY(%s)", [[row["id"] for row in found]])
        return len(found)

    return db.in_transaction(deliver)


def sell(chain: Chain, store: Location, pieces: int, *, at: datetime, member_id: UUID | None = None) -> Order:
    """Sell milk at the till at a moment: sales without a network come in later, with the moment they happened."""
    fen = pieces * MILK_FEN
    line = WantedLine(sku_id=chain.milk.id, quantity=pieces, journal=JournalPrice(unit_price_fen=MILK_FEN, net_fen=fen))
    wanted = buying.till_command(
        store, cash_fen=fen, lines=(line,), happened_at=at, **({"member_id": member_id} if member_id else {})
    )
    return buying.place(wanted)


def today() -> date:
    """Return today in Shanghai."""
    return timezone.localdate(system_clock.now())


def moment(day: date, hour: int, minute: int = 0) -> datetime:
    """Return a moment of a day in Shanghai."""
    return datetime.combine(day, time(hour, minute), tzinfo=timezone.get_current_timezone())


def board(*stores: Location, since: date, until: date | None = None) -> Board:
    """Bring figures up to date and return them."""
    unit_ids = frozenset(store.unit.id for store in stores)
    last = until or since + timedelta(days=1)
    assert insights.catch_up(unit_ids=unit_ids, since=since, until=last, now=system_clock.now())
    return insights.board(unit_ids=unit_ids, since=since, until=last)


def of_the_books(store: Location, *, since: date, until: date) -> Totals:
    """Add up orders and returns one by one, in Python."""
    first, last = moment(since, 0), moment(until, 0)
    sold = db.rows(
        "SELECT id, member_id, payable_fen, freight_fen FROM orders_order WHERE selling_store_id = %s "
        "AND state IN ('paid', 'completed') AND placed_at >= %s AND placed_at < %s",
        [store.unit.id, first, last],
    )
    costs = db.rows("SELECT cost_fen FROM orders_line WHERE order_id = ANY(%s)", [[row["id"] for row in sold]])
    back = db.rows(
        "SELECT amount_fen FROM aftersales_return WHERE location_id = %s AND created_at >= %s AND created_at < %s",
        [store.unit.id, first, last],
    )
    of_members = [row for row in sold if row["member_id"]]
    return Totals(
        orders=len(sold),
        member_orders=len(of_members),
        sales_fen=sum(row["payable_fen"] for row in sold),
        member_sales_fen=sum(row["payable_fen"] for row in of_members),
        net_fen=sum(row["payable_fen"] - row["freight_fen"] for row in sold),
        cost_fen=sum(row["cost_fen"] for row in costs),
        returns=len(back),
        refunded_fen=sum(row["amount_fen"] for row in back),
    )


@contextmanager
def somebody_did(statement: str, parameters: Sequence[Any] = ()) -> Iterator[None]:
    """Let somebody else have done something in a transaction that is open as long as the block, and is rolled back."""
    given = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    with psycopg.connect(**{name: given[name] for name in names if given.get(name)}) as other:
        try:
            other.execute(statement, parameters)
            yield
        finally:
            other.rollback()
