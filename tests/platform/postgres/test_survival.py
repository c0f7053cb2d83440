"""After kill -9: no committed row is lost, no remains stand in the way, nobody serves on as an orphan."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from quanyu.platform import postgres
from quanyu.platform.postgres import cluster as clusters
from quanyu.platform.postgres import postmaster
from quanyu.platform.postgres import server as supervisor
from quanyu.platform.postgres.account import identity, server_account

pytestmark = [pytest.mark.slow, pytest.mark.chaos]


def sell(url: str, ids: range) -> None:
    """Each sale in a transaction of its own, as a till does."""
    with psycopg.connect(url, autocommit=True) as connection:
        for sale in ids:
            connection.execute("INSERT INTO sale VALUES (%s)", [sale])


def sold(url: str) -> int:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT count(*) FROM sale").fetchone()[0]


def wait_until(condition, seconds_max: float = 15.0) -> None:
    deadline = time.monotonic() + seconds_max
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


def test_kill_9_of_the_server_loses_no_committed_sale(cluster):
    server = postgres.Server(cluster)
    before = sold(server.start().url())
    sell(server.address.url(), range(1_000, 1_100))
    os.kill(postmaster.read(cluster).pid, signal.SIGKILL)
    wait_until(lambda: not server.alive())
    try:
        assert sold(server.start().url()) == before + 100
        assert server.owned
    finally:
        server.stop()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a zombie is told from the living by /proc")
def test_a_zombie_that_nobody_collects_does_not_block_the_next_start(cluster, monkeypatch):
    monkeypatch.setattr(supervisor, "ZOMBIE_SECONDS_MAX", 0.3)
    first = postgres.Server(cluster)
    before = sold(first.start().url())
    sell(first.address.url(), range(2_000, 2_010))
    pid = postmaster.read(cluster).pid
    os.kill(pid, signal.SIGKILL)
    # Its parent, this process, does not wait for it.
    wait_until(lambda: postmaster.life(pid) is postmaster.Life.ZOMBIE)
    with postgres.Server(cluster) as second:
        assert second.owned
        assert sold(second.address.url()) == before + 10
    first.stop()
    assert postmaster.life(pid) is postmaster.Life.GONE


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="strangers are recognised by /proc")
def test_a_lock_file_whose_process_id_now_belongs_to_a_stranger_is_no_obstacle(cluster):
    stranger = subprocess.Popen(["sleep", "60"], cwd="/", **identity(server_account()))
    try:
        with postgres.Server(cluster) as server:
            real = postmaster.read(cluster)
            stolen = (cluster / "postmaster.pid").read_text().replace(str(real.pid), str(stranger.pid), 1)
        (cluster / "postmaster.pid").write_text(stolen)
        with postgres.Server(cluster) as server:
            assert server.owned
            assert sold(server.address.url()) >= 0
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_the_server_ends_with_a_parent_that_was_killed(cluster):
    program = (
        "import pathlib, sys, time; from quanyu.platform import postgres\n"
        "server = postgres.Server(pathlib.Path(sys.argv[1])); server.start(); print('up', flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, str(cluster)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout.readline() == "up\n"
    pid = postmaster.serving(cluster).pid
    sell(postgres.locate(cluster.parent).url(), range(3_000, 3_010))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: postmaster._workers(cluster) == [])
    wait_until(lambda: postmaster.life(pid) is not postmaster.Life.ALIVE)
    with postgres.Server(cluster) as server:
        with psycopg.connect(server.address.url()) as connection:
            found = connection.execute("SELECT count(*) FROM sale WHERE id BETWEEN 3000 AND 3009").fetchone()[0]
        assert found == 10


def test_a_joined_server_that_goes_away_is_replaced_by_our_own(cluster):
    first = postgres.Server(cluster)
    first.start()
    second = postgres.Server(cluster)
    second.start()
    first.stop()
    assert not second.alive()
    second.start()
    assert second.owned
    second.stop()
    assert clusters.last_port(cluster) is not None
