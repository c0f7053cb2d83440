"""The harness against a live product: tills sell, shoppers buy, and the reference writes what the product writes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
import pytest

from benchmarks import room
from benchmarks.load import crowd, mall, till
from benchmarks.paths import reference
from quanyu.platform import db
from tests.harness.chain import BREAD_FEN, MILK_FEN, TEA_FEN, Chain, make_chain
from tests.harness.clients import TillClient, cash
from tests.harness.live import Live, live_server

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def live() -> Iterator[Live]:
    with live_server() as running:
        yield running


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=5_000)


def address(live: Live) -> tuple[str, int]:
    parts = urlsplit(live.url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


def drawer(chain: Chain) -> till.Draw:
    goods = [(sku.id, 0) for sku in (chain.milk, chain.bread, chain.tea)]
    return till.draw_from(goods, off=lambda total: total)


def orders_of(chain: Chain, state: str) -> int:
    counted: int = db.value(
        "SELECT count(*) FROM orders_order WHERE selling_store_id = %s AND state = %s", [chain.store.unit.id, state]
    )
    return counted


def test_what_the_tills_were_told_stands_in_the_book(live, chain):
    tills = room.make_tills([chain.store], 2)
    makers = till.makers(tills, drawer(chain), clients=2, deed=till.quoted_sale)

    tally = crowd.run(address(live), makers, seconds=0.5)

    assert (dict(tally.errors), tally.done > 0) == ({}, True)
    assert orders_of(chain, "completed") == tally.done


def test_shoppers_buy_until_it_is_paid(live, chain):
    live.simulator.control("POST", "autopay", {"seconds": 0.01})
    shoppers = room.make_shoppers([chain.store], 2)

    tally = crowd.run(address(live), mall.makers(shoppers, lambda store_id: drawer(chain), clients=2), seconds=0.5)

    live.simulator.control("POST", "autopay", {"seconds": None})
    assert (dict(tally.errors), tally.done > 0) == ({}, True)
    assert orders_of(chain, "paid") == tally.done
    assert set(tally.steps) == {"page", "cart", "quote", "order", "pay", "paid?"}


ROWS = {
    "orders_order": "id = %(id)s",
    "orders_event": "order_id = %(id)s",
    "orders_line": "order_id = %(id)s",
    "payments_payment": "order_id = %(id)s",
    "pos_journal_entry": "id = %(id)s",
    "inventory_reservation": "cause_kind = 'order' AND cause_id = %(id)s::text",
    "inventory_movement": "cause_kind = 'order' AND cause_id = %(id)s::text",
    "platform_outbox": "aggregate = 'order:' || %(id)s::text AND topic LIKE 'orders.%%'",
}


def written(connection: psycopg.Connection, order_id: UUID) -> dict[str, int]:
    """Count the rows of an order, by table."""
    return {
        table: connection.execute(f"SELECT count(*) FROM {table} WHERE {where}", {"id": order_id}).fetchone()[0]
        for table, where in ROWS.items()
    }


def test_the_reference_writes_what_the_product_writes(live, chain):
    counter = TillClient(chain.store, live.url).sign_in(chain.cashier)
    shift_id = counter.open_shift()
    skus = sorted(sku.id for sku in (chain.milk, chain.bread, chain.tea))
    paid_fen = MILK_FEN + BREAD_FEN + TEA_FEN
    # The reference numbers its receipts from 1 on.
    sold = counter.sell(dict.fromkeys(skus, 1), seq=1_000, tenders=cash(paid_fen)).expect(201)
    book_id = db.value("SELECT min(book_id) FROM pricing_price WHERE sku_id = %s", [skus[0]])

    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        if connection.info.server_version < 180000:
            pytest.skip("the reference uses uuidv7() of PostgreSQL 18")
        connection.execute(reference.function(book_id=book_id))
        row = [chain.store.unit.id, chain.store.owner_id, counter.till["device_id"], shift_id, chain.cashier.id]
        connection.execute("INSERT INTO bench_till VALUES (1, %s, %s, %s, %s, %s)", row)
        (made,) = connection.execute("SELECT bench_order(1, %s, %s, %s)", skus).fetchone()
        by_product, by_reference = written(connection, UUID(sold["order"]["id"])), written(connection, made)
        connection.rollback()
    assert by_product == by_reference
