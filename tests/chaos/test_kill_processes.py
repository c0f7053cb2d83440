"""kill -9 of the web server and of the background worker while orders, payments and events are on their way."""

from __future__ import annotations

import os
import time
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connections

from quanyu.platform import db
from tests.harness import chaos
from tests.harness.chain import make_chain
from tests.harness.clients import OverHttp
from tests.harness.crew import WORKER, Process, Web, free_port
from tests.harness.crowd import Crowd
from tests.harness.live import Simulator
from tests.harness.own_cluster import wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.chaos,
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes in /proc"),
]

# Each costs a start of the web server or the worker, some seconds: a twentieth would be too long for every day.
WEB_KILLS = chaos.count(300, daily=1)
WORKER_KILLS = chaos.count(300, daily=2)


@pytest.fixture
def simulator(tmp_path):
    """The payment simulator as a process of its own."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    arguments = ["-m", "quanyu.modules.payments.simulators", "--port", str(port), "--speed", "20"]
    arguments += ["--refund-seconds", "0.2", "--keys-dir", str(Path(os.environ["QUANYU_HOME"]) / "simulators")]
    process = Process("simulator", arguments, database_url=os.environ["DATABASE_URL"], folder=tmp_path)
    process.start()
    yield Simulator(url)
    process.kill()


@pytest.fixture
def crew(simulator, tmp_path):
    """The web server and the worker over this test's database."""
    chosen = {"QUANYU_PAYMENT_SIMULATOR_URL": simulator.url, "QUANYU_DEMO": "1"}
    url = os.environ["DATABASE_URL"]
    web = Web(database_url=url, folder=tmp_path, **chosen)
    worker = Process("worker", WORKER, database_url=url, folder=tmp_path, **chosen)
    worker.start()
    web.start()
    yield web, worker
    worker.kill()
    web.kill()


def test_killed_processes_leave_no_order_lost_no_payment_and_no_event_done_twice(crew, simulator):
    web, worker = crew
    dice = chaos.dice()
    crowd = Crowd(make_chain(stock=1_000_000), OverHttp(web.url), dice=dice)
    crowd.start()
    paid = []
    for number in range(max(WEB_KILLS, WORKER_KILLS)):
        paid.append(pay_for_one(crowd, simulator))
        time.sleep(dice.uniform(0.0, 0.4))
        if number < WEB_KILLS:
            web.kill_child()
        if number < WORKER_KILLS:
            worker.kill()
            worker.start()
        web.wait()
    crowd.stop()
    # A notification that met a dead server comes again, and we ask: now, not in the ten minutes a shop would wait.
    db.execute(
        "UPDATE payments_payment SET next_poll_at = now() WHERE state = 'asking' AND order_id = ANY(%s::uuid[])", [paid]
    )
    wait_until(lambda: nothing_waits(paid), 120)
    worker.stop()
    connections.close_all()
    for order in paid:
        assert effects_of(order) == {"paid": 1, "events": ["paid", "placed"], "booked": 1}
    assert crowd.repeats > 0
    assert db.value("SELECT count(*) FROM platform_outbox WHERE parked_at IS NOT NULL") == 0
    crowd.verify()


def pay_for_one(crowd: Crowd, simulator: Simulator) -> str:
    """Order and pay at the provider; whoever must be told of it, and however often they die, is told by it."""
    phone = crowd._phones[0]
    order_id, key, paying = str(uuid4()), str(uuid4()), str(uuid4())
    lines = {crowd.chain.tea.id: 1}

    def ordered() -> bool:
        return crowd._judged(phone.order(crowd.chain.store, lines, id=order_id, key=key)) is None

    def opened() -> bool:
        reply = phone.post(
            f"/orders/{order_id}/payments", {"tender": "wechat", "way": "native"}, Idempotency_Key=paying
        )
        return crowd._judged(reply) is None

    for step in (ordered, opened):
        wait_until(lambda step=step: _goes_through(step), 60)
    number = db.value("SELECT out_trade_no FROM payments_payment WHERE order_id = %s", [order_id])
    simulator.pay("wechat", number)
    return order_id


def _goes_through(step) -> bool:
    try:
        return bool(step())
    except OSError:
        time.sleep(0.05)
        return False


def nothing_waits(orders: list[str]) -> bool:
    waiting = db.value(
        "SELECT count(*) FROM platform_outbox WHERE published_at IS NULL AND parked_at IS NULL "
        "AND starts_with(topic, 'orders.')"
    )
    unpaid = db.value("SELECT count(*) FROM orders_order WHERE id = ANY(%s::uuid[]) AND state <> 'paid'", [orders])
    return waiting == 0 and unpaid == 0


def effects_of(order: str) -> dict[str, object]:
    topics = db.rows(
        "SELECT topic FROM platform_outbox WHERE aggregate = %s AND starts_with(topic, 'orders.')", [f"order:{order}"]
    )
    return {
        "paid": db.value("SELECT count(*) FROM payments_payment WHERE order_id = %s AND state = 'paid'", [order]),
        "events": sorted(row["topic"].split(".")[1] for row in topics),
        "booked": db.value("SELECT count(*) FROM orders_event WHERE order_id = %s AND to_state = 'paid'", [order]),
    }
