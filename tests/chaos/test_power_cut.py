"""The power goes while orders are placed: what was synchronised is left, what was only written is not.

Without root, block devices or a special kernel: a small library preloaded into the server keeps a shadow of its data
folder that holds what fsync promised and nothing else (synchronised.c). A cut is kill -9 of everything, and recovery
from the shadow. The control runs with fsync off, as nobody should, and must lose.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from quanyu.platform import postgres
from tests.harness import chaos
from tests.harness.crowd_process import crowd_outside
from tests.harness.own_cluster import PASSWORD, copy, copy_of_template, kill_everything, url_of

COMPILER = shutil.which("cc") or shutil.which("gcc")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.chaos,
    pytest.mark.skipif(sys.platform != "linux", reason="the library is preloaded the Linux way"),
    pytest.mark.skipif(COMPILER is None, reason="needs a C compiler"),
]

CUTS = chaos.count(50, daily=1)
CONTROL_CUTS = chaos.count(8, daily=1)
ORDERS_BETWEEN_CUTS = 10


class ForgetfulDisk:
    """A data folder whose unsynchronised writes are lost at a cut."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.data, self.shadow, self.library = folder / "pg", folder / "shadow", folder / "synchronised.so"
        source = Path(__file__).with_name("synchronised.c")
        assert COMPILER is not None
        subprocess.run([COMPILER, "-O2", "-shared", "-fPIC", "-o", self.library, source, "-ldl"], check=True)
        copy_of_template(self.data)
        copy(self.data, self.shadow)
        # What is there when the server begins is the same on both sides: no need to synchronise all of it once more.
        chosen = {"recovery_init_sync_method": "syncfs", "checkpoint_timeout": "30s", **settings}
        self.server = postgres.Server(self.data, password=PASSWORD, settings=chosen)
        # The server's account makes a file beside the shadow.
        folder.chmod(0o777)

    def start(self) -> None:
        """Start the server over the disk."""
        preloaded = {
            "LD_PRELOAD": str(self.library),
            "QUANYU_DISK": str(self.data.resolve()),
            "QUANYU_SHADOW": str(self.shadow.resolve()),
        }
        os.environ.update(preloaded)
        try:
            self.server.start()
        finally:
            for name in preloaded:
                del os.environ[name]

    def cut(self) -> None:
        """Take the power away, and give it back."""
        kill_everything(self.server)
        shutil.rmtree(self.data)
        copy(self.shadow, self.data)
        self.start()


@contextmanager
def forgetful_disk(**settings: str) -> Iterator[ForgetfulDisk]:
    """Run a server on such a disk."""
    with postgres.scratch_folder() as folder:
        disk = ForgetfulDisk(folder, **settings)
        disk.start()
        try:
            yield disk
        finally:
            disk.server.stop()


def stored(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {str(one) for (one,) in connection.execute("SELECT id FROM orders_order")}


def test_a_power_cut_loses_no_acknowledged_order(tmp_path):
    dice = chaos.dice()
    with forgetful_disk() as disk:
        url = url_of(disk.server)
        with crowd_outside(url, tmp_path, seed=dice.randrange(2**31)) as crowd:
            for _ in range(CUTS):
                crowd.wait_for_more(dice.randrange(1, 2 * ORDERS_BETWEEN_CUTS))
                disk.cut()
            crowd.wait_for_more(ORDERS_BETWEEN_CUTS)
            report = crowd.finish()
        assert report["wrong"] == ""
        assert stored(url) == set(crowd.ids("acknowledged")) == set(crowd.ids("intents"))
        assert report["repeats"] > 0


def test_control_without_fsync_a_power_cut_loses_orders(tmp_path):
    dice = chaos.dice()
    for cut in range(CONTROL_CUTS):
        folder = tmp_path / str(cut)
        folder.mkdir()
        with forgetful_disk(fsync="off") as disk:
            url = url_of(disk.server)
            with crowd_outside(url, folder, seed=dice.randrange(2**31)) as crowd:
                crowd.wait_for_more(ORDERS_BETWEEN_CUTS)
                crowd.process.kill()
                crowd.process.wait()
                acknowledged = set(crowd.ids("acknowledged"))
                disk.cut()
            assert acknowledged - stored(url)
