"""kill -9 of the whole database while orders are placed: nothing acknowledged is lost, nothing happens twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from quanyu.platform import postgres
from quanyu.platform.postgres import postmaster
from tests.harness.database import ROOT, SECRETS, at

pytestmark = [pytest.mark.slow, pytest.mark.chaos]

KILLS = 3
WRITERS = 4
SECONDS_BETWEEN_KILLS = 2.0
ORDERS_BETWEEN_KILLS = 10
START_WRITER = """
import pathlib, sys, django
django.setup()
from tests.chaos import order_writer
order_writer.main(pathlib.Path(sys.argv[1]), int(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[tuple[postgres.Server, str]]:
    """A cluster of its own with fsync on, holding the product's schema."""
    with postgres.scratch_folder() as folder, postgres.Server(folder / "pg") as server:
        url = server.address.url("postgres")
        postgres.create_database(url, "orders")
        run = subprocess.run(
            [sys.executable, "-m", "tests.harness.migrate"], cwd=ROOT, env=surroundings(at(url, "orders")), check=True
        )
        assert run.returncode == 0
        yield server, at(url, "orders")


def surroundings(url: str) -> dict[str, str]:
    return os.environ | SECRETS | {"DATABASE_URL": url, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}


def kill_everything(server: postgres.Server) -> None:
    """Kill the postmaster and all its children at once, as a power cut would."""
    pid = postmaster.read(server.data_dir).pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for victim in (pid, *map(int, children)):
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            continue
    wait_until(lambda: not server.alive())


def wait_until(condition, seconds_max: float = 60.0) -> None:
    deadline = time.monotonic() + seconds_max
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


def lines(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the server's processes in /proc")
def test_killing_the_database_loses_no_acknowledged_order_and_makes_none_twice(cluster, tmp_path):
    server, url = cluster
    with psycopg.connect(url) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
    writer = subprocess.Popen(
        [sys.executable, "-c", START_WRITER, str(tmp_path), str(WRITERS)],
        cwd=ROOT,
        env=surroundings(url),
    )
    try:
        wait_until((tmp_path / "ready").exists)
        for _ in range(KILLS):
            before = len(lines(tmp_path / "acknowledged"))
            wait_until(lambda seen=before: len(lines(tmp_path / "acknowledged")) >= seen + ORDERS_BETWEEN_KILLS)
            time.sleep(SECONDS_BETWEEN_KILLS)
            kill_everything(server)
            server.start()
        before = len(lines(tmp_path / "acknowledged"))
        wait_until(lambda: len(lines(tmp_path / "acknowledged")) >= before + ORDERS_BETWEEN_KILLS)
        (tmp_path / "stop").touch()
        assert writer.wait(timeout=60) == 0
    finally:
        writer.kill()
    intents, acknowledged = lines(tmp_path / "intents"), lines(tmp_path / "acknowledged")
    with psycopg.connect(url) as connection:
        stored = [str(one) for (one,) in connection.execute("SELECT id FROM orders_order")]
        tills = connection.execute("SELECT count(*) FROM payments_payment WHERE state = 'paid'").fetchone()[0]
    report = json.loads((tmp_path / "report").read_text())
    assert sorted(stored) == sorted(acknowledged) == sorted(intents)
    assert len(set(stored)) == len(stored) >= KILLS * ORDERS_BETWEEN_KILLS
    assert tills > 0
    # Some orders were in doubt and asked for again, else the kills hit nobody.
    assert report["repeats"] > 0
    assert report["checks"] > 20
    assert report["breaches"] == {}
