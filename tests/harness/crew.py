"""The product's processes over a test's database: the web server and the worker, started, killed, started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import requests

from quanyu.platform.process import spawn
from tests.harness.database import ROOT
from tests.harness.own_cluster import surroundings, wait_until

WEB = ["-m", "granian", "--interface", "asgi", "--no-ws", "--host", "127.0.0.1", "--workers", "1"]
WORKER = ["-m", "quanyu.entrypoints.worker"]
APP = "tests.harness.served:app"
# Names the file that says which guards of a till's sales are away in a server of ``served_without``.
WITHOUT = "QUANYU_TEST_WITHOUT"


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """One process of the product, in a group of its own; ``kill`` ends it with all its children, as a crash would."""

    def __init__(self, name: str, arguments: list[str], *, database_url: str, folder: Path, **chosen: str) -> None:
        self.name, self._arguments, self._log = name, arguments, folder / f"{name}.log"
        self._environment = surroundings(database_url) | {"PYTHONUNBUFFERED": "1"} | chosen
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it (again)."""
        with self._log.open("ab") as log:
            # It ends with us, however we end: a worker that was left behind would work on other tests' orders.
            command = [sys.executable, *self._arguments]
            self._process = spawn.spawn(command, env=self._environment, output=log, cwd=str(ROOT))

    def kill(self) -> None:
        """kill -9 of the whole group."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def kill_child(self) -> None:
        """kill -9 of the process that does the work under a supervisor, which starts another (granian's worker)."""
        assert self._process is not None
        parent = self._process.pid
        for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
            os.kill(int(child), signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to stop; return its exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(30)


class Web(Process):
    """The web server on a port of its own, always the same."""

    def __init__(self, *, database_url: str, folder: Path, app: str = APP, **chosen: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        arguments = [*WEB, "--port", str(self.port), "--respawn-failed-workers", "--respawn-interval", "0.1", app]
        chosen["QUANYU_PUBLIC_URL"] = self.url
        super().__init__("web", arguments, database_url=database_url, folder=folder, **chosen)

    def start(self) -> None:
        """Start it and wait until it answers."""
        super().start()
        self.wait()

    def wait(self) -> None:
        """Wait until it answers."""
        wait_until(self._answers, 90)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/api/mall/v1/categories", timeout=10).status_code == 200
        except requests.RequestException:
            time.sleep(0.1)
            return False
