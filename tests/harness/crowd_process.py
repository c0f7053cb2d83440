"""A crowd in a process of its own, over a database that dies: it goes on until it is told to stop, then reports.

``python -m tests.harness.crowd_process FOLDER SEED URL`` with DATABASE_URL set. Every id is written to ``intents``
before it is sent and to ``acknowledged`` when the answer was clear. When the file ``stop`` appears it settles what is
in doubt, compares everything with the books, and writes what it found to ``report``. Phones and tills order over HTTP
at the product that runs at the URL (none when it is empty); callers in the house go through the door itself.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from quanyu.platform.process import spawn
from tests.harness.database import ROOT
from tests.harness.own_cluster import surroundings, wait_until

STOCK = 1_000_000


class Outside:
    """The crowd's process as the test sees it."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.folder, self.process = folder, process

    def ids(self, name: str) -> list[str]:
        """Return the ids written so far: ``intents`` or ``acknowledged``."""
        path = self.folder / name
        return path.read_text().split() if path.exists() else []

    def wait_for_more(self, orders: int) -> None:
        """Wait until so many more orders were acknowledged."""
        wanted = len(self.ids("acknowledged")) + orders
        wait_until(lambda: len(self.ids("acknowledged")) >= wanted or self.process.poll() is not None, 120)
        assert self.process.poll() is None, "the crowd goes on"

    def finish(self) -> dict[str, object]:
        """Let the crowd settle and compare; return its report."""
        (self.folder / "stop").touch()
        self.process.wait(180)
        report: dict[str, object] = json.loads((self.folder / "report").read_text())
        return report


@contextmanager
def crowd_outside(database_url: str, folder: Path, *, seed: int, web_url: str = "") -> Iterator[Outside]:
    """Run a crowd beside the test; it orders once this returns."""
    command = [sys.executable, "-m", "tests.harness.crowd_process", str(folder), str(seed), web_url]
    with (folder / "log").open("wb") as log:
        process = spawn.spawn(command, env=surroundings(database_url), output=log, cwd=str(ROOT))
        try:
            wait_until(lambda: (folder / "ready").exists() or process.poll() is not None, 90)
            assert process.poll() is None, (folder / "log").read_text()[-3000:]
            yield Outside(folder, process)
        finally:
            process.kill()
            process.wait()


def main(folder: Path, seed: int, web_url: str) -> None:
    """Order until told to stop; report."""
    import django

    django.setup()
    from django.db import connection

    from tests.harness.chain import make_chain
    from tests.harness.clients import OverHttp
    from tests.harness.crowd import Crowd

    crowd = Crowd(make_chain(stock=STOCK), OverHttp(web_url) if web_url else None, dice=random.Random(seed))

    def note(name: str, order_id: UUID) -> None:
        with (folder / name).open("a") as journal:
            journal.write(f"{order_id}\n")

    crowd.asked = note
    crowd.start()
    (folder / "ready").touch()
    while not (folder / "stop").exists():
        time.sleep(0.05)
    crowd.stop()
    # This thread's connection died with the server long ago.
    connection.close()
    wrong = ""
    try:
        crowd.verify()
    except AssertionError:
        wrong = traceback.format_exc()
    report = {"wrong": wrong, "orders": len(crowd.intents), "repeats": crowd.repeats}
    (folder / "report").write_text(json.dumps(report))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
