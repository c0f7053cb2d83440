"""kill -9 of the whole database while orders are placed: nothing acknowledged is lost, nothing happens twice."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from tests.harness import chaos
from tests.harness.crew import Web
from tests.harness.crowd_process import crowd_outside
from tests.harness.own_cluster import kill_everything, own_cluster, url_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.chaos,
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the server's processes in /proc"),
]

KILLS = chaos.count(100, daily=2)
ORDERS_BETWEEN_KILLS = 10


def test_killing_the_database_loses_no_acknowledged_order_and_makes_none_twice(tmp_path):
    dice = chaos.dice()
    with own_cluster() as server:
        url = url_of(server)
        with psycopg.connect(url) as connection:
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
        web = Web(database_url=url, folder=tmp_path)
        try:
            web.start()
            with crowd_outside(url, tmp_path, seed=dice.randrange(2**31), web_url=web.url) as crowd:
                for _ in range(KILLS):
                    crowd.wait_for_more(dice.randrange(1, 2 * ORDERS_BETWEEN_KILLS))
                    kill_everything(server)
                    server.start()
                crowd.wait_for_more(ORDERS_BETWEEN_KILLS)
                report = crowd.finish()
        finally:
            web.kill()
        with psycopg.connect(url) as connection:
            stored = [str(one) for (one,) in connection.execute("SELECT id FROM orders_order")]
    assert report["wrong"] == ""
    assert sorted(stored) == sorted(crowd.ids("acknowledged")) == sorted(crowd.ids("intents"))
    # Some orders were in doubt and asked for again, else the kills hit nobody.
    assert report["repeats"] > 0
