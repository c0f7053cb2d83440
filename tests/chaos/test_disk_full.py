"""The disk of the database is full: it refuses, comes back by itself when there is room, and has lost nothing.

The cluster lies on a small file system in memory that only a process of this test sees (a mount namespace of its own,
within a user namespace where the test has no root: no privilege is needed where the kernel allows these).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from quanyu.platform import postgres
from tests.harness import chaos
from tests.harness.crowd_process import crowd_outside
from tests.harness.database import ROOT
from tests.harness.own_cluster import surroundings, wait_until
from tests.harness.small_disk import inside_namespace

TIMES = chaos.count(10)
ORDERS_BETWEEN = 10


def may_mount() -> bool:
    """Tell whether a small file system of one's own can be mounted here."""
    if shutil.which("unshare") is None:
        return False
    with postgres.scratch_folder() as folder:
        command = inside_namespace(folder, ["true"])
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


pytestmark = [
    pytest.mark.slow,
    pytest.mark.chaos,
    pytest.mark.skipif(not may_mount(), reason="no file system of one's own can be mounted here"),
]


class SmallDisk:
    """The process that keeps the server on its small disk, told what to do by lines."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.url = self.hear()

    def tell(self, order: str) -> str:
        """Give an order (``fill``, ``free``) and return what it says when it is done."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{order}\n")
        self._process.stdin.flush()
        return self.hear()

    def hear(self) -> str:
        assert self._process.stdout is not None
        said = self._process.stdout.readline().strip()
        assert said, "the process with the small disk lives"
        return said


@contextmanager
def small_disk() -> Iterator[SmallDisk]:
    with postgres.scratch_folder() as folder:
        folder.chmod(0o777)
        command = inside_namespace(folder, [sys.executable, "-m", "tests.harness.small_disk", str(folder)])
        process = subprocess.Popen(
            command, cwd=ROOT, env=surroundings(""), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            yield SmallDisk(process)
        finally:
            # The end of its orders is the end of it, and of its server.
            process.communicate(timeout=60)


def test_a_full_disk_refuses_orders_and_loses_none(tmp_path: Path):
    dice = chaos.dice()
    with small_disk() as disk, crowd_outside(disk.url, tmp_path, seed=dice.randrange(2**31)) as crowd:
        for _ in range(TIMES):
            crowd.wait_for_more(dice.randrange(1, ORDERS_BETWEEN))
            assert disk.tell("fill") == "full"
            wait_until(lambda: stands_still(crowd), 60)
            assert disk.tell("free") in ("free", "free after a restart")
            crowd.wait_for_more(ORDERS_BETWEEN)
        report = crowd.finish()
    assert report["wrong"] == ""
    assert report["repeats"] > 0


def stands_still(crowd) -> bool:
    """Tell whether no order gets through any more: for a second, nobody heard a clear answer."""
    before = len(crowd.ids("acknowledged"))
    time.sleep(1.0)
    return len(crowd.ids("acknowledged")) == before
