"""Replies that are lost after the commit, on the way to the client and on the way from the database: no duplicates."""

from __future__ import annotations

import random
from urllib.parse import urlsplit

import pytest
from django.db import connection, connections

from quanyu.platform import db, idempotency
from tests.harness import chaos
from tests.harness.asgi import ThroughAsgi
from tests.harness.chain import Chain, make_chain
from tests.harness.checkout import command, place
from tests.harness.clients import OverHttp
from tests.harness.crowd import DOORS, Crowd
from tests.harness.faults import database_at, drop_connections
from tests.harness.live import live_server
from tests.harness.lossy_proxy import LossyProxy

pytestmark = [pytest.mark.slow, pytest.mark.chaos]

LOST = chaos.count(500, daily=10)


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=100_000)


def one_in(dice: random.Random, chance: int, wanted: bytes = b""):
    """Return what loses one in so many of the replies to what holds the wanted bytes, whole or in the middle."""
    return lambda asked: dice.choice((0, 1, 40)) if wanted in asked and dice.randrange(chance) == 0 else None


def test_control_whoever_asks_again_under_a_new_id_gets_a_second_order(chain):
    first = command(chain.store, (chain.milk, 1))
    lost = place(first)
    again = place(command(chain.store, (chain.milk, 1)))
    assert again.id != lost.id
    assert place(first).id == lost.id


def test_replies_lost_between_the_server_and_its_clients_make_no_order_twice(chain):
    dice = chaos.dice()
    with live_server() as live:
        web = urlsplit(live.url)
        assert web.hostname is not None
        assert web.port is not None
        with LossyProxy(web.hostname, web.port, loses=one_in(dice, 2, b"POST /api/")) as proxy:
            straight = Crowd(chain, OverHttp(live.url), dice=dice)
            for client in (*straight._phones, *straight._tills):
                client._sender = OverHttp(f"http://127.0.0.1:{proxy.port}")
            while proxy.lost < LOST:
                straight.insist(straight.intend(dice.choice(DOORS[:2]), dice.randrange(4)))
            straight.verify()
    assert straight.repeats >= LOST // 2


def test_commits_whose_reply_is_lost_between_the_product_and_its_database_are_found_again(chain, monkeypatch):
    """What the coordinator, a view and the caller in the house do when they cannot know whether it was done."""
    monkeypatch.setattr(idempotency, "LEASE_S", 1)
    dice = chaos.dice()
    sender = ThroughAsgi()
    crowd = Crowd(chain, sender, dice=dice)
    database = connections.settings["default"]
    with LossyProxy(database["HOST"], int(database["PORT"]), loses=one_in(dice, 4, b"COMMIT")) as proxy:
        with database_at(HOST="127.0.0.1", PORT=str(proxy.port)):
            drop_connections()
            crowd.start()
            while proxy.lost < LOST and not crowd.raw:
                connection.close()
                db.value("SELECT pg_sleep(0.05)")
            crowd.stop()
        drop_connections()
    crowd.verify()
    sender.close()
