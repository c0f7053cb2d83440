"""A web server of its own that can be stopped in the middle of a day and started again at the same address."""

from __future__ import annotations

import os
from contextlib import ExitStack

from tests.harness import live
from tests.harness.database import ROOT


class TillServer:
    """The product at one address; ``stop`` ends its process, so that nobody answers there."""

    def __init__(self) -> None:
        self._port = live._free_port()
        self._running = ExitStack()
        self.url = f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        chosen = {
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
            "QUANYU_HOST": "127.0.0.1",
            "QUANYU_PORT": str(self._port),
            "QUANYU_PUBLIC_URL": self.url,
            "PYTHONUNBUFFERED": "1",
        }
        command = ["-m", "granian", "--interface", "asgi", "--no-ws", "--host", "127.0.0.1", "--port", str(self._port)]
        ready = f"{self.url}/api/mall/v1/categories"
        self._running.enter_context(
            live._process(f"till-{os.getpid()}", [*command, "--workers", "1", live.APP], chosen, ready=ready)
        )

    def stop(self) -> None:
        """End the process."""
        self._running.close()
