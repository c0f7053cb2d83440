"""`quanyu up`: everything serves, everything stops, and a kill leaves nobody behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import click
import pytest

from quanyu.entrypoints.cli import ports
from quanyu.platform.postgres import postmaster
from quanyu.platform.process import leftovers
from tests.entrypoints.conftest import Quanyu

pytestmark = [pytest.mark.slow, pytest.mark.chaos]


class Up:
    """A running `quanyu up` and what it has said so far."""

    def __init__(self, quanyu: Quanyu, port: int) -> None:
        self.home, self.port = quanyu.home, port
        self.process = quanyu.start("up", "--no-demo", "--port", str(port))
        self.said = ""
        self.wait_for("Stop: Ctrl-C")

    def wait_for(self, text: str) -> None:
        while text not in self.said:
            line = self.process.stdout.readline()
            assert line, f"it ended without saying {text!r}:\n{self.said}"
            self.said += line

    def children(self) -> dict[str, int]:
        record = json.loads((self.home / "run" / "children.json").read_text())
        return {entry["name"]: entry["pid"] for entry in record}

    def status(self) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                return answer.status
        except (urllib.error.URLError, ConnectionError):
            return 0

    def end(self, sign: signal.Signals) -> int:
        self.process.send_signal(sign)
        rest, _ = self.process.communicate(timeout=60)
        self.said += rest
        return self.process.returncode


@pytest.fixture
def up(quanyu, free_port):
    running = Up(quanyu, free_port)
    yield running
    if running.process.poll() is None:
        running.end(signal.SIGTERM)


def nobody_left(home: Path, pids: list[int]) -> bool:
    return postmaster._workers(home / "pg") == [] and not any(is_alive(pid) for pid in pids)


def is_alive(pid: int) -> bool:
    return bool(leftovers.birth(pid)) and postmaster.life(pid) is postmaster.Life.ALIVE


def wait_until(condition, seconds_max: float = 30.0) -> None:
    deadline = time.monotonic() + seconds_max
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


def test_it_serves_one_at_a_time_and_ctrl_c_stops_everything_in_order(up, quanyu):
    assert up.status() == 200
    assert f"runs at http://127.0.0.1:{up.port}" in up.said
    second = quanyu.run("up")
    assert second.returncode == 1
    assert f"Quanyu already runs on {quanyu.home} (process {up.process.pid})" in second.stderr
    restore = quanyu.run("restore", "--replace", str(quanyu.home / "secrets.env"))
    assert restore.returncode == 1
    assert "Stop it first" in restore.stderr
    assert up.status() == 200
    children = up.children()
    assert sorted(children) == ["web", "worker"]
    assert up.end(signal.SIGINT) == 0
    assert "Stopping web and worker" in up.said
    assert nobody_left(up.home, [*children.values()])
    assert up.status() == 0
    assert not (up.home / "run" / "children.json").exists()
    log = (up.home / "log" / "postgres.log").read_text()
    assert log.rstrip().endswith("database system is shut down")


def test_a_killed_web_process_and_a_killed_database_come_back(up):
    os.kill(up.children()["web"], signal.SIGKILL)
    up.wait_for("web stopped (killed by SIGKILL); starting it again")
    wait_until(lambda: up.status() == 200)
    os.kill(postmaster.read(up.home / "pg").pid, signal.SIGKILL)
    up.wait_for("The database stopped; starting it again")
    wait_until(lambda: postmaster.serving(up.home / "pg") is not None)
    assert up.end(signal.SIGTERM) == 0
    assert nobody_left(up.home, [])


def test_kill_9_leaves_nobody_serving_and_the_next_start_just_works(up, quanyu):
    children = [*up.children().values()]
    up.process.kill()
    up.process.communicate()
    wait_until(lambda: nobody_left(up.home, children))
    assert up.status() == 0
    again = Up(quanyu, up.port)
    assert again.status() == 200
    assert "Applying" not in again.said
    assert again.end(signal.SIGTERM) == 0


def test_a_second_ctrl_c_does_not_wait(up):
    children = [*up.children().values()]
    for pid in children:
        os.kill(pid, signal.SIGSTOP)  # a child that cannot hear
    up.process.send_signal(signal.SIGINT)
    up.wait_for("Stopping web and worker")
    up.process.send_signal(signal.SIGINT)
    up.process.communicate(timeout=10)
    assert up.process.returncode == 130
    wait_until(lambda: nobody_left(up.home, children))


def test_a_port_somebody_asked_for_is_never_swapped_for_another(quanyu):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        done = quanyu.run("up", "--no-demo", "--port", str(taken))
    assert done.returncode == 1
    assert f"Port {taken} on 127.0.0.1 is taken by another program." in done.stderr
    assert "QUANYU_PORT" in done.stderr
    assert nobody_left(quanyu.home, [])


def test_the_default_port_gives_way_to_the_next_free_one(free_port):
    with socket.socket() as other:
        other.bind(("127.0.0.1", free_port))
        other.listen()
        chosen = ports.choose("127.0.0.1", free_port, asked_for=False, setting="QUANYU_PORT")
    assert free_port < chosen < free_port + ports.SEARCHED


def test_an_address_that_is_not_ours_is_said():
    with pytest.raises(click.ClickException, match=r"192\.0\.2\.1 is no address of this machine"):
        ports.is_free("192.0.2.1", 8000)


def test_the_menu_answers_without_loading_django(quanyu):
    program = "import sys; from quanyu.entrypoints.cli import main\ntry: main(['--help'])\n"
    program += "finally: print('django' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=quanyu.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.endswith("False\n")
    for command in ("up", "reconcile", "doctor", "backup", "restore", "migrate", "createadmin"):
        assert f"\n  {command} " in done.stdout
    assert "prepare" not in done.stdout
