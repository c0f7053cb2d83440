"""Children are kept alive, stopped in order, and never left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from quanyu.platform.process import leftovers, run_lock
from quanyu.platform.process.supervisor import Program, Supervisor

SLEEPER = ["sleep", "60"]


def program(name: str, *command: str, **options: float) -> Program:
    return Program(name, command or SLEEPER, dict(os.environ), **options)


def wait_until(condition, seconds_max: float = 10.0) -> None:
    deadline = time.monotonic() + seconds_max
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.01)


def pids(record: Path) -> dict[str, int]:
    return {entry["name"]: entry["pid"] for entry in json.loads(record.read_text())}


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervise(tmp_path, said):
    """Make a supervisor that is stopped at the end of the test."""
    made: list[Supervisor] = []

    def make(*programs: Program) -> Supervisor:
        supervisor = Supervisor(programs, log_dir=tmp_path / "log", record=tmp_path / "children.json", say=said.append)
        made.append(supervisor)
        return supervisor

    yield make
    for supervisor in made:
        supervisor.stop()


def test_a_child_that_dies_is_said_and_started_again_after_its_back_off(supervise, tmp_path, said):
    supervisor = supervise(program("web"))
    supervisor.start()
    first = pids(tmp_path / "children.json")["web"]
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: not supervisor.is_running("web"))
    supervisor.check(now=100.0)
    assert said == ["web stopped (killed by SIGKILL); starting it again in 0.5 s"]
    supervisor.check(now=100.4)
    assert not supervisor.is_running("web")
    supervisor.check(now=100.5)
    assert supervisor.is_running("web")
    assert pids(tmp_path / "children.json")["web"] != first


def test_the_back_off_doubles_while_it_keeps_falling_and_has_a_limit(supervise, said):
    supervisor = supervise(program("web", "sh", "-c", "echo no luck; exit 3"))
    supervisor.start()
    now = time.monotonic()
    for _ in range(8):
        wait_until(lambda: not supervisor.is_running("web"))
        supervisor.check(now=now)
        now += 30.0
        supervisor.check(now=now)
    falls = [line for line in said if line.startswith("web stopped")]
    assert [line.rpartition(" in ")[2] for line in falls[:8]] == [
        "0.5 s", "1 s", "2 s", "4 s", "8 s", "16 s", "30 s", "30 s"
    ]  # fmt: skip
    assert falls[0] == "web stopped (exit code 3); starting it again in 0.5 s"
    assert said[1] == "no luck"


def test_a_child_that_lived_long_starts_its_back_off_anew(supervise, said):
    supervisor = supervise(program("web", "false"))
    supervisor.start()
    for now in (100.0, 101.0, 200.0):
        wait_until(lambda: not supervisor.is_running("web"))
        supervisor.check(now=time.monotonic() + now)
        supervisor.check(now=time.monotonic() + now + 5)
    assert [line.rpartition(" in ")[2] for line in said] == ["0.5 s", "1 s", "0.5 s"]


def test_stop_is_in_reverse_order_and_leaves_nobody(supervise, tmp_path):
    note = tmp_path / "order"
    script = "trap 'echo {0} >> {1}; exit 0' TERM; echo ready; while :; do sleep 0.02; done"
    supervisor = supervise(*[program(name, "sh", "-c", script.format(name, note)) for name in ("first", "second")])
    supervisor.start()
    wait_until(lambda: all("ready" in supervisor.log_tail(name) for name in ("first", "second")))
    children = pids(tmp_path / "children.json").values()
    supervisor.stop()
    assert note.read_text().split() == ["second", "first"]
    assert [leftovers.birth(pid) for pid in children] == ["", ""]
    assert not (tmp_path / "children.json").exists()


def test_the_first_may_start_alone_and_the_others_follow(supervise, tmp_path):
    supervisor = supervise(program("worker"), program("web"))
    supervisor.start(first="web")
    supervisor.check()
    assert list(pids(tmp_path / "children.json")) == ["web"]
    supervisor.start_others()
    supervisor.check()
    assert list(pids(tmp_path / "children.json")) == ["worker", "web"]


def test_a_child_that_does_not_listen_is_ended_with_its_own_children(supervise, tmp_path):
    script = "trap '' TERM; sleep 61 & echo $!; wait; wait"
    supervisor = supervise(program("deaf", "sh", "-c", script, stop_seconds_max=0.2))
    supervisor.start()
    wait_until(lambda: supervisor.log_tail("deaf").strip().isdigit())
    grandchild = int(supervisor.log_tail("deaf"))
    supervisor.stop()
    wait_until(lambda: not leftovers.birth(grandchild) or _is_zombie(grandchild))
    assert not supervisor.is_running("deaf")


def test_workers_of_a_child_that_died_do_not_serve_on(supervise):
    supervisor = supervise(program("web", "sh", "-c", "sleep 62 & echo $!; wait"))
    supervisor.start()
    wait_until(lambda: supervisor.log_tail("web").strip().isdigit())
    grandchild = int(supervisor.log_tail("web"))
    os.kill(os.getpgid(grandchild), signal.SIGKILL)
    wait_until(lambda: not supervisor.is_running("web"))
    supervisor.check()
    wait_until(lambda: not leftovers.birth(grandchild) or _is_zombie(grandchild))
    assert not supervisor.is_running("web")


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_children_die_with_a_supervisor_that_was_killed(tmp_path):
    script = (
        "import os, pathlib, sys, time\n"
        "from quanyu.platform.process.supervisor import Program, Supervisor\n"
        "s = Supervisor([Program('x', ['sleep', '63'], dict(os.environ))], log_dir=None,"
        " record=pathlib.Path(sys.argv[1]), say=print)\n"
        "s.start(); print('up', flush=True); time.sleep(60)"
    )
    record = tmp_path / "children.json"
    parent = subprocess.Popen([sys.executable, "-c", script, str(record)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout.readline() == "up\n"
    child = pids(record)["x"]
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: not leftovers.birth(child) or _is_zombie(child))
    assert record.exists()


def test_the_next_start_ends_what_a_killed_one_left(supervise, tmp_path, said):
    orphan = subprocess.Popen(SLEEPER, process_group=0)
    record = tmp_path / "children.json"
    record.write_text(json.dumps([{"name": "old web", "pid": orphan.pid, "birth": leftovers.birth(orphan.pid)}]))
    supervisor = supervise(program("web"))
    threadless_wait = orphan.poll
    leftovers.END_SECONDS_MAX, before = 0.2, leftovers.END_SECONDS_MAX
    try:
        supervisor.start()
    finally:
        leftovers.END_SECONDS_MAX = before
    wait_until(lambda: threadless_wait() is not None)
    assert said == [f"Ending old web (process {orphan.pid}), which a killed start left behind"]
    assert list(pids(record)) == ["web"]


def test_a_stranger_with_a_recycled_id_is_left_alone(tmp_path, said):
    stranger = subprocess.Popen(SLEEPER, process_group=0)
    record = tmp_path / "children.json"
    record.write_text(json.dumps([{"name": "old web", "pid": stranger.pid, "birth": "1"}]))
    leftovers.end(record, said.append)
    assert said == []
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_one_holder_at_a_time_and_the_second_learns_who(tmp_path):
    path = tmp_path / "run" / "up.lock"
    assert run_lock.holder(path) is None
    with run_lock.hold(path):
        assert run_lock.holder(path) == str(os.getpid())
        with pytest.raises(run_lock.Taken) as refusal, run_lock.hold(path):
            pass
        assert refusal.value.pid == str(os.getpid())
    assert run_lock.holder(path) is None
    with run_lock.hold(path):
        assert run_lock.holder(path) == str(os.getpid())


def _is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
