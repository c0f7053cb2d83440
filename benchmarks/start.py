"""P8: a warm start to the first answered request, and the idle memory of all processes with the embedded database.

Memory is the proportional set size from /proc: shared pages are counted once, among those who share them.
"""

import os
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from quanyu.platform import postgres

GOAL_SECONDS = 5.0
GOAL_MEGABYTES = 400.0
ROUNDS = 3
SETTLE_SECONDS = 5.0


def run() -> bool:
    """Start the demo once to make it, then measure warm starts; print medians; whether both goals are reached."""
    with postgres.scratch_folder() as folder:
        env = {name: value for name, value in os.environ.items() if not name.startswith(("QUANYU_", "DATABASE_URL"))}
        env["QUANYU_HOME"] = str(folder / "home")
        print("P8 first start, with the demo chain ...", flush=True)
        _measure(env)
        measured = [_measure(env) for _ in range(ROUNDS)]
    seconds = statistics.median(taken for taken, _ in measured)
    megabytes = statistics.median(used for _, used in measured)
    load = os.getloadavg()[0]
    print(f"P8 warm start to the first answer: {seconds:.1f} s (goal {GOAL_SECONDS:g} s)")
    print(f"P8 idle memory of all processes:   {megabytes:.0f} MB (goal {GOAL_MEGABYTES:g} MB)")
    print(f"   median of {ROUNDS}; {os.cpu_count()} cores, load {load:.1f}")
    return seconds <= GOAL_SECONDS and megabytes <= GOAL_MEGABYTES


def _measure(env: dict[str, str]) -> tuple[float, float]:
    """One start: seconds to the first answer through Django, and megabytes when all is quiet."""
    port = _free_port()
    started = time.monotonic()
    command = [sys.executable, "-m", "quanyu.entrypoints.cli", "up", "--demo", "--port", str(port)]
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
    try:
        while not _answers(port):
            if process.poll() is not None:
                raise RuntimeError(f"`quanyu up` ended with exit code {process.returncode}")
            time.sleep(0.02)
        seconds = time.monotonic() - started
        time.sleep(SETTLE_SECONDS)
        return seconds, sum(_proportional_kilobytes(pid) for pid in _family(process.pid)) / 1024
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/console/login/", timeout=60) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError):
        return False


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(member for child in children for member in _family(int(child)))]


def _proportional_kilobytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
