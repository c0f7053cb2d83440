"""A PostgreSQL cluster of its own for a test that breaks it: durable settings, the product's schema, real kills."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from quanyu.platform import postgres
from quanyu.platform.postgres import binaries, postmaster
from quanyu.platform.postgres.account import identity, server_account
from tests.harness.database import ROOT, SECRETS, _fingerprint, at

DATABASE = "orders"
PASSWORD = "of a cluster that lives for one test"


@contextmanager
def own_cluster(*, settings: Mapping[str, str] | None = None, **options: Any) -> Iterator[postgres.Server]:
    """Run a server with fsync on over a copy of a migrated cluster; ``url_of`` says where its database is."""
    with postgres.scratch_folder() as folder:
        copy_of_template(folder / "pg")
        with postgres.Server(folder / "pg", password=PASSWORD, settings=settings, **options) as server:
            yield server


def url_of(server: postgres.Server) -> str:
    """Return the address of the product's database there."""
    assert server.address is not None
    return at(server.address.url("postgres"), DATABASE)


def surroundings(url: str) -> dict[str, str]:
    """Return the environment of a process of the product over that database."""
    return os.environ | SECRETS | {"DATABASE_URL": url, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}


def copy_of_template(folder: Path) -> None:
    """Copy the data folder of a stopped, migrated cluster; it is made once per state of the schema."""
    home = Path(os.environ.get("QUANYU_TEST_HOME") or ROOT / "var" / "test") / "own"
    home.mkdir(parents=True, exist_ok=True)
    template = home / _fingerprint()
    with (home / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not template.exists():
            for old in filter(Path.is_dir, home.iterdir()):
                shutil.rmtree(old)
            _make(template)
        copy(template, folder)


def copy(source: Path, folder: Path) -> None:
    """Copy a data folder and give it to the server's account."""
    shutil.copytree(source, folder, symlinks=True, ignore=shutil.ignore_patterns("postmaster.pid", ".s.PGSQL*"))
    account = server_account()
    if account is not None:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)


def _make(template: Path) -> None:
    with postgres.scratch_folder() as folder:
        with postgres.Server(folder / "pg", password=PASSWORD, unsafe_fast=True) as server:
            assert server.address is not None
            postgres.create_database(server.address.url("postgres"), DATABASE)
            migrate = [sys.executable, "-m", "tests.harness.migrate"]
            subprocess.run(migrate, cwd=ROOT, env=surroundings(url_of(server)), check=True)
        # Small segments of the log: a full disk is met sooner, and a copy of what was synchronised is cheap.
        account = server_account()
        program = binaries.reachable(binaries.find(), account).program("pg_resetwal")
        command = [str(program), "--wal-segsize=1", "-D", str(folder / "pg")]
        subprocess.run(command, check=True, cwd="/", capture_output=True, **identity(account))
        draft = template.with_name(f"{template.name}.draft")
        copy(folder / "pg", draft)
        draft.rename(template)


def kill_everything(server: postgres.Server) -> None:
    """Kill the postmaster and all its children at once, with no chance to write anything any more."""
    running = postmaster.read(server.data_dir)
    assert running is not None
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
    for victim in (running.pid, *map(int, children)):
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            continue
    wait_until(lambda: not server.alive())


def wait_until(condition: Callable[[], Any], seconds_max: float = 60.0) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds_max
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)
