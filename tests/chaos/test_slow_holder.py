"""Somebody sits on a stock row: orders of it wait, everything else goes on, and all recovers when he leaves."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from quanyu.platform import db
from tests.harness import chaos
from tests.harness.asgi import ThroughAsgi
from tests.harness.chain import Chain, make_chain
from tests.harness.crowd import Crowd
from tests.harness.faults import address

pytestmark = [pytest.mark.slow, pytest.mark.chaos]

HOLDERS = chaos.count(20)
HELD_S = 12.0 if chaos.FULL else 2.0
# A claim of reliability: ten seconds after the holder is gone everything is as before.
RECOVERS_S = 10.0
OTHERS_WAIT_S = 5.0


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=100_000)


@pytest.fixture(scope="module")
def sender() -> Iterator[ThroughAsgi]:
    through = ThroughAsgi()
    yield through
    through.close()


@contextmanager
def holder_of_milk(chain: Chain) -> Iterator[psycopg.Connection]:
    """Let somebody lock the shelf of milk and think about it."""
    with psycopg.connect(**address()) as holder:
        holder.execute(
            "SELECT FROM inventory_stock WHERE location_id = %s AND sku_id = %s FOR UPDATE",
            [chain.store.unit.id, chain.milk.id],
        )
        yield holder
        holder.rollback()


def test_connections_of_the_product_never_wait_or_work_for_ever():
    limits = {name: db.value(f"SHOW {name}") for name in ("lock_timeout", "statement_timeout")}
    assert limits == {"lock_timeout": "5s", "statement_timeout": "30s"}
    assert db.value("SHOW idle_in_transaction_session_timeout") == "30s"


def test_orders_of_a_held_shelf_are_told_to_come_again_others_go_on_and_all_recover(chain, sender):
    held = Crowd(chain, sender, dice=chaos.dice())
    lively = Crowd(make_chain(stock=1_000), sender, shoppers=2, dice=chaos.dice())
    for _ in range(HOLDERS):
        # More than the coordinator has workers, so that all of them meet the held shelf.
        waiting = [held.intend(door, number) for number, door in enumerate(("house", "mall", "till", "house"))]
        with holder_of_milk(chain):
            threads = [held.send(intent) for intent in waiting]
            time.sleep(HELD_S)
            assert not held.acknowledged & {intent.id for intent in waiting}
            assert sender.send("GET", "/healthz", None, {}).status == 200
            assert lively._phones[0].get("/categories").status == 200
            # Nobody else's shelf is held.
            elsewhere = [lively.intend(door) for door in ("house", "till", "mall")]
            for intent in elsewhere:
                lively.insist(intent, seconds_max=OTHERS_WAIT_S)
            assert {intent.id for intent in elsewhere} <= lively.acknowledged
        started = time.monotonic()
        for thread in threads:
            thread.join(60)
        assert held.acknowledged >= {intent.id for intent in waiting}
        assert time.monotonic() - started < RECOVERS_S
    assert held.repeats > 0
    held.verify()
    lively.verify()
