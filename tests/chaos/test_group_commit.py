"""Faults that are particular to placing orders together: what befalls one of a batch does not befall its neighbours."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest

from quanyu.kernel.ids import uuid7
from quanyu.modules.checkout.ops import coordinator
from quanyu.platform import db, gather, idempotency
from tests.harness import chaos
from tests.harness.asgi import ThroughAsgi
from tests.harness.chain import Chain, make_chain
from tests.harness.checkout import footprint
from tests.harness.crowd import Crowd, Intent
from tests.harness.faults import address
from tests.harness.own_cluster import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.chaos]

TIMES = chaos.count(100, daily=2)
POISON = "poison"
WAITS = (
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' "
    "AND query LIKE '%%checkout_place_orders%%'"
)


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=100_000)


@pytest.fixture
def crowd(chain, monkeypatch) -> Iterator[Crowd]:
    monkeypatch.setattr(idempotency, "LEASE_S", 1)
    sender = ThroughAsgi()
    yield Crowd(chain, sender, dice=chaos.dice())
    sender.close()


@contextmanager
def held(chain: Chain) -> Iterator[None]:
    """Keep the shelf of milk, so that orders gather behind it and leave together."""
    with psycopg.connect(**address()) as holder:
        holder.execute(
            "SELECT FROM inventory_stock WHERE location_id = %s AND sku_id = %s FOR UPDATE",
            [chain.store.unit.id, chain.milk.id],
        )
        yield
        holder.rollback()


@contextmanager
def gathered(crowd: Crowd, doors: tuple[str, ...]) -> Iterator[list[Intent]]:
    """Let every worker of the coordinator wait behind the shelf and these orders behind them; then let all go."""
    ahead = [crowd.intend("house") for _ in range(coordinator.orders._wanted_threads)]
    behind = [crowd.intend(door, number) for number, door in enumerate(doors)]
    with held(crowd.chain):
        threads = []
        for number, intent in enumerate(ahead):
            threads.append(crowd.send(intent))
            wait_until(lambda number=number: len(db.rows(WAITS)) > number, 20)
        for number, intent in enumerate(behind):
            threads.append(crowd.send(intent))
            wait_until(lambda number=number: len(coordinator.orders._queue) > number, 20)
        yield behind
    for thread in threads:
        thread.join(60)


def transactions_of(intents: list[Intent]) -> int:
    ids = [str(intent.id) for intent in intents]
    return int(db.value("SELECT count(DISTINCT xmin::text) FROM orders_order WHERE id = ANY(%s::uuid[])", [ids]))


def test_control_orders_that_gathered_are_placed_in_one_transaction(crowd):
    with gathered(crowd, ("house", "mall", "till", "house till") * 2) as behind:
        pass
    assert transactions_of(behind) == 1
    crowd.verify()


def test_a_connection_killed_under_a_batch_is_unseen_and_every_order_is_placed_once(crowd):
    for _ in range(TIMES):
        with gathered(crowd, ("house", "mall", "till", "house till") * 2):
            for row in db.rows(WAITS):
                db.execute("SELECT pg_terminate_backend(%s)", [row["pid"]])
            time.sleep(crowd.dice.uniform(0, 0.05))
    crowd.verify()


@pytest.fixture
def poison() -> Iterator[None]:
    """Orders with this note are refused by the database itself, as by a constraint that nobody thought of."""
    db.execute(
        "CREATE OR REPLACE FUNCTION chaos_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION 'chaos: secret detail' USING ERRCODE = 'check_violation'; END $$; "
        f"CREATE TRIGGER chaos_refuse BEFORE INSERT ON orders_order FOR EACH ROW WHEN (NEW.note = '{POISON}') "
        "EXECUTE FUNCTION chaos_refuse()"
    )
    yield
    db.execute("DROP TRIGGER chaos_refuse ON orders_order; DROP FUNCTION chaos_refuse()")


def test_a_poison_order_in_a_batch_hurts_only_itself(crowd, poison):
    phone = crowd._phones[0]
    for _ in range(TIMES):
        poisoned: list[object] = []
        order_id = str(uuid7())

        def ask(order_id: str = order_id, poisoned: list[object] = poisoned) -> None:
            lines = {crowd.chain.milk.id: 1}
            poisoned.append(phone.order(crowd.chain.store, lines, id=order_id, note=POISON, key=str(uuid4())))

        with gathered(crowd, ("house", "mall", "till", "house till")) as behind:
            thread = threading.Thread(target=ask)
            thread.start()
            wait_until(lambda: len(coordinator.orders._queue) > len(behind) - 1, 20)
            time.sleep(0.2)
        thread.join(30)
        (reply,) = poisoned
        assert (reply.status, reply.code) == (500, "internal")
        assert "secret detail" not in str(reply.body)
        assert footprint(order_id)["orders"] == 0
        assert {intent.id for intent in behind} <= crowd.acknowledged
    crowd.verify()


def test_a_client_that_hangs_up_has_its_order_placed_once(crowd):
    """Nobody knows at which side of the commit he hung up: he finds his order when he asks again."""
    phone = crowd._phones[0]
    for _ in range(TIMES):
        order_id, key = str(uuid7()), str(uuid4())
        lines = [{"sku_id": crowd.chain.tea.id, "quantity": 1}]
        body = {"id": order_id, "store_id": crowd.chain.store.unit.id, "delivery": "pickup", "lines": lines}
        headers = {"Authorization": f"Bearer {phone.token}", "Idempotency-Key": key}
        with gathered(crowd, ("house", "mall")):
            asked = crowd.sender.start("POST", "/api/mall/v1/orders", body, headers)
            time.sleep(0.2)
            asked.cancel()
        asks = ("POST", "/api/mall/v1/orders", body, headers)
        wait_until(lambda asks=asks: crowd.sender.send(*asks).status in (200, 201), 20)
        assert footprint(order_id)["orders"] == 1
    crowd.verify()


def test_a_full_waiting_room_says_busy_and_nothing_of_it_was_done(crowd, monkeypatch):
    monkeypatch.setattr(coordinator.orders, "_room", 2)
    with gathered(crowd, ("house", "mall")):
        late = crowd.intend("house")
        with pytest.raises(gather.Busy) as busy:
            late.ask()
        assert busy.value.params == {"retry_after_s": gather.RETRY_AFTER_S}
        assert footprint(late.id)["orders"] == 0
        assert not crowd.ask(crowd.intend("mall")), "busy, try again"
    crowd.verify()


def test_what_fails_before_the_work_is_told_to_who_waits(crowd, monkeypatch):
    real, failing = gather._refresh_connection, iter([True])

    def refresh(**given):
        if next(failing, False):
            raise MemoryError("no room for a connection")
        real(**given)

    monkeypatch.setattr(gather, "_refresh_connection", refresh)
    intent = crowd.intend("house")
    with pytest.raises(MemoryError):
        intent.ask()
    assert crowd.ask(intent)
    crowd.verify()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_worker_of_the_coordinator_that_dies_is_replaced(crowd, monkeypatch):
    """Each of its threads ends before it takes the next batch; whoever comes then finds another."""
    real, dying = coordinator.orders._next, iter([True] * coordinator.orders._wanted_threads)

    def take():
        if next(dying, False):
            raise MemoryError("no room for a thread")
        return real()

    monkeypatch.setattr(coordinator.orders, "_next", take)
    monkeypatch.setattr(coordinator.orders, "_patience_s", 2.0)
    for _ in range(coordinator.orders._wanted_threads + 1):
        crowd.insist(crowd.intend("house"), seconds_max=20)
    assert next(dying, "all of them died") == "all of them died"
    crowd.verify()
